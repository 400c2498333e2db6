"""Every SQL statement about people."""

from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from ticketpen.database.statements import Batch, PerDialect, PlainText, Query, Write, param
from ticketpen.identity.tables import sessions
from ticketpen.people.tables import people, person_words

DISABLED: Final = "-"
"""What `standing` says of a disabled person."""

_p = people.c


class Id(msgspec.Struct, frozen=True):
    """The row that was written."""

    id: str


class Total(msgspec.Struct, frozen=True):
    """How many there are."""

    total: int


class Person(msgspec.Struct, frozen=True):
    """A person as stored. `scopes` is stored text; times are moments."""

    id: str
    name: str | None
    email: str | None
    role: str
    scopes: str | None
    has_password: int
    disabled_at: int | None
    created_at: int
    updated_at: int


class Profile(msgspec.Struct, frozen=True):
    """What is compared with a token."""

    name: str | None
    email: str | None
    role: str
    scopes: str | None
    disabled_at: int | None


class Account(msgspec.Struct, frozen=True):
    """An account of our own, with what log-in needs."""

    id: str
    name: str | None
    email: str | None
    role: str
    scopes: str | None
    password_hash: str
    disabled_at: int | None


def standing(person_id: ColumnElement[str]) -> ColumnElement[str | None]:
    """Whether the caller may still call, as a column of the route's own statement: NULL for fine
    and for a person not known, `DISABLED`, else the stored scopes."""
    me = people.alias("me")  # so that it does not correlate with people in the statement around it
    return (
        select(
            case(
                (me.c.disabled_at.is_not(None), literal_column(f"'{DISABLED}'")), else_=me.c.scopes
            )
        )
        .where(me.c.id == person_id)
        .scalar_subquery()
    )


_shown: Final = (
    _p.id,
    _p.name,
    _p.email,
    _p.role,
    _p.scopes,
    case((_p.password_hash.is_not(None), 1), else_=0).label("has_password"),
    _p.disabled_at,
    _p.created_at,
    _p.updated_at,
)
_by_id: Final = _p.id == param(_p.id)

FIND_PERSON: Final = Query(select(*_shown).where(_by_id), Person)
FIND_PROFILE: Final = Query(
    select(_p.name, _p.email, _p.role, _p.scopes, _p.disabled_at).where(_by_id), Profile
)

_account: Final = select(
    _p.id, _p.name, _p.email, _p.role, _p.scopes, _p.password_hash, _p.disabled_at
).where(_p.password_hash.is_not(None))
FIND_ACCOUNT: Final = Query(_account.where(_p.email_key == param(_p.email_key)), Account)
FIND_ACCOUNT_BY_ID: Final = Query(_account.where(_by_id), Account)

COUNT_ADMINS: Final = Query(
    select(func.count().label("total"))
    .select_from(people)
    .where(_p.role == literal_column("'admin'"), _p.disabled_at.is_(None)),
    Total,
)

_WORDS_LIST: Final = bindparam("words", type_=PlainText, required=True)


def _write_words() -> PerDialect:
    """Make the person's searchable words those of the JSON list `words`."""
    on_sqlite = select(func.json_each(_WORDS_LIST).table_valued("value", name="given").c.value)
    on_postgres = select(
        func.json_array_elements_text(cast(_WORDS_LIST, JSON))
        .table_valued("value", name="given")
        .c.value
    )
    return PerDialect(_words_from(on_sqlite), _words_from(on_postgres))


def _words_from(given: Select[Any]) -> list[Write]:
    w = person_words.c
    # SQLite takes ON CONFLICT after a SELECT only when that has a WHERE.
    every = given.add_columns(param(_p.id)).where(literal_column("1 = 1"))
    return [
        delete(person_words).where(w.person_id == param(_p.id), w.word.not_in(given)),
        insert_or_update(person_words)
        .from_select(["word", "person_id"], every)
        .on_conflict_do_nothing(),
    ]


ADD_PERSON: Final = Batch(
    insert(people)
    .values(
        {
            name: param(_p[name])
            for name in (
                *("id", "name", "email", "email_key", "role", "scopes", "password_hash"),
                *("created_at", "updated_at"),
            )
        }
        | {"version": 1}
    )
    .returning(_p.id),
    _write_words(),
    into=Id,
)

