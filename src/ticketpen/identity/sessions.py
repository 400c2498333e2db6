"""Sessions of own accounts: begun by a log-in, ended by log-out, idleness or age."""

import hashlib
from typing import Final

import msgspec

from ticketpen.clock import DAY, HOUR, Moment, now
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity import policy, queries
from ticketpen.identity.caller import Caller, Channel, Role, scopes_from
from ticketpen.ids import new_secret

PREFIX: Final = "tps_"
IDLE: Final = 14 * DAY
ABSOLUTE: Final = 90 * DAY


class NewSession(msgspec.Struct, frozen=True):
    """A session just begun: the only moment its token is known."""

    token: str
    expires_at: Moment


async def begin_session(database: Database, person_id: str, checked_hash: str) -> NewSession | None:
    """A new session with a new token, whatever token the request carried.

    None when the person was disabled, or got another password than the one of `checked_hash`,
    since it was checked."""
    moment = now()
    session = NewSession(PREFIX + new_secret(), Moment(moment + ABSOLUTE))
    await database.run(queries.FORGET_OLD_SESSIONS, {"moment": moment, "idle_since": moment - IDLE})
    begun = await database.run(
        queries.ADD_SESSION,
        {
            "token_hash": hash_of(session.token),
            "person_id": person_id,
            "password_hash": checked_hash,
            "moment": moment,
            "expires_at": session.expires_at,
        },
    )
    return None if begun is None else session


async def find_caller(database: Database, token: str, channel: Channel) -> Caller:
    """Who holds the session. Notes that it was used, at most once an hour.

    Raises Problem `not_authenticated`, `token_expired`."""
    token_hash = hash_of(token)
    session = await database.fetch_one(queries.FIND_SESSION, {"token_hash": token_hash})
    if session is None:
        raise policy.not_authenticated("This session does not exist or was ended. Log in again.")
    moment = now()
    if moment >= session.expires_at or moment >= session.seen_at + IDLE:
        raise policy.expired("This session has expired. Log in again.")
    if session.disabled_at is not None:
        raise policy.disabled()
    if moment >= session.seen_at + HOUR:
        await _see(database, token_hash, moment)
    return Caller(
        id=session.person_id,
        name=session.name,
        email=session.email,
        role=Role(session.role),
        channel=channel,
        scopes=scopes_from(session.scopes),
        stored_scopes=session.scopes,
        session_hash=token_hash,
    )


async def end_session(database: Database, token_hash: str) -> None:
    """End one session."""
    await database.run(queries.END_SESSION, {"token_hash": token_hash})


async def end_sessions(database: Database, person_id: str) -> None:
    """End every session of a person."""
    await database.run(queries.END_SESSIONS, {"person_id": person_id})


def hash_of(secret: str) -> str:
    """How a secret of 256 random bits is stored: SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def _see(database: Database, token_hash: str, moment: Moment) -> None:
    try:
        await database.run(queries.SEE_SESSION, {"token_hash": token_hash, "moment": moment})
    except Problem as problem:
        # On a full disk people can still read; the use is noted by a later request.
        if problem.code is not Code.UNAVAILABLE:
            raise
