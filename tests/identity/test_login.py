import asyncio

import msgspec
import pytest
from sqlalchemy import select

from tests.people.make import PASSWORD, add_account, know, set_clock
from ticketpen.clock import MINUTE, SECOND
from ticketpen.database import Database
from ticketpen.database.statements import Query
from ticketpen.errors import Code, Problem
from ticketpen.identity import login, passwords
from ticketpen.identity.caller import Channel
from ticketpen.identity.login import (
    Credentials,
    PasswordChange,
    change_password,
    log_in,
    network_of,
)
from ticketpen.identity.sessions import find_caller
from ticketpen.identity.tables import login_failures
from ticketpen.people.accounts import Change, change_person
from ticketpen.settings import Settings

ADA = Credentials("ada@example.com", PASSWORD, "192.0.2.1")
WRONG = Credentials("ada@example.com", "wrong", "192.0.2.1")
START = 1_800_000_000 * SECOND


class Who(msgspec.Struct):
    who: str


FAILURES = Query(select(login_failures.c.who), Who)


async def refusal(database: Database, settings: Settings, given: Credentials) -> Problem:
    with pytest.raises(Problem) as caught:
        await log_in(database, settings, given)
    return caught.value


async def test_the_right_password_begins_a_session(database: Database, settings: Settings) -> None:
    person = await add_account(database, "Ada@example.com")
    logged_in = await log_in(
        database, settings, msgspec.structs.replace(ADA, email="ADA@example.COM")
    )
    assert logged_in.account.id == person.id
    caller = await find_caller(database, logged_in.session.token, Channel.SESSION)
    assert caller.id == person.id
    assert await database.fetch_all(FAILURES, {}) == []


async def test_every_log_in_begins_a_session_of_its_own(
    database: Database, settings: Settings
) -> None:
    await add_account(database)
    first, second = await log_in(database, settings, ADA), await log_in(database, settings, ADA)
    assert first.session.token != second.session.token


async def test_unknown_wrong_disabled_and_foreign_accounts_answer_alike(
    database: Database, settings: Settings
) -> None:
    await add_account(database, "ada@example.com")
    disabled = await add_account(database, "max@example.com")
    await change_person(database, disabled.id, Change(disabled=True))
    await know(database, "cleo", "Cleo", "cleo@example.org")
    given = [
        WRONG,
        *(Credentials(email, PASSWORD, "192.0.2.1") for email in ("max@example.com",)),
        *(Credentials(email, PASSWORD, "192.0.2.1") for email in ("cleo@example.org", "x", "")),
    ]
    problems = [await refusal(database, settings, one) for one in given]
    assert {(p.code, p.detail, tuple(p.headers.items())) for p in problems} == {
        (
            Code.INVALID_CREDENTIALS,
            "The e-mail address or the password is wrong.",
            (("WWW-Authenticate", "Bearer"),),
        )
    }


