"""What the clients of a journey sent, and what they were answered."""

import asyncio
import hashlib
import random
import struct
import zlib
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final

import msgspec

from tests.client import File

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SIZES: Final = (2_000, 8_000, 30_000, 200_000, 700_000)
_WEIGHTS: Final = (30, 40, 20, 8, 2)


class Outcome(Enum):
    """What a client knows of a request."""

    UNKNOWN = auto()
    DONE = auto()
    REFUSED = auto()


class Writing(msgspec.Struct, eq=False):
    """A message that somebody sent, alone or as the first of a ticket."""

    body: str
    """Different from every other message's."""
    files: dict[str, str]
    """Name → SHA-256."""
    ticket_id: str | None
    """None: it opens one."""
    key: str | None = None
    outcome: Outcome = Outcome.UNKNOWN
    was_interrupted: bool = False
    message: dict[str, Any] | None = None
    """As it was answered."""


class TicketStory(msgspec.Struct, eq=False):
    """What the one client who writes to a ticket knows of it. Of a change that was not answered
    both outcomes are possible."""

    ticket: dict[str, Any]
    """As it was answered when it was opened."""
    priorities: set[str]
    statuses: set[str]


class Tally:
    """A count to wait for."""

    def __init__(self) -> None:
        self.count = 0
        self._news = asyncio.Event()

    def add(self) -> None:
        """One more."""
        self.count += 1
        self._news.set()

    async def grow(self, by: int) -> None:
        """Wait until there are so many more."""
        enough = self.count + by
        while self.count < enough:
            self._news.clear()
            await self._news.wait()


class Journal:
    """All that was sent, by all clients."""

    def __init__(self) -> None:
        self.writings: list[Writing] = []
        self.stories: dict[str, TicketStory] = {}
        self.acknowledged = Tally()

    def with_outcome(self, outcome: Outcome) -> Iterator[Writing]:
        """The writings that ended so."""
        return (writing for writing in self.writings if writing.outcome is outcome)

    @property
    def interrupted(self) -> list[Writing]:
        """The writings that met a killed server at least once."""
        return [writing for writing in self.writings if writing.was_interrupted]


def make_pictures(count: int, mark: str) -> list[File]:
    """PNGs of noise, of many sizes, all different; their names tell whose they are."""
    return [(f"{mark}-{n}.png", _noise(), "image/png") for n in range(count)]


def sums_of(files: list[File]) -> dict[str, str]:
    """Name → SHA-256."""
    return {name: hashlib.sha256(data).hexdigest() for name, data, _ in files}


def _noise() -> bytes:
    height = random.choices(_SIZES, _WEIGHTS)[0] // 300
    rows = b"".join(b"\0" + random.randbytes(300) for _ in range(height))
    header = struct.pack(">II5B", 100, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
