"""The seam to the database: one interface, two engines, one contract test for both.

Queries never commit; deeds do; routes never see a connection."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

import msgspec

from ticketpen.database.statements import Batch, Params, Query
from ticketpen.settings import Settings

Row = TypeVar("Row", bound=msgspec.Struct)


class AlreadyExists(Exception):
    """A write met a unique value that is taken."""


class Reads(Protocol):
    """What can be read, inside a transaction or outside."""

    async def fetch_all(self, query: Query[Row], params: Params) -> list[Row]:
        """All rows. Raises Problem `unavailable`."""
        ...

    async def fetch_one(self, query: Query[Row], params: Params) -> Row | None:
        """The first row, or None. Raises Problem `unavailable`."""
        ...

    async def run(self, batch: Batch[Row], params: Params) -> Row | None:
        """Write a batch; the row its head returned, or None when a guard found none.

        Outside a transaction it is durable when this returns.
        Raises AlreadyExists, Problem `unavailable`."""
        ...


class Transaction(Reads, Protocol):
    """Writes of one body: all of them or none. Await nothing in it but its own methods."""


class Database(Reads, Protocol):
    """A database of either kind."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction; durable when the block was left without an error."""
        ...

    async def open(self) -> None:
        """Connect. Raises Problem `unavailable`."""
        ...

    async def close(self) -> None:
        """Finish what runs and let go of every connection."""
        ...

    async def schema_version(self) -> str | None:
        """The revision of the schema, or None for an empty database."""
        ...


def choose_database(settings: Settings) -> Database:
    """The database that the settings name, not yet open."""
    if settings.is_postgres:
        from ticketpen.database.postgres import PostgresDatabase

        return PostgresDatabase(settings.database_url, settings.database_connections)
    from ticketpen.database.sqlite import SqliteDatabase

    return SqliteDatabase(settings.sqlite_path)
