"""Who is calling. A value, always passed as an argument named `caller`."""

from enum import StrEnum
from typing import Final

import msgspec


class Role(StrEnum):
    """What a person is."""

    USER = "user"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a key, or an admin with limited rights, may do."""

    TICKETS_READ = "tickets:read"
    TICKETS_WRITE = "tickets:write"
    SETTINGS_READ = "settings:read"
    SETTINGS_WRITE = "settings:write"


ALL_SCOPES: Final = frozenset(Scope)


class Channel(StrEnum):
    """How the caller proved who they are."""

    TOKEN = "token"  # noqa: S105
    KEY = "key"
    SESSION = "session"
    COOKIE = "cookie"


class Caller(msgspec.Struct, frozen=True):
    """A person whose proof was checked.

    `scopes` bounds what an admin may do; `key_scopes` bounds everything a key does.
    `stored_scopes` is the text the scopes were read from, to notice that they changed since."""

    id: str
    name: str | None
    email: str | None
    role: Role
    channel: Channel
    scopes: frozenset[Scope] = ALL_SCOPES
    key_scopes: frozenset[Scope] | None = None
    stored_scopes: str | None = None
    session_hash: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the caller acts as an admin."""
        return self.role is Role.ADMIN

    @property
    def shown_name(self) -> str:
        """Name, else e-mail, else id: never empty."""
        return self.name or self.email or self.id


def scopes_from(text: str | None) -> frozenset[Scope]:
    """Scopes from how they are stored: words with blanks between; None means all."""
    if text is None:
        return ALL_SCOPES
    return frozenset(Scope(word) for word in text.split())


def scopes_text(scopes: frozenset[Scope]) -> str:
    """How scopes are stored."""
    return " ".join(sorted(scopes))
