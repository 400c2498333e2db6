import re

import pytest

from tests.people.make import add_account, set_clock
from ticketpen.clock import DAY, HOUR, SECOND
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity import queries
from ticketpen.identity.caller import ALL_SCOPES, Channel, Role
from ticketpen.identity.cleanup import forget_old_logins
from ticketpen.identity.sessions import (
    NewSession,
    begin_session,
    end_session,
    end_sessions,
    find_caller,
    hash_of,
)
from ticketpen.people.queries import FIND_ACCOUNT

START = 1_800_000_000 * SECOND


async def begin(database: Database, person_id: str) -> NewSession:
    account = await database.fetch_one(FIND_ACCOUNT, {"email_key": "ada@example.com"})
    assert account is not None
    session = await begin_session(database, person_id, account.password_hash)
    assert session is not None
    return session


async def refusal(database: Database, token: str) -> Code | None:
    try:
        await find_caller(database, token, Channel.SESSION)
    except Problem as problem:
        return problem.code
    return None


async def seen_at(database: Database, session: NewSession) -> int:
    found = await database.fetch_one(queries.FIND_SESSION, {"token_hash": hash_of(session.token)})
    assert found is not None
    return found.seen_at


async def test_a_session_tells_who_holds_it(database: Database) -> None:
    person = await add_account(database)
    session = await begin(database, person.id)
    assert re.fullmatch(r"tps_[\w-]{43}", session.token)
    caller = await find_caller(database, session.token, Channel.COOKIE)
    assert (caller.id, caller.name, caller.role) == (person.id, "Ada", Role.ADMIN)
    assert (caller.channel, caller.scopes) == (Channel.COOKIE, ALL_SCOPES)
    assert caller.session_hash == hash_of(session.token)
    assert (await begin(database, person.id)).token != session.token


async def test_a_session_ends_after_two_idle_weeks(database: Database) -> None:
    set_clock(START)
    session = await begin(database, (await add_account(database)).id)
    set_clock(START + 14 * DAY - 1)
    assert await refusal(database, session.token) is None
    set_clock(START + 28 * DAY - 2)
    assert await refusal(database, session.token) is None
    set_clock(START + 42 * DAY)
    assert await refusal(database, session.token) is Code.TOKEN_EXPIRED


async def test_a_session_ends_after_ninety_days_however_busy(database: Database) -> None:
    set_clock(START)
    session = await begin(database, (await add_account(database)).id)
    assert session.expires_at == START + 90 * DAY
    for day in range(10, 90, 10):
        set_clock(START + day * DAY)
        assert await refusal(database, session.token) is None
    set_clock(START + 90 * DAY)
    assert await refusal(database, session.token) is Code.TOKEN_EXPIRED


async def test_the_use_of_a_session_is_noted_once_an_hour(database: Database) -> None:
    set_clock(START)
    session = await begin(database, (await add_account(database)).id)
    set_clock(START + HOUR - 1)
    assert await refusal(database, session.token) is None
    assert await seen_at(database, session) == START
    set_clock(START + HOUR)
    assert await refusal(database, session.token) is None
    assert await seen_at(database, session) == START + HOUR


async def test_one_session_or_all_of_a_person_can_be_ended(database: Database) -> None:
    person = await add_account(database)
    first, second, third = [await begin(database, person.id) for _ in range(3)]
    await end_session(database, hash_of(first.token))
    assert await refusal(database, first.token) is Code.NOT_AUTHENTICATED
    assert await refusal(database, second.token) is None
    await end_sessions(database, person.id)
    for session in (second, third):
        assert await refusal(database, session.token) is Code.NOT_AUTHENTICATED


@pytest.mark.parametrize("token", ["tps_", "tps_" + "a" * 43, "tps_\0", "tps_\ud800", ""])
async def test_a_session_nobody_began_is_unknown(database: Database, token: str) -> None:
    assert await refusal(database, token) is Code.NOT_AUTHENTICATED


async def test_what_is_over_is_forgotten(database: Database) -> None:
    set_clock(START)
    person = await add_account(database)
    old, busy = await begin(database, person.id), await begin(database, person.id)
    assert await forget_old_logins(database) == 0
    set_clock(START + 10 * DAY)
    assert await refusal(database, busy.token) is None
    set_clock(START + 15 * DAY)
    assert await forget_old_logins(database) == 1
    assert await refusal(database, old.token) is Code.NOT_AUTHENTICATED
    assert await refusal(database, busy.token) is None
