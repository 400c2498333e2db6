"""Logging in and out of own accounts, changing a password, and the limits on failures."""

import hmac
import ipaddress
from typing import Final

import msgspec

from ticketpen.clock import MINUTE, SECOND, Moment, now
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity import policy, queries
from ticketpen.identity.caller import Caller
from ticketpen.identity.passwords import check_password, is_password
from ticketpen.identity.sessions import NewSession, begin_session
from ticketpen.ids import new_id
from ticketpen.people import accounts
from ticketpen.people.profiles import email_key
from ticketpen.people.queries import FIND_ACCOUNT, FIND_ACCOUNT_BY_ID, Account
from ticketpen.settings import Settings

PAIR_LIMIT: Final = 10
ADDRESS_LIMIT: Final = 100
WINDOW: Final = MINUTE


class LoggedIn(msgspec.Struct, frozen=True):
    """A session and whose it is."""

    session: NewSession
    account: Account


class Credentials(msgspec.Struct, frozen=True):
    """What somebody logs in with, and the network address they do it from."""

    email: str
    password: str
    address: str


class PasswordChange(msgspec.Struct, frozen=True):
    """A new password, proved by the present one, from a network address."""

    current: str
    new: str
    address: str


async def log_in(database: Database, settings: Settings, given: Credentials) -> LoggedIn:
    """Begin a session. Unknown, disabled and wrong take the same time and answer the same.

    Raises Problem `invalid_credentials`, `rate_limited` after 10 failures a minute of an account
    from an address or 100 from an address, `unavailable`."""
    who = email_key(given.email) or ""
    attempt = await _begin_attempt(database, settings, who, given.address)
    account = await database.fetch_one(FIND_ACCOUNT, {"email_key": who})
    known_hash = account.password_hash if account is not None and not account.disabled_at else None
    if not await is_password(given.password, known_hash) or account is None or known_hash is None:
        raise _wrong("The e-mail address or the password is wrong.")
    session = await begin_session(database, account.id, known_hash)
    if session is None:
        raise _wrong("The e-mail address or the password is wrong.")
    await database.run(queries.TAKE_BACK_FAILURE, attempt)
    return LoggedIn(session, account)


async def change_password(
    database: Database, settings: Settings, caller: Caller, change: PasswordChange
) -> None:
    """Give the caller's own account a new password; every session but the caller's own ends.

    Raises Problem `invalid_value`, `invalid_credentials`, `rate_limited`, `unavailable`."""
    check_password("new_password", change.new)
    attempt = await _begin_attempt(database, settings, f"id:{caller.id}", change.address)
    account = await database.fetch_one(FIND_ACCOUNT_BY_ID, {"id": caller.id})
    known_hash = None if account is None else account.password_hash
    if not await is_password(change.current, known_hash):
        raise _wrong("The current password is wrong.")
    await database.run(queries.TAKE_BACK_FAILURE, attempt)
    is_done = await accounts.set_password(
        database,
        caller.id,
        change.new,
        kept_session=caller.session_hash or "",
        checked_hash=known_hash,
    )
    if not is_done:  # it was given another one meanwhile, perhaps because of this very caller
        raise _wrong("The current password is wrong.")


def network_of(address: str) -> str:
    """What log-in failures are counted by: an IPv4 address, or the /64 network of an IPv6 one,
    for whoever has one address there has all of them."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a Unix socket has no address
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)


async def _begin_attempt(
    database: Database, settings: Settings, account: str, address: str
) -> dict[str, object]:
    """Count the attempt as a failure before it is tried, so that attempts in parallel cannot slip
    under the limit; a success takes it back. Raises Problem `rate_limited`."""
    key = settings.key_for("login")
    network = network_of(address)
    moment = now()
    attempt: dict[str, object] = {
        "pair": _keyed_hash(key, "pair", network, account),
        "address": _keyed_hash(key, "address", network),
        "pair_id": new_id(),
        "address_id": new_id(),
        "moment": moment,
        "since": moment - WINDOW,
    }
    # First without writing: somebody who is over the limit costs no write.
    await _check_limits(database, attempt, moment, room=1)
    await database.run(queries.ADD_FAILURE, attempt)
    try:
        await _check_limits(database, attempt, moment, room=0)
    except Problem:
        await database.run(queries.TAKE_BACK_FAILURE, attempt)
        raise
    return attempt


async def _check_limits(
    database: Database, attempt: dict[str, object], moment: Moment, room: int
) -> None:
    for counted in await database.fetch_all(queries.COUNT_FAILURES, attempt):
        limit = PAIR_LIMIT if counted.who == attempt["pair"] else ADDRESS_LIMIT
        if counted.count + room > limit:
            wait = max(1, -((moment - counted.oldest - WINDOW) // SECOND))
            raise Problem(
                Code.RATE_LIMITED,
                f"Too many failed log-ins. Try again in {wait} seconds.",
                headers={"Retry-After": str(wait)},
            )


def _keyed_hash(key: bytes, *parts: str) -> str:
    text = "\0".join(parts)
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def _wrong(detail: str) -> Problem:
    return Problem(Code.INVALID_CREDENTIALS, detail, headers=policy.CHALLENGE)
