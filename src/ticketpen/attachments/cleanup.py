"""Sweep the store: bytes that no row names, never younger than an hour."""

from typing import Final

from ticketpen.attachments.queries import FIND_BY_KEY
from ticketpen.clock import HOUR, now
from ticketpen.database import Database
from ticketpen.storage import Storage

SPARED: Final = HOUR
"""Bytes are written before their row: whatever is younger may still get one."""


async def sweep_files(database: Database, storage: Storage) -> int:
    """Delete stray files; how many there were."""
    oldest_spared = now() - SPARED
    swept = 0
    async for file in storage.walk():
        if file.written_at >= oldest_spared:
            continue
        if await database.fetch_one(FIND_BY_KEY, {"storage_key": file.key}) is None:
            await storage.delete(file.key)
            swept += 1
    return swept
