"""PostgreSQL by asyncpg: a small pool of our own, one round trip for a batch.

No reset when a connection is returned: nothing we run leaves state behind, and whatever was cut
short (time-out, cancellation) closes its connection."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from ticketpen.database import AlreadyExists, Transaction
from ticketpen.database.statements import Batch, Params, Query
from ticketpen.errors import unavailable
from ticketpen.settings import SettingsError

Row = TypeVar("Row", bound=msgspec.Struct)
Answer = TypeVar("Answer")

CONNECT_WAIT: Final = 3.0
TURN_WAIT: Final = 4.0
_SETTINGS: Final = {
    "application_name": "ticketpen",
    "lock_timeout": "3000",
    "statement_timeout": "4000",
    "idle_in_transaction_session_timeout": "15000",
    "jit": "off",
}
_GONE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shut down, cancelled by statement_timeout
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # the server was the primary once
)


async def connect(url: str, **options: Any) -> Any:
    """A connection of the driver's own. Raises SettingsError for an address it cannot read."""
    try:
        return await asyncpg.connect(url, **options)
    except ValueError as error:
        if isinstance(error, asyncpg.InterfaceError):
            raise
        # It quotes what it stumbled over, and that may be a part of the password.
        raise SettingsError(
            "TICKETPEN_DATABASE_URL cannot be read (it is not shown here: it may hold a password); "
            "it must be like postgresql://user:password@host/database, and in user and password "
            "@ : / ? # [ ] % must be written as %40 %3A %2F %3F %23 %5B %5D %25"
        ) from None


class PostgresTransaction:
    """Statements on one connection. See `ticketpen.database.Transaction`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch_all(self, query: Query[Row], params: Params) -> list[Row]:
        sql, into = query.postgres, query.into
        return [into(*row) for row in await self._connection.fetch(sql.text, *sql.numbered(params))]

    async def fetch_one(self, query: Query[Row], params: Params) -> Row | None:
        sql = query.postgres
        row = await self._connection.fetchrow(sql.text, *sql.numbered(params))
        return None if row is None else query.into(*row)

    async def run(self, batch: Batch[Row], params: Params) -> Row | None:
        sql = batch.postgres
        row = await self._connection.fetchrow(sql.text, *sql.numbered(params))
        return None if row is None else batch.into(*row)


class PostgresDatabase:
    """A pool of connections. See `ticketpen.database.Database`."""

    def __init__(self, url: str, connections: int) -> None:
        self._url = url
        self._size = connections
        self._idle: list[Any] = []
        self._turns = asyncio.Semaphore(connections)
        self._closed = True

    async def open(self) -> None:
        self._closed = False
        await self._release(await self._acquire())

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            with suppress(Exception):  # a connection that is gone is closed well enough
                await self._idle.pop().close(timeout=2)

    async def schema_version(self) -> str | None:
        async def read(tx: PostgresTransaction) -> str | None:
            connection = tx._connection
            if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
                return None
            found = await connection.fetchval("SELECT version_num FROM alembic_version")
            return None if found is None else str(found)

        return await self._with_connection(read)

    async def fetch_all(self, query: Query[Row], params: Params) -> list[Row]:
        return await self._with_connection(lambda tx: tx.fetch_all(query, params))

    async def fetch_one(self, query: Query[Row], params: Params) -> Row | None:
        return await self._with_connection(lambda tx: tx.fetch_one(query, params))

    async def run(self, batch: Batch[Row], params: Params) -> Row | None:
        # One statement is its own transaction: no BEGIN and COMMIT around it.
        return await self._with_connection(lambda tx: tx.run(batch, params))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        connection = await self._acquire()
        try:
            await connection.execute("BEGIN")
            yield PostgresTransaction(connection)
            await connection.execute("COMMIT")
        except BaseException as error:
            await self._roll_back(connection, error)
            _raise_explained(error)
            raise
        await self._release(connection)

    async def _with_connection(
        self, work: Callable[[PostgresTransaction], Awaitable[Answer]]
    ) -> Answer:
        connection = await self._acquire()
        try:
            answer = await work(PostgresTransaction(connection))
        except BaseException as error:
            if not _is_reusable_after(error):
                connection.terminate()
            await self._release(connection)
            _raise_explained(error)
            raise
        await self._release(connection)
        return answer

    async def _roll_back(self, connection: Any, error: BaseException) -> None:
        is_whole = False
        try:
            if isinstance(error, Exception) and not connection.is_closed():
                with suppress(Exception):  # a connection that cannot roll back is thrown away
                    await connection.execute("ROLLBACK", timeout=2)
                    is_whole = not isinstance(error, asyncpg.ReadOnlySQLTransactionError)
        finally:  # also for a caller who leaves meanwhile
            if not is_whole:
                connection.terminate()
            await self._release(connection)

    async def _acquire(self) -> Any:
        if self._closed:
            raise unavailable("The database is not open.")
        if self._turns.locked():
            try:
                async with asyncio.timeout(TURN_WAIT):
                    await self._turns.acquire()
            except TimeoutError:
                raise unavailable("The database is busy. Try again in a moment.") from None
        else:
            await self._turns.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await connect(
                self._url,
                timeout=CONNECT_WAIT,
                command_timeout=6,
                statement_cache_size=512,
                max_cached_statement_lifetime=0,
                server_settings=_SETTINGS,
            )
        except BaseException as error:
            self._turns.release()
            _raise_explained(error)
            raise

    async def _release(self, connection: Any) -> None:
        if not connection.is_closed() and not self._closed:
            self._idle.append(connection)
        elif not connection.is_closed():
            connection.terminate()
        self._turns.release()


def _is_reusable_after(error: BaseException) -> bool:
    # After a failover only a new connection finds the server that takes writes.
    return isinstance(error, asyncpg.PostgresError) and not isinstance(
        error, asyncpg.ReadOnlySQLTransactionError
    )


def _raise_explained(error: BaseException) -> None:
    """Raise what a caller of the seam meets for a driver's error; nothing for any other."""
    if isinstance(error, asyncpg.UniqueViolationError):
        raise AlreadyExists(str(error)) from error
    if isinstance(error, _GONE):
        raise unavailable(
            "The database cannot be reached right now. Try again in a moment."
        ) from error
