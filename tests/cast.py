"""The standing cast. Ada and Max answer tickets, Cleo and Rick ask, Mallory is a stranger."""

from typing import Final

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """Somebody who calls with a token of the host."""

    id: str
    name: str
    email: str
    role: str


ADA: Final = Actor("ada", "Ada Lindqvist", "ada@example.com", "admin")
MAX: Final = Actor("max", "Max Okafor", "max@example.com", "admin")
CLEO: Final = Actor("cleo", "Cleo Marchetti", "cleo@example.org", "user")
RICK: Final = Actor("rick", "Rick Halloran", "rick@example.org", "user")
MALLORY: Final = Actor("mallory", "Mallory", "mallory@example.net", "user")
