"""Profiles that follow the callers' tokens: written when a token tells something new, else only
read."""

import msgspec

from ticketpen.clock import now
from ticketpen.database import AlreadyExists, Database
from ticketpen.people import queries
from ticketpen.people.queries import Profile
from ticketpen.search.tokens import words_of


class Told(msgspec.Struct, frozen=True):
    """What a token tells of its holder. None: it tells nothing, and what is stored stays."""

    id: str
    name: str | None
    email: str | None
    role: str


def email_key(email: str | None) -> str | None:
    """How an address is looked up: without case."""
    return None if email is None else email.casefold()


def words(name: str | None, email: str | None) -> str:
    """The words by which a search finds the person, as the JSON list that is stored."""
    return msgspec.json.encode(words_of(f"{name or ''} {email or ''}")).decode()


async def find_profile(database: Database, person_id: str) -> Profile | None:
    """What is stored of the person, or None."""
    return await database.fetch_one(queries.FIND_PROFILE, {"id": person_id})


def is_news(told: Told, stored: Profile | None) -> bool:
    """Whether the token tells something else than what is stored."""
    return (
        stored is None
        or (told.name is not None and told.name != stored.name)
        or (told.email is not None and told.email != stored.email)
        or told.role != stored.role
    )


async def follow_token(database: Database, told: Told, stored: Profile | None) -> None:
    """Store what the token tells: one upsert. The version rises when name or address changed."""
    try:
        await _store(database, told, stored)
    except AlreadyExists:
        # The person has a password of ours, and the told address logs in to another account.
        await _store(database, msgspec.structs.replace(told, email=None), stored)


async def _store(database: Database, told: Told, stored: Profile | None) -> None:
    moment = now()
    name, email = told.name, told.email
    if stored is not None:
        name, email = name or stored.name, email or stored.email
    params: dict[str, object] = {
        "id": told.id,
        "name": told.name,
        "email": told.email,
        "email_key": email_key(told.email),
        "role": told.role,
        "words": words(name, email),
        "created_at": moment,
        "updated_at": moment,
    }
    await database.run(queries.FOLLOW_TOKEN, params)
