from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.cast import CLEO
from tests.client import ORIGIN, TICKETS, token_for
from ticketpen.app import create_app
from ticketpen.settings import Settings


@pytest.fixture
async def http(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """The app under a host's `/desk`, called by Cleo."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app, root_path="/desk")
    headers = {"Authorization": f"Bearer {token_for(settings, CLEO)}"}
    async with (
        app.app.lifespan(),  # type: ignore[attr-defined]
        httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as client,
    ):
        yield client


async def open_ticket(http: httpx2.AsyncClient, path: str) -> httpx2.Response:
    form = {"subject": (None, "Export"), "message": (None, "It stops.")}
    return await http.post(path, files=form)


async def test_under_a_host_every_route_is_found_with_and_without_the_hosts_path(
    http: httpx2.AsyncClient,
) -> None:
    opened = await open_ticket(http, f"/desk{TICKETS}")
    assert opened.status_code == 201, opened.text
    ticket_id = opened.json()["id"]
    for path in (f"/desk{TICKETS}/{ticket_id}", f"{TICKETS}/{ticket_id}"):
        found = await http.get(path)
        assert (found.status_code, found.json()["id"]) == (200, ticket_id)


@pytest.mark.parametrize("path", [f"{TICKETS}/", f"/{TICKETS}", f"/desk{TICKETS}//"])
async def test_a_path_with_surplus_slashes_is_the_same_path(
    http: httpx2.AsyncClient, path: str
) -> None:
    # A leading `//` would be read as an address by the client.
    answer = await http.get(f"{ORIGIN}{path}")
    assert (answer.status_code, answer.json()["tickets"]) == (200, [])


async def test_what_is_no_route_is_refused_under_a_host_too(http: httpx2.AsyncClient) -> None:
    wrong = await http.delete(f"/desk{TICKETS}")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await http.get("/desk/nothing")).json()["code"] == "not_found"
