"""People as admins manage them: added, changed, disabled, given a password; found and listed."""

import re
from typing import Final

import msgspec

from ticketpen.clock import now
from ticketpen.database import AlreadyExists, Database
from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.identity.caller import Role, Scope, scopes_text
from ticketpen.identity.passwords import check_password, hash_password
from ticketpen.ids import new_id
from ticketpen.outbox.idempotency import Receipt, write_once
from ticketpen.people import queries
from ticketpen.people.profiles import email_key, words
from ticketpen.people.queries import Filter, Person
from ticketpen.text import clean_line

NAME_LENGTH: Final = 255
EMAIL_LENGTH: Final = 320
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_WILD: Final = re.compile(r"([\\%_])")
_ASCII_LOWER: Final = {ord(c): c.lower() for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_FAR: Final = 2**62


class NewPerson(msgspec.Struct, frozen=True):
    """Somebody to be added. Without a password they log in elsewhere, or not at all."""

    name: str
    email: str
    role: Role = Role.USER
    scopes: frozenset[Scope] | None = None
    password: str | None = None


class Change(msgspec.Struct, frozen=True):
    """What is to be changed of a person; UNSET stays as it is. scopes None: all of the role."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    scopes: frozenset[Scope] | msgspec.UnsetType | None = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET


class Listing(msgspec.Struct, frozen=True):
    """Which page of which people; pages count from 1."""

    page: int = 1
    page_size: int = 20
    search: str = ""
    role: Role | None = None
    disabled: bool | None = None


async def add_person(
    database: Database, new: NewPerson, receipt: Receipt[Person] | None = None
) -> Person:
    """Store a person under a new id, and with them the answer for an Idempotency-Key.

    Raises Problem `invalid_value` for a name, address or password that cannot be one, `conflict`
    when another account logs in with the address."""
    moment = now()
    person = Person(
        id=new_id(moment),
        name=clean_name(new.name),
        email=clean_email(new.email),
        role=new.role.value,
        scopes=_stored(new.scopes),
        has_password=new.password is not None,
        disabled_at=None,
        created_at=moment,
        updated_at=moment,
    )
    params: dict[str, object] = {
        **msgspec.structs.asdict(person),
        "email_key": email_key(person.email),
        "words": words(person.name, person.email),
        "password_hash": None,
    }
    if new.password is not None:
        params["password_hash"] = await hash_password(check_password("password", new.password))
    try:
        await write_once(database, queries.ADD_PERSON, params, receipt, lambda _: person)
    except AlreadyExists:
        raise _address_taken() from None
    return person


async def change_person(database: Database, person_id: str, change: Change) -> Person:
    """Change a person; nothing moves when nothing differs. Disabling ends their sessions.

    Raises Problem `not_found`, `invalid_value`, `conflict`."""
    person = await get_person(database, person_id)
    columns = _changed_columns(person, change)
    disabled: bool | None = None
    if change.disabled is not msgspec.UNSET and change.disabled != is_disabled(person):
        disabled = change.disabled
    if columns or disabled is not None:
        params: dict[str, object] = {"id": person_id, "moment": now()}
        params |= {f"new_{name}": value for name, value in columns.items()}
        params["words"] = words(
            *(str(columns.get(name) or getattr(person, name) or "") for name in ("name", "email"))
        )
        try:
            await database.run(queries.change_person(frozenset(columns), disabled), params)
        except AlreadyExists:
            raise _address_taken() from None
    return await get_person(database, person_id)


async def set_password(
    database: Database,
    person_id: str,
    password: str,
    *,
    kept_session: str = "",
    checked_hash: str | None = None,
) -> bool:
    """Give a person a new password and end their sessions, but the one of the hash given.

    With `checked_hash` only while that is still their present one; whether it was.
    Raises Problem `invalid_value`, `not_found`, `conflict`."""
    new_hash = await hash_password(check_password("password", password))
    params = {
        "id": person_id,
        "new_password_hash": new_hash,
        "kept_session": kept_session,
        "checked_hash": checked_hash,
        "moment": now(),
    }
    batch = queries.change_person(
        frozenset(("password_hash",)), None, of_password=checked_hash is not None
    )
    try:
        done = await database.run(batch, params)
    except AlreadyExists:
        raise _address_taken() from None
    if done is None and checked_hash is None:
        raise _not_found()
    return done is not None


async def get_person(database: Database, person_id: str) -> Person:
    """The person with the id. Raises Problem `not_found`."""
    person = await database.fetch_one(queries.FIND_PERSON, {"id": person_id})
    if person is None:
        raise _not_found()
    return person


async def list_people(database: Database, listing: Listing) -> tuple[list[Person], int]:
    """One page, the newest first, and how many there are in all."""
    shape = Filter(bool(listing.search), listing.role is not None, listing.disabled)
    params: dict[str, object] = {
        "limit": listing.page_size,
        "offset": min((listing.page - 1) * listing.page_size, _FAR),
    }
    filters: dict[str, object] = {}
    if listing.search:
        filters["name_pattern"] = _pattern(listing.search.translate(_ASCII_LOWER))
        filters["email_pattern"] = _pattern(listing.search.casefold())
        filters["exact_id"] = listing.search
    if listing.role is not None:
        filters["role"] = listing.role.value
    counted = await database.fetch_one(queries.count_people(shape), filters)
    people = await database.fetch_all(queries.list_people(shape), params | filters)
    return people, 0 if counted is None else counted.total


async def count_admins(database: Database) -> int:
    """How many admins there are who are not disabled."""
    counted = await database.fetch_one(queries.COUNT_ADMINS, {})
    return 0 if counted is None else counted.total


def is_disabled(person: Person) -> bool:
    """Whether their sessions, keys and tokens are refused."""
    return person.disabled_at is not None


def clean_name(value: object) -> str:
    """A name: one line, trimmed, at most 255 characters. Raises Problem `invalid_value`."""
    return clean_line("name", value, NAME_LENGTH).strip()


def clean_email(value: object) -> str:
    """An address of at most 320 characters, with one @ and no blanks. Whether letters reach it
    only a letter can tell. Raises Problem `invalid_value`."""
    email = clean_line("email", value, EMAIL_LENGTH).strip()
    if not _EMAIL.fullmatch(email):
        raise invalid(FieldError("email", "must be an e-mail address."))
    return email


def _changed_columns(person: Person, change: Change) -> dict[str, object]:
    wanted: dict[str, object] = {}
    if change.name is not msgspec.UNSET:
        wanted["name"] = clean_name(change.name)
    if change.email is not msgspec.UNSET:
        wanted["email"] = clean_email(change.email)
    if change.role is not msgspec.UNSET:
        wanted["role"] = change.role.value
    if change.scopes is not msgspec.UNSET:
        wanted["scopes"] = _stored(change.scopes)
    changed = {name: value for name, value in wanted.items() if value != getattr(person, name)}
    if "email" in changed:
        changed["email_key"] = email_key(str(changed["email"]))
    return changed


def _stored(scopes: frozenset[Scope] | None) -> str | None:
    return None if scopes is None else scopes_text(scopes)


def _pattern(words: str) -> str:
    return "%" + _WILD.sub(r"\\\1", words) + "%"


def _not_found() -> Problem:
    return Problem(Code.NOT_FOUND, "There is no such person.")


def _address_taken() -> Problem:
    return Problem(
        Code.CONFLICT,
        "Another account has this e-mail address.",
        errors=[FieldError("email", "belongs to another account.")],
    )
