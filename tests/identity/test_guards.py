from typing import Any

import msgspec
import pytest

from tests.cast import ADA, CLEO, MALLORY, MAX
from tests.client import ORIGIN, Api, running, token_for
from tests.people.make import PASSWORD, set_clock
from ticketpen.clock import MINUTE, SECOND, now
from ticketpen.settings import Settings

ME = "/api/v1/auth/me"
LOGIN = "/api/v1/auth/login"
PEOPLE = "/api/v1/admin/people"
KEYS = "/api/v1/admin/keys"
TICKETS = "/api/v1/support/tickets"
ADMIN_TICKETS = "/api/v1/admin/tickets"
EMAIL = "nina@example.com"


async def add(api: Api, **more: Any) -> str:
    """An own account, added by Ada; its id."""
    body = {"name": "Nina", "email": EMAIL, "password": PASSWORD} | more
    answer = await api.as_(ADA).request("POST", PEOPLE, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def session_of(api: Api, email: str = EMAIL) -> str:
    body = {"email": email, "password": PASSWORD}
    answer = await api.as_(None).request("POST", LOGIN, json=body)
    assert answer.status_code == 200, answer.text
    api.http.cookies.clear()
    return str(answer.json()["token"])


async def key_for(api: Api, person_id: str, *scopes: str) -> str:
    body = {"person_id": person_id, "name": "Key", "scopes": scopes}
    answer = await api.as_(ADA).request("POST", KEYS, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


async def change(api: Api, person_id: str, **changes: object) -> None:
    answer = await api.as_(ADA).request("PATCH", f"{PEOPLE}/{person_id}", json=changes)
    assert answer.status_code == 200, answer.text


async def status_of(api: Api, path: str, method: str = "GET", **more: Any) -> tuple[int, str]:
    answer = await api.request(method, path, **more)
    code = answer.json()["code"] if answer.status_code >= 400 else ""
    return answer.status_code, code


async def test_a_token_a_session_and_a_key_are_bearers_alike(api: Api) -> None:
    person_id = await add(api)
    key = await key_for(api, person_id, "tickets:read")
    for token in (await session_of(api), key):
        answer = await api.with_token(token).get(ME)
        assert answer.json()["id"] == person_id
    assert (await api.as_(CLEO).get(ME)).json()["id"] == "cleo"


async def test_without_a_good_proof_nobody_enters(api: Api) -> None:
    for header in (
        *("", "Bearer", "Bearer ", "Bearer x", "bearer a.b.c", "Bearer tp_x", "Bearer tps_x"),
        *("Basic dXNlcjpwYXNz", "Bearer \xe9"),
    ):
        raw = [(b"Authorization", header.encode("latin-1"))] if header else []
        answer = await api.http.get(ME, headers=raw)
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_authenticated"
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_session_cookie_works_alone_and_beside_a_foreign_scheme(api: Api) -> None:
    person_id = await add(api)
    cookie = f"ticketpen_session={await session_of(api)}"
    for more in ({}, {"Authorization": "Basic dXNlcjpwYXNz"}):
        answer = await api.as_(None).get(ME, headers={"Cookie": cookie} | more)
        assert answer.json()["id"] == person_id


async def test_a_bearer_wins_over_the_cookie_and_a_bad_one_is_refused(api: Api) -> None:
    await add(api)
    headers = {"Cookie": f"ticketpen_session={await session_of(api)}"}
    assert (await api.as_(CLEO).get(ME, headers=headers)).json()["id"] == "cleo"
    for token in ("x", "", "tp_x"):
        answer = await api.with_token(token).get(ME, headers=headers)
        assert answer.status_code == 401
    expired = api.as_(CLEO, exp=now() // SECOND - 3_600)
    assert await status_of(expired, ME, headers=headers) == (401, "token_expired")


async def test_two_bearers_are_none(api: Api) -> None:
    tokens = [token_for(api.settings, actor) for actor in (CLEO, ADA)]
    headers = [("Authorization", f"Bearer {token}") for token in tokens]
    answer = await api.http.get(ME, headers=headers)
    assert answer.status_code == 401


async def test_a_change_by_cookie_from_another_site_is_refused(api: Api) -> None:
    await add(api)
    cookie = {"Cookie": f"ticketpen_session={await session_of(api)}"}
    for headers, expected in (
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}, 200),
        ({}, 200),
    ):
        nobody = api.as_(None)
        answer = await nobody.request("PATCH", ME, json={"name": "N"}, headers=cookie | headers)
        assert answer.status_code == expected
        assert expected == 200 or answer.json()["code"] == "cross_site_request"
        assert (await status_of(nobody, ME, headers=cookie | headers))[0] == 200


async def test_a_bearer_needs_no_origin(api: Api) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert await status_of(api.as_(CLEO), ME, "PATCH", json={}, headers=headers) == (200, "")


@pytest.mark.parametrize(
    ("public_url", "name", "path"),
    [
        ("https://help.example.com", "__Host-ticketpen_session", "/"),
        ("https://example.com/support", "ticketpen_session", "/support"),
    ],
)
async def test_behind_https_the_cookie_is_secure_and_bound_as_far_as_it_can_be(
    settings: Settings, public_url: str, name: str, path: str
) -> None:
    async with running(msgspec.structs.replace(settings, public_url=public_url)) as api:
        person_id = await add(api)
        body = {"email": EMAIL, "password": PASSWORD}
        answer = await api.as_(None).request("POST", LOGIN, json=body)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{name}=tps_")
        assert {"HttpOnly", "Secure", f"Path={path}", "SameSite=lax", "Max-Age=7776000"} == {
            part.strip() for part in cookie.split(";")[1:]
        }
        api.http.cookies.clear()
        headers = {"Cookie": f"{name}={answer.json()['token']}"}
        assert (await api.as_(None).get(ME, headers=headers)).json()["id"] == person_id


async def test_a_disabled_person_is_out_at_once_however_they_come(api: Api) -> None:
    person_id = await add(api, role="admin")
    session, key = await session_of(api), await key_for(api, person_id, "tickets:read")
    nina = msgspec.structs.replace(MAX, id=person_id, email=EMAIL)
    callers = [api.with_token(session), api.with_token(key), api.as_(nina)]
    for path in (ME, TICKETS, ADMIN_TICKETS):
        for caller in callers:
            assert (await status_of(caller, path))[0] == 200
    await change(api, person_id, disabled=True)
    for path in (ME, TICKETS, ADMIN_TICKETS):
        for caller in callers:
            assert await status_of(caller, path) == (401, "not_authenticated")
    await change(api, person_id, disabled=False)
    assert [(await status_of(caller, ME))[0] for caller in callers] == [401, 200, 200]


async def test_a_scope_taken_away_is_missed_at_once_and_a_new_one_is_there(api: Api) -> None:
    for path in (ADMIN_TICKETS, KEYS):
        assert (await status_of(api.as_(MAX), path))[0] == 200
    await change(api, "max", scopes=["settings:read"])
    assert await status_of(api.as_(MAX), ADMIN_TICKETS) == (403, "scope_required")
    assert await status_of(api.as_(MAX), KEYS) == (200, "")
    assert await status_of(api.as_(MAX), TICKETS) == (200, "")
    await change(api, "max", scopes=["tickets:read"])
    assert await status_of(api.as_(MAX), ADMIN_TICKETS) == (200, "")
    assert await status_of(api.as_(MAX), KEYS) == (403, "scope_required")


async def test_the_profile_follows_the_token(api: Api) -> None:
    await api.as_(CLEO).get(TICKETS)
    person = (await api.as_(ADA).get(f"{PEOPLE}/cleo")).json()
    assert (person["name"], person["email"], person["role"]) == (CLEO.name, CLEO.email, "user")
    await api.as_(CLEO, name="Cleo M.", role="admin").get(TICKETS)
    person = (await api.as_(ADA).get(f"{PEOPLE}/cleo")).json()
    assert (person["name"], person["email"], person["role"]) == ("Cleo M.", CLEO.email, "admin")
    told = (await api.as_(CLEO, name=None, email=None).get(ME)).json()
    assert (told["name"], told["email"]) == ("Cleo M.", CLEO.email)


async def test_a_token_that_tells_nothing_new_writes_nothing(api: Api) -> None:
    moment = now()
    set_clock(moment)
    cleo = api.as_(CLEO, exp=moment // SECOND + 7_200)
    await cleo.get(ME)
    for minutes in range(1, 5):
        set_clock(moment + minutes * MINUTE)
        await cleo.get(ME)
        await cleo.request("PATCH", ME, json={})
    ada = api.as_(ADA, exp=moment // SECOND + 7_200)
    person = (await ada.get(f"{PEOPLE}/cleo")).json()
    assert person["created_at"] == person["updated_at"]


async def test_the_role_of_the_token_beats_the_stored_one(api: Api) -> None:
    assert await status_of(api.as_(MAX), KEYS) == (200, "")
    assert await status_of(api.as_(MAX, role="user"), KEYS) == (403, "admin_required")
    assert await status_of(api.as_(MALLORY, role=["admin"]), KEYS) == (200, "")


async def test_a_key_of_a_user_reaches_no_admin_path(api: Api) -> None:
    await api.as_(CLEO).get(ME)
    scopes = ("tickets:read", "tickets:write", "settings:read", "settings:write")
    key = api.with_token(await key_for(api, "cleo", *scopes))
    assert await status_of(key, TICKETS) == (200, "")
    for path in (ADMIN_TICKETS, KEYS, PEOPLE):
        assert await status_of(key, path) == (403, "admin_required")


async def test_a_key_needs_its_scope_on_every_path(api: Api) -> None:
    await api.as_(CLEO).get(ME)
    key = api.with_token(await key_for(api, "cleo", "settings:read"))
    assert await status_of(key, ME) == (200, "")
    assert await status_of(key, TICKETS) == (403, "scope_required")
    assert await status_of(key, ME, "PATCH", json={}) == (403, "scope_required")


async def test_requests_over_the_limit_of_a_minute_wait(settings: Settings) -> None:
    moment = now() // MINUTE * MINUTE
    async with running(msgspec.structs.replace(settings, rate_limit=2)) as api:
        set_clock(moment + 10 * SECOND)
        cleo = api.as_(CLEO)
        for _ in range(2):
            assert await status_of(cleo, ME) == (200, "")
        answer = await cleo.get(ME)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert answer.headers["retry-after"] == "50"
        assert await status_of(api.as_(MAX), ME) == (200, "")
        set_clock(moment + 60 * SECOND)
        assert await status_of(cleo, ME) == (200, "")
