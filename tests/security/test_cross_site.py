"""A post from another site by cookie: refused on every road that changes something."""

import msgspec
import pytest

from tests.cast import CLEO
from tests.client import ORIGIN, TICKETS, Api, running
from tests.identity.test_guards import EMAIL, LOGIN, add, session_of
from tests.people.make import PASSWORD
from tests.security.roads import PRIVATE, go
from tests.tickets.make import everything, refusal
from ticketpen.settings import Settings

FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ORIGIN + ".evil.example"},
    {"Origin": "https://tickets.test"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "rubbish"},
]
OWN = [
    {},
    {"Origin": ORIGIN},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN},
]


@pytest.fixture
async def cookie(api: Api) -> dict[str, str]:
    await add(api, role="admin")
    return {"Cookie": f"ticketpen_session={await session_of(api)}"}


async def test_a_page_of_another_site_changes_nothing_on_any_road(
    api: Api, settings: Settings, cookie: dict[str, str]
) -> None:
    ticket = await api.as_(CLEO).open()
    values = {"ticket_id": ticket["id"], "person_id": "cleo", "key_id": ticket["id"]}
    unsafe = [road for road in PRIVATE if road.method not in ("GET", "HEAD")]
    assert len(unsafe) >= 10
    before = await everything(settings)
    for road in unsafe:
        for headers in FOREIGN:
            answer = await go(api.as_(None), road, road.fill(values), headers=cookie | headers)
            assert refusal(answer) == (403, "cross_site_request"), (road, headers)
    assert await everything(settings) == before


async def test_our_own_pages_and_programs_may(api: Api, cookie: dict[str, str]) -> None:
    fields = {"subject": "s", "message": "m"}
    for headers in OWN:
        answer = await api.as_(None).post_form(TICKETS, fields, headers=cookie | headers)
        assert answer.status_code == 201, headers


async def test_origins_that_were_allowed_may_whatever_the_browser_says_of_the_site(
    settings: Settings,
) -> None:
    allowed = msgspec.structs.replace(settings, allowed_origins="https://app.example.com")
    async with running(allowed) as api:
        await add(api)
        cookie = {"Cookie": f"ticketpen_session={await session_of(api)}"}
        fields = {"subject": "s", "message": "m"}
        for site in ("cross-site", "same-site"):
            headers = {"Origin": "https://app.example.com", "Sec-Fetch-Site": site}
            answer = await api.as_(None).post_form(TICKETS, fields, headers=cookie | headers)
            assert answer.status_code == 201
        other = {"Origin": "https://app.example.com.evil.example"}
        answer = await api.as_(None).post_form(TICKETS, fields, headers=cookie | other)
        assert refusal(answer) == (403, "cross_site_request")


async def test_reading_by_cookie_is_not_shared_with_other_sites(
    api: Api, cookie: dict[str, str]
) -> None:
    answer = await api.as_(None).get(TICKETS, headers=cookie | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    preflight = await api.as_(None).request(
        "OPTIONS",
        TICKETS,
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in preflight.headers


async def test_a_token_in_the_header_needs_no_origin_since_no_site_can_make_a_browser_send_it(
    api: Api,
) -> None:
    for headers in FOREIGN:
        answer = await api.as_(CLEO).post_form(
            TICKETS, {"subject": "s", "message": "m"}, headers=headers
        )
        assert answer.status_code == 201


async def test_another_site_cannot_log_its_visitors_in(api: Api) -> None:
    await add(api)
    for headers in FOREIGN:
        answer = await api.as_(None).request(
            "POST", LOGIN, json={"email": EMAIL, "password": PASSWORD}, headers=headers
        )
        assert refusal(answer) == (403, "cross_site_request")
        assert "set-cookie" not in answer.headers
