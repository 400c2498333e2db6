"""No file may grow any more: at the database, at the store, at what is still arriving."""

import resource

import httpx2

from tests.cast import ADA, CLEO
from tests.client import ADMIN_TICKETS, File
from tests.journeys.calling import Person
from tests.journeys.server import Server, environment
from tests.pictures import png, png_of_size
from tests.tickets.make import everything
from ticketpen.settings import Settings

SMALL: File = ("shot.png", png(), "image/png")
# So large that it waits in a file while it arrives.
LARGE: File = ("large.png", png_of_size(2_000_000), "image/png")


async def test_writes_are_refused_reads_go_on_and_nothing_is_there_by_half(
    settings: Settings, http: httpx2.AsyncClient
) -> None:
    async with Server(environment(settings)) as server:
        ada = Person(http, settings, ADA, server.url)
        cleo = ada.as_(CLEO)
        await ada.read(ADMIN_TICKETS)
        opened = (await cleo.open("Before", "All is well.", [SMALL])).json()
        before = await everything(settings)
        allow_file_size(server.pid, 0)
        for files in ([SMALL], [LARGE], [SMALL, LARGE]):
            assert_unavailable(await cleo.open("Full", "Does it fit?", files, key="k"))
            assert_unavailable(await cleo.reply(opened["id"], "And this?", files))
            assert_unavailable(await ada.reply(opened["id"], "And this?", files))
        if not settings.is_postgres:
            assert_unavailable(await cleo.open("Full", "Without a file."))
            assert_unavailable(await ada.patch(opened["id"], status="closed"))
        await assert_readable(ada, opened)
        assert (await ada.request("GET", "/readyz")).status_code == 503
        assert await everything(settings) == before
        allow_file_size(server.pid, resource.RLIM_INFINITY)
        again = await cleo.reply(opened["id"], "Now it does.", [SMALL, LARGE])
        assert again.status_code == 201, again.text
        assert (await cleo.open("Full", "Does it fit?", [SMALL], key="k")).status_code == 201
        assert (await ada.request("GET", "/readyz")).status_code == 200
        assert (await ada.ticket(opened["id"]))["messages"][1] == again.json()


def allow_file_size(pid: int, size: int) -> None:
    """From now on the process may not write beyond this place of any file."""
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


def assert_unavailable(answer: httpx2.Response) -> None:
    """It says to come again later."""
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0


async def assert_readable(ada: Person, opened: dict[str, object]) -> None:
    """Lists, tickets and files."""
    assert (await ada.read(ADMIN_TICKETS))["total"] == 1
    found = await ada.ticket(str(opened["id"]))
    assert found["messages"] == opened["messages"]
    url = found["messages"][0]["attachments"][0]["url"]
    assert (await ada.request("GET", url)).content == SMALL[1]
