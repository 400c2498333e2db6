"""Wire shapes of log-in and of API keys."""

import msgspec

from ticketpen.clock import rfc3339
from ticketpen.identity.caller import Caller, Scope, scopes_from
from ticketpen.identity.login import LoggedIn
from ticketpen.identity.policy import effective_scopes, scopes_of_person
from ticketpen.identity.queries import ApiKey


class User(msgspec.Struct, frozen=True):
    """The caller. `scopes`: what an admin may do, and what a key is limited to; for a user none
    are needed."""

    id: str
    name: str | None
    email: str | None
    role: str
    scopes: list[Scope]


class Session(msgspec.Struct, frozen=True):
    """The answer to a log-in. `expires_at` is the latest end; 14 idle days end it before."""

    token: str
    expires_at: str
    user: User


class Key(msgspec.Struct, frozen=True):
    """An API key. `hint`: its first characters, to tell keys apart."""

    id: str
    name: str
    person_id: str
    scopes: list[Scope]
    hint: str
    created_at: str
    revoked_at: str | None


class NewKey(Key, frozen=True):
    """A key just made, with its secret, which is shown this once."""

    secret: str


class KeyList(msgspec.Struct, frozen=True):
    """All keys, revoked ones too, the newest first."""

    keys: list[Key]


def user_of(caller: Caller) -> User:
    """The caller as they see themself."""
    return User(caller.id, caller.name, caller.email, caller.role, sorted(effective_scopes(caller)))


def session_of(logged_in: LoggedIn) -> Session:
    """The answer to a log-in."""
    account = logged_in.account
    scopes = sorted(scopes_of_person(account.role, account.scopes))
    return Session(
        token=logged_in.session.token,
        expires_at=rfc3339(logged_in.session.expires_at),
        user=User(account.id, account.name, account.email, account.role, scopes),
    )


def key_of(key: ApiKey) -> Key:
    """A key as it is listed."""
    return Key(
        id=key.id,
        name=key.name,
        person_id=key.person_id,
        scopes=sorted(scopes_from(key.scopes)),
        hint=key.hint,
        created_at=rfc3339(key.created_at),
        revoked_at=None if key.revoked_at is None else rfc3339(key.revoked_at),
    )


def new_key_of(key: ApiKey, secret: str) -> NewKey:
    """A key as the answer to its making."""
    return NewKey(**msgspec.structs.asdict(key_of(key)), secret=secret)