_new = insert_or_update(people).values(
    {
        name: param(_p[name])
        for name in ("id", "name", "email", "email_key", "role", "created_at", "updated_at")
    }
    | {"version": 1}
)
_kept_name: Final = func.coalesce(_new.excluded.name, _p.name)
_kept_email: Final = func.coalesce(_new.excluded.email, _p.email)


def _version_after(*changes: ColumnElement[bool]) -> ColumnElement[int]:
    return _p.version + case((or_(*changes), 1), else_=0)


# A name or address that the token does not tell leaves the stored one as it is.
FOLLOW_TOKEN: Final = Batch(
    _new.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "name": _kept_name,
            "email": _kept_email,
            "email_key": func.coalesce(_new.excluded.email_key, _p.email_key),
            "role": _new.excluded.role,
            "updated_at": _new.excluded.updated_at,
            "version": _version_after(
                _p.name.is_distinct_from(_kept_name), _p.email.is_distinct_from(_kept_email)
            ),
        },
    ).returning(_p.id),
    _write_words(),
    into=Id,
)

CHANGEABLE: Final = ("name", "email", "email_key", "role", "scopes", "password_hash")


@cache
def change_person(
    columns: frozenset[str], disabled: bool | None, *, of_password: bool = False
) -> Batch[Id]:
    """Set `columns` (among CHANGEABLE) to parameters `new_…`; disable, enable or neither.

    Of somebody who is there: with a name or address come their searchable `words`.
    Sessions end when the person is disabled, and all but `kept_session` with a new password.
    `of_password`: only while the password is still the one of `checked_hash`."""
    values: dict[str, Any] = {
        name: param(_p[name], f"new_{name}") for name in CHANGEABLE if name in columns
    }
    seen = [_p[name].is_distinct_from(values[name]) for name in ("name", "email") if name in values]
    if seen:
        values["version"] = _version_after(*seen)
    if disabled is not None:
        values["disabled_at"] = (
            func.coalesce(_p.disabled_at, param(_p.disabled_at, "moment")) if disabled else null()
        )
    head = (
        update(people)
        .where(_by_id)
        .values(values | {"updated_at": param(_p.updated_at, "moment")})
        .returning(_p.id)
    )
    if of_password:
        head = head.where(_p.password_hash == param(_p.password_hash, "checked_hash"))
    rest: list[Write] = [_write_words()] if seen else []
    if disabled:
        rest.append(delete(sessions).where(sessions.c.person_id == param(_p.id)))
    elif "password_hash" in columns:
        rest.append(
            delete(sessions).where(
                sessions.c.person_id == param(_p.id),
                sessions.c.token_hash != param(sessions.c.token_hash, "kept_session"),
            )
        )
    return Batch(head, *rest, into=Id, guarded=of_password)


class Filter(msgspec.Struct, frozen=True):
    """Which filters a list has: the shape of its statement."""

    search: bool = False
    role: bool = False
    disabled: bool | None = None


@cache
def list_people(shape: Filter) -> Query[Person]:
    """The newest first; parameters `limit`, `offset` and those of the filters."""
    return Query(
        _filtered(select(*_shown), shape)
        .order_by(_p.created_at.desc(), _p.id.desc())
        .limit(param(_p.created_at, "limit"))
        .offset(param(_p.created_at, "offset")),
        Person,
        long=True,
    )


@cache
def count_people(shape: Filter) -> Query[Total]:
    """How many `list_people` has on all pages."""
    return Query(
        _filtered(select(func.count().label("total")).select_from(people), shape), Total, long=True
    )


def _filtered(statement: Select[Any], shape: Filter) -> Select[Any]:
    if shape.search:
        # Without case: addresses in every script, names in ASCII, the same on both databases.
        statement = statement.where(
            or_(
                func.lower(_p.name).like(param(_p.name, "name_pattern"), escape="\\"),
                _p.email_key.like(param(_p.email_key, "email_pattern"), escape="\\"),
                _p.id == param(_p.id, "exact_id"),
            )
        )
    if shape.role:
        statement = statement.where(_p.role == param(_p.role))
    if shape.disabled is not None:
        absent = _p.disabled_at.is_(None)
        statement = statement.where(~absent if shape.disabled else absent)
    return statement