async def test_unknown_and_wrong_do_the_same_work(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_account(database)
    hashed: list[str] = []
    verify = passwords._verify

    def watch(password: str, stored_hash: str | None) -> bool:
        hashed.append(password)
        return verify(password, stored_hash)

    monkeypatch.setattr(passwords, "_verify", watch)
    await refusal(database, settings, WRONG)
    await refusal(database, settings, Credentials("nobody@example.com", "wrong", "192.0.2.1"))
    assert hashed == ["wrong", "wrong"]


async def test_ten_failures_a_minute_of_an_account_from_an_address_are_the_limit(
    database: Database, settings: Settings
) -> None:
    set_clock(START)
    email = ADA.email
    await add_account(database, email)
    given = Credentials(email, "wrong", "192.0.2.1")
    for second in range(10):
        set_clock(START + second * SECOND)
        assert (await refusal(database, settings, given)).code is Code.INVALID_CREDENTIALS
    limited = await refusal(database, settings, given)
    assert limited.code is Code.RATE_LIMITED
    assert limited.headers == {"Retry-After": "51"}
    shouted = msgspec.structs.replace(given, email=email.upper())
    assert (await refusal(database, settings, shouted)).code is Code.RATE_LIMITED
    for other in (
        Credentials("max@example.com", "wrong", "192.0.2.1"),
        Credentials(email, "wrong", "192.0.2.2"),
    ):
        assert (await refusal(database, settings, other)).code is Code.INVALID_CREDENTIALS
    set_clock(START + MINUTE)
    assert (await refusal(database, settings, given)).code is Code.INVALID_CREDENTIALS
    assert (await refusal(database, settings, given)).code is Code.RATE_LIMITED


async def test_over_the_limit_the_right_password_is_not_tried(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_account(database)
    monkeypatch.setattr(login, "PAIR_LIMIT", 1)
    await refusal(database, settings, WRONG)
    assert (await refusal(database, settings, ADA)).code is Code.RATE_LIMITED


async def test_a_hundred_failures_a_minute_from_an_address_are_the_limit(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login.ADDRESS_LIMIT == 100
    monkeypatch.setattr(login, "ADDRESS_LIMIT", 5)
    for number in range(5):
        given = Credentials(f"user{number}@example.com", "wrong", f"2001:db8::{number}")
        assert (await refusal(database, settings, given)).code is Code.INVALID_CREDENTIALS
    more = Credentials("other@example.com", "wrong", "2001:db8::ffff")
    assert (await refusal(database, settings, more)).code is Code.RATE_LIMITED
    elsewhere = msgspec.structs.replace(more, address="2001:db8:0:1::1")
    assert (await refusal(database, settings, elsewhere)).code is Code.INVALID_CREDENTIALS


async def test_attempts_at_the_same_moment_do_not_slip_under_the_limit(
    database: Database, settings: Settings
) -> None:
    problems = await asyncio.gather(*(refusal(database, settings, WRONG) for _ in range(25)))
    tried = [problem for problem in problems if problem.code is Code.INVALID_CREDENTIALS]
    assert len(tried) <= 10
    assert {p.code for p in problems} <= {Code.INVALID_CREDENTIALS, Code.RATE_LIMITED}


async def test_nothing_stored_tells_which_account_or_address_failed(
    database: Database, settings: Settings
) -> None:
    await refusal(database, settings, WRONG)
    rows = await database.fetch_all(FAILURES, {})
    assert len(rows) == 2
    for row in rows:
        assert "ada" not in row.who
        assert "192" not in row.who
    other = msgspec.structs.replace(settings, secret="b" * 40)
    await refusal(database, other, WRONG)
    assert len({row.who for row in await database.fetch_all(FAILURES, {})}) == 4


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("a unix socket", "a unix socket"),
    ],
)
def test_failures_are_counted_by_ipv4_address_or_ipv6_network(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(
    database: Database, settings: Settings
) -> None:
    await add_account(database)
    mine, other = [(await log_in(database, settings, ADA)).session.token for _ in range(2)]
    caller = await find_caller(database, mine, Channel.SESSION)
    wrong = PasswordChange("not the password", "another good password", "192.0.2.1")
    with pytest.raises(Problem) as caught:
        await change_password(database, settings, caller, wrong)
    assert caught.value.code is Code.INVALID_CREDENTIALS
    right = PasswordChange(PASSWORD, "another good password", "192.0.2.1")
    await change_password(database, settings, caller, right)
    assert (await find_caller(database, mine, Channel.SESSION)).id == caller.id
    with pytest.raises(Problem):
        await find_caller(database, other, Channel.SESSION)
    assert (await refusal(database, settings, ADA)).code is Code.INVALID_CREDENTIALS
    renewed = msgspec.structs.replace(ADA, password="another good password")
    assert (await log_in(database, settings, renewed)).account.id == caller.id


async def test_of_two_changes_at_once_by_the_same_old_password_only_one_is_made(
    database: Database, settings: Settings
) -> None:
    await add_account(database)
    caller = await find_caller(
        database, (await log_in(database, settings, ADA)).session.token, Channel.SESSION
    )
    wanted = [f"{name} would like this one" for name in ("the thief", "the owner")]
    answers = await asyncio.gather(
        *(
            change_password(database, settings, caller, PasswordChange(PASSWORD, new, "192.0.2.1"))
            for new in wanted
        ),
        return_exceptions=True,
    )
    (refused,) = (answer for answer in answers if answer is not None)
    assert isinstance(refused, Problem)
    assert refused.code is Code.INVALID_CREDENTIALS
    kept = msgspec.structs.replace(ADA, password=wanted[answers.index(None)])
    assert (await log_in(database, settings, kept)).account.id == caller.id


async def test_guessing_the_old_password_is_limited_too(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_account(database)
    caller = await find_caller(
        database, (await log_in(database, settings, ADA)).session.token, Channel.SESSION
    )
    monkeypatch.setattr(login, "PAIR_LIMIT", 2)
    codes = []
    for _ in range(3):
        guess = PasswordChange("a guess", "another good password", "192.0.2.1")
        with pytest.raises(Problem) as caught:
            await change_password(database, settings, caller, guess)
        codes.append(caught.value.code)
    assert codes == [Code.INVALID_CREDENTIALS, Code.INVALID_CREDENTIALS, Code.RATE_LIMITED]
