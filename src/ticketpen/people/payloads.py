"""Wire shapes of people, for admins."""

import msgspec

from ticketpen.clock import rfc3339
from ticketpen.people.queries import Person


class PersonView(msgspec.Struct, frozen=True):
    """A person. `scopes` null: all that the role allows."""

    id: str
    name: str | None
    email: str | None
    role: str
    scopes: list[str] | None
    disabled: bool
    has_password: bool
    created_at: str
    updated_at: str


class PersonList(msgspec.Struct, frozen=True):
    """One page of people."""

    people: list[PersonView]
    total: int
    page: int
    page_size: int


def view_of(person: Person) -> PersonView:
    """A person as an admin sees them."""
    return PersonView(
        id=person.id,
        name=person.name,
        email=person.email,
        role=person.role,
        scopes=None if person.scopes is None else person.scopes.split(),
        disabled=person.disabled_at is not None,
        has_password=bool(person.has_password),
        created_at=rfc3339(person.created_at),
        updated_at=rfc3339(person.updated_at),
    )
