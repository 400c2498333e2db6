"""Attacks on the log-in: which accounts exist, guessing, and a session planted beforehand."""

import asyncio

from tests.cast import CLEO
from tests.client import Api
from tests.identity.test_guards import EMAIL, LOGIN, ME, add, change, session_of
from tests.people.make import PASSWORD, set_clock
from tests.tickets.make import refusal
from ticketpen.clock import MINUTE, now

COOKIE = "ticketpen_session"


async def try_login(api: Api, email: str, password: str, **headers: str) -> dict[str, object]:
    """What somebody sees of an attempt: status, body but its id, headers but the id."""
    answer = await api.as_(None).request(
        "POST", LOGIN, json={"email": email, "password": password}, headers=headers
    )
    api.http.cookies.clear()
    seen: dict[str, object] = {**answer.headers, **answer.json(), "http": answer.status_code}
    for name in ("request_id", "x-request-id"):
        seen.pop(name, None)
    return seen


async def test_log_in_enumeration_every_failure_looks_the_same(api: Api) -> None:
    await add(api)
    disabled = await add(api, email="gone@example.com", name="Gone")
    await change(api, disabled, disabled=True)
    await api.as_(CLEO).get(ME)  # known by token, without a password
    wrong = await try_login(api, EMAIL, "wrong password")
    assert (wrong["http"], wrong["code"]) == (401, "invalid_credentials")
    assert "set-cookie" not in wrong
    for email, password in (
        ("nobody@example.com", "wrong password"),
        ("gone@example.com", PASSWORD),
        (CLEO.email, PASSWORD),
        ("no address at all", "x"),
        (EMAIL, PASSWORD + "x"),
        (EMAIL, PASSWORD.upper()),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ):
        assert await try_login(api, email, password) == wrong, email


async def test_guessing_ends_at_ten_a_minute_whether_or_not_the_account_exists(api: Api) -> None:
    await add(api)
    moment = now()
    set_clock(moment)
    seen = []
    for email in (EMAIL, "nobody@example.com"):
        # At the same moment, and as if from many addresses.
        guesses = [
            try_login(api, email, f"guess {n}", **{"X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(14)
        ]
        statuses = [guess["http"] for guess in await asyncio.gather(*guesses)]
        assert statuses.count(401) <= 10
        assert statuses.count(429) == 14 - statuses.count(401)
        while (last := await try_login(api, email, "one more"))["http"] != 429:
            statuses.append(last["http"])
        assert statuses.count(401) == 10
        seen.append(last)
    assert seen[0] == seen[1]
    assert (await try_login(api, EMAIL, PASSWORD))["http"] == 429
    set_clock(moment + MINUTE + 1)
    assert (await try_login(api, EMAIL, PASSWORD))["http"] == 200


async def test_session_fixation_a_log_in_makes_a_token_nobody_knew_before(api: Api) -> None:
    await add(api)
    planted = "tps_" + "A" * 43
    known = await session_of(api)
    for brought in (planted, known):
        answer = await api.as_(None).request(
            "POST",
            LOGIN,
            json={"email": EMAIL, "password": PASSWORD},
            headers={"Cookie": f"{COOKIE}={brought}"},
        )
        api.http.cookies.clear()
        token = answer.json()["token"]
        assert token not in (planted, known)
        assert answer.headers["set-cookie"].startswith(f"{COOKIE}={token};")
    assert refusal(await api.with_token(planted).get(ME)) == (401, "not_authenticated")


async def test_session_fixation_a_token_in_the_address_or_body_is_no_proof(api: Api) -> None:
    await add(api)
    token = await session_of(api)
    nobody = api.as_(None)
    for path in (f"{ME}?token={token}", f"{ME}?{COOKIE}={token}", f"{ME};{COOKIE}={token}"):
        assert (await nobody.get(path)).status_code in (401, 404)
    answer = await nobody.request("PATCH", ME, json={"name": "x", "token": token})
    assert refusal(answer) == (401, "not_authenticated")


async def test_a_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(api: Api) -> None:
    await add(api)
    answer = await api.as_(None).request("POST", LOGIN, json={"email": EMAIL, "password": PASSWORD})
    api.http.cookies.clear()
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert answer.headers["cache-control"] == "no-store"
