"""Profiles that follow the callers' tokens: written when a token tells something new, else only
read."""

import msgspec

from ticketpen.clock import now
from ticketpen.database import AlreadyExists, Database
from ticketpen.people import queries
from ticketpen.people.queries import Profile


class Told(msgspec.Struct, frozen=True):
    """What a token tells of its holder. None: it tells nothing, and what is stored stays."""

    id: str
    name: str | None
    email: str | None
    role: str


class Standing(msgspec.Struct, frozen=True):
    """What only the database knows of a person."""

    disabled: bool
    scopes: str | None


def email_key(email: str | None) -> str | None:
    """How an address is looked up: without case."""
    return None if email is None else email.casefold()


async def find_standing(database: Database, told: Told) -> tuple[Standing, bool]:
    """The standing of the person, and whether the stored profile differs from what is told."""
    stored = await database.fetch_one(queries.FIND_PROFILE, {"id": told.id})
    if stored is None:
        return Standing(disabled=False, scopes=None), True
    return Standing(stored.disabled_at is not None, stored.scopes), _differs(stored, told)


async def follow_token(database: Database, told: Told) -> None:
    """Store what the token tells: one upsert. The version rises when name or address changed."""
    moment = now()
    params: dict[str, object] = {
        "id": told.id,
        "name": told.name,
        "email": told.email,
        "email_key": email_key(told.email),
        "role": told.role,
        "created_at": moment,
        "updated_at": moment,
    }
    try:
        await database.run(queries.FOLLOW_TOKEN, params)
    except AlreadyExists:
        # The person has a password of ours, and the told address logs in to another account.
        await database.run(queries.FOLLOW_TOKEN, params | {"email": None, "email_key": None})


def _differs(stored: Profile, told: Told) -> bool:
    return (
        (told.name is not None and told.name != stored.name)
        or (told.email is not None and told.email != stored.email)
        or told.role != stored.role
    )
