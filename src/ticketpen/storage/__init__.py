"""The store of attachment bytes: one interface, and the choice of the kind."""

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

import msgspec

from ticketpen.clock import Moment
from ticketpen.settings import Settings

Bytes = bytes | memoryview


class StoredFile(msgspec.Struct, frozen=True):
    """A file that lies in the store: its key, its size in bytes, when it was written."""

    key: str
    size: int
    written_at: Moment


class Storage(Protocol):
    """Files under keys such as `ab/ab12….png`. A key is written once and never changed.

    Every method raises Problem `unavailable` when the store cannot be reached or is full."""

    async def put(self, key: str, pieces: Iterable[Bytes]) -> None:
        """Keep the pieces as one file; durable when this returns. Nothing is kept on an error."""
        ...

    async def read(self, key: str, start: int, length: int) -> bytes | AsyncIterator[bytes]:
        """`length` bytes from `start`: at once when small, else in chunks.
        Raises FileNotFoundError."""
        ...

    async def delete(self, key: str) -> None:
        """Forget a file; one that is not there is fine."""
        ...

    def walk(self) -> AsyncIterator[StoredFile]:
        """Every file, in no order."""
        ...

    async def check(self) -> None:
        """Write, read and delete a probe (readiness, doctor)."""
        ...


def choose_storage(settings: Settings) -> Storage:
    """The store that the settings name."""
    from ticketpen.storage.disk import DiskStorage

    return DiskStorage(settings.files_path)
