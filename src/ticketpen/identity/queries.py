"""Every SQL statement about sessions, API keys and failed log-ins."""

from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, or_, select, update

from ticketpen.database.statements import Batch, Query, param
from ticketpen.identity.tables import api_keys, login_failures, sessions
from ticketpen.people.tables import people


class Written(msgspec.Struct, frozen=True):
    """Which row was written."""

    id: str


class StoredSession(msgspec.Struct, frozen=True):
    """A session and the person it belongs to."""

    person_id: str
    seen_at: int
    expires_at: int
    name: str | None
    email: str | None
    role: str
    scopes: str | None
    disabled_at: int | None


class StoredKey(msgspec.Struct, frozen=True):
    """An API key and the person it acts as."""

    person_id: str
    key_scopes: str
    revoked_at: int | None
    name: str | None
    email: str | None
    role: str
    scopes: str | None
    disabled_at: int | None


class ApiKey(msgspec.Struct, frozen=True):
    """An API key as it is listed."""

    id: str
    name: str
    person_id: str
    scopes: str
    hint: str
    created_at: int
    revoked_at: int | None


class Failures(msgspec.Struct, frozen=True):
    """Failed log-ins of one pair or address."""

    who: str
    count: int
    oldest: int


_s, _k, _f, _p = sessions.c, api_keys.c, login_failures.c, people.c
_session_id: Final = _s.token_hash.label("id")

FIND_SESSION: Final = Query(
    select(
        *(_s.person_id, _s.seen_at, _s.expires_at),
        *(_p.name, _p.email, _p.role, _p.scopes, _p.disabled_at),
    )
    .join_from(sessions, people, _p.id == _s.person_id)
    .where(_s.token_hash == param(_s.token_hash)),
    StoredSession,
)

# Only for the password that was checked, and a person not disabled since.
ADD_SESSION: Final = Batch(
    insert(sessions)
    .from_select(
        ["token_hash", "person_id", "created_at", "seen_at", "expires_at"],
        select(
            param(_s.token_hash),
            _p.id,
            param(_s.created_at, "moment"),
            param(_s.created_at, "moment"),
            param(_s.expires_at),
        ).where(
            _p.id == param(_p.id, "person_id"),
            _p.password_hash == param(_p.password_hash),
            _p.disabled_at.is_(None),
        ),
    )
    .returning(_session_id),
    into=Written,
)

SEE_SESSION: Final = Batch(
    update(sessions)
    .where(_s.token_hash == param(_s.token_hash))
    .values(seen_at=param(_s.seen_at, "moment"))
    .returning(_session_id),
    into=Written,
)

END_SESSION: Final = Batch(
    delete(sessions).where(_s.token_hash == param(_s.token_hash)).returning(_session_id),
    into=Written,
)

END_SESSIONS: Final = Batch(
    delete(sessions).where(_s.person_id == param(_s.person_id)).returning(_session_id),
    into=Written,
)

FIND_KEY: Final = Query(
    select(
        *(_k.person_id, _k.scopes.label("key_scopes"), _k.revoked_at),
        *(_p.name, _p.email, _p.role, _p.scopes, _p.disabled_at),
    )
    .join_from(api_keys, people, _p.id == _k.person_id)
    .where(_k.secret_hash == param(_k.secret_hash)),
    StoredKey,
)

ADD_KEY: Final = Batch(
    insert(api_keys)
    .values(
        {
            name: param(_k[name])
            for name in (
                *("id", "person_id", "name", "secret_hash", "hint", "scopes", "created_at"),
            )
        }
    )
    .returning(_k.id),
    into=Written,
)

LIST_KEYS: Final = Query(
    select(_k.id, _k.name, _k.person_id, _k.scopes, _k.hint, _k.created_at, _k.revoked_at).order_by(
        _k.created_at.desc(), _k.id.desc()
    ),
    ApiKey,
)

REVOKE_KEY: Final = Batch(
    update(api_keys)
    .where(_k.id == param(_k.id))
    .values(revoked_at=func.coalesce(_k.revoked_at, param(_k.revoked_at, "moment")))
    .returning(_k.id),
    into=Written,
)

COUNT_FAILURES: Final = Query(
    select(_f.who, func.count().label("count"), func.min(_f.failed_at).label("oldest"))
    .where(
        or_(_f.who == param(_f.who, "pair"), _f.who == param(_f.who, "address")),
        _f.failed_at > param(_f.failed_at, "since"),
    )
    .group_by(_f.who),
    Failures,
)

ADD_FAILURE: Final = Batch(
    insert(login_failures)
    .values(
        [
            {"id": param(_f.id, f"{who}_id"), "who": param(_f.who, who), "failed_at": moment}
            for moment in (param(_f.failed_at, "moment"),)
            for who in ("pair", "address")
        ]
    )
    .returning(_f.id),
    into=Written,
)

TAKE_BACK_FAILURE: Final = Batch(
    delete(login_failures)
    .where(or_(_f.id == param(_f.id, "pair_id"), _f.id == param(_f.id, "address_id")))
    .returning(_f.id),
    into=Written,
)

FORGET_OLD_SESSIONS: Final = Batch(
    delete(sessions)
    .where(
        or_(
            _s.expires_at <= param(_s.expires_at, "moment"),
            _s.seen_at <= param(_s.seen_at, "idle_since"),
        )
    )
    .returning(_session_id),
    into=Written,
)

FORGET_OLD_FAILURES: Final = Batch(
    delete(login_failures).where(_f.failed_at <= param(_f.failed_at, "since")).returning(_f.id),
    into=Written,
)
