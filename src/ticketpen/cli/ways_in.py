"""Whether anybody can come in as an admin, and the one line to run when nobody can."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.settings import Settings

ADD_ADMIN: Final = "ticketpen user add --email you@example.com --role admin"


async def has_way_in(settings: "Settings", database: "Database") -> bool:
    """Whether there is an admin, an API key in use, or a key of a host that issues tokens.

    Raises Problem `unavailable`."""
    from ticketpen.identity.api_keys import list_keys
    from ticketpen.people.accounts import count_admins

    if settings.jwt_secret or settings.jwt_public_keys:
        return True
    if await count_admins(database):
        return True
    return any(key.revoked_at is None for key in await list_keys(database))
