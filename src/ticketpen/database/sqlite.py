"""SQLite by the standard library's driver: reads on the loop, writes by group commit.

Bodies run one after another inside one open transaction, each under a savepoint; one COMMIT, in a
thread, syncs them all, and only then is any of their callers answered."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from ticketpen.database import AlreadyExists, Transaction
from ticketpen.database.statements import Batch, Params, Query, Sql
from ticketpen.errors import unavailable

Row = TypeVar("Row", bound=msgspec.Struct)
Answer = TypeVar("Answer")

MINIMUM: Final = (3, 40, 0)
# A lock held by another process is waited for this long: callers hear of it within 5 s.
LOCK_WAIT_MS: Final = 4_000
_STATEMENTS: Final = 512
_NOT_NOW: Final = "The database cannot take this right now. Try again in a moment."


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with the pragmas every connection of ours has."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
    )
    connection.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")
    if read_only:
        connection.execute("PRAGMA query_only=1")
    else:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-16000")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def explain(error: sqlite3.Error) -> Exception:
    """The error a caller of the seam meets for a driver's error."""
    name = getattr(error, "sqlite_errorname", "")
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return AlreadyExists(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return unavailable(_NOT_NOW)
    return error


class _Group:
    """Bodies that are committed together."""

    def __init__(self) -> None:
        self.committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A group that fails with nobody left to tell must not be reported by asyncio as forgotten.
        self.committed.add_done_callback(lambda f: f.cancelled() or f.exception())

    def fail(self, error: Exception) -> None:
        if not self.committed.done():
            self.committed.set_exception(error)

    def succeed(self) -> None:
        if not self.committed.done():
            self.committed.set_result(None)


class SqliteTransaction:
    """One body's view of the write connection. It runs on the loop, without giving way."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch_all(self, query: Query[Row], params: Params) -> list[Row]:
        return _read(self._connection, query, params)

    async def fetch_one(self, query: Query[Row], params: Params) -> Row | None:
        rows = _read(self._connection, query, params)
        return rows[0] if rows else None

    async def run(self, batch: Batch[Row], params: Params) -> Row | None:
        head, rest = batch.sqlite
        row = self._execute(head, params).fetchone()
        if row is None and batch.guarded:
            return None
        for sql in rest:
            self._execute(sql, params)
        return None if row is None else batch.into(*row)

    def _execute(self, sql: Sql, params: Params) -> sqlite3.Cursor:
        return self._connection.execute(sql.text, sql.named(params))


def _read(connection: sqlite3.Connection, query: Query[Row], params: Params) -> list[Row]:
    sql, into = query.sqlite, query.into
    return [into(*row) for row in connection.execute(sql.text, sql.named(params)).fetchall()]


class SqliteDatabase:
    """One file. See `ticketpen.database.Database`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._long_reader: sqlite3.Connection | None = None
        self._write_thread = ThreadPoolExecutor(1, "ticketpen-commit")
        self._read_thread = ThreadPoolExecutor(1, "ticketpen-read")
        self._turn = asyncio.Lock()
        self._group: _Group | None = None
        self._commits: set[asyncio.Task[None]] = set()
        self._refusals = 0

    async def open(self) -> None:
        if sqlite3.sqlite_version_info < MINIMUM:
            raise unavailable(f"SQLite {sqlite3.sqlite_version} is too old: 3.40 is needed.")
        try:
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            self._writer = connect(self.path)
            self._reader = connect(self.path, read_only=True)
            self._long_reader = connect(self.path, read_only=True)
        except (sqlite3.Error, OSError) as error:
            raise unavailable(f"The database file cannot be opened: {error}.") from error

    async def close(self) -> None:
        async with self._turn:
            pass
        while self._commits:
            await asyncio.gather(*self._commits, return_exceptions=True)
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        for connection in (self._long_reader, self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._writer = self._reader = self._long_reader = None

    async def schema_version(self) -> str | None:
        reader = self._open(self._reader)
        try:
            row = reader.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise explain(error) from error
        return None if row is None else str(row[0])

    async def fetch_all(self, query: Query[Row], params: Params) -> list[Row]:
        try:
            if query.long:
                reader = self._open(self._long_reader)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._read_thread, _read, reader, query, params)
            return _read(self._open(self._reader), query, params)
        except sqlite3.Error as error:
            raise explain(error) from error

    async def fetch_one(self, query: Query[Row], params: Params) -> Row | None:
        rows = await self.fetch_all(query, params)
        return rows[0] if rows else None

    async def run(self, batch: Batch[Row], params: Params) -> Row | None:
        async with self.transaction() as tx:
            return await tx.run(batch, params)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        refusals = self._refusals
        async with self._turn:
            if self._refusals != refusals:
                # Whoever stood before us waited for the lock in vain; we waited along.
                raise unavailable(_NOT_NOW)
            group = await self._join_group()
            writer = self._open(self._writer)
            try:
                writer.execute("SAVEPOINT body")
                yield SqliteTransaction(writer)
                writer.execute("RELEASE body")
            except BaseException as error:
                self._undo_body(group)
                if isinstance(error, sqlite3.Error):
                    raise explain(error) from error
                raise
        await asyncio.shield(group.committed)

    async def _join_group(self) -> _Group:
        if self._group is not None:
            return self._group
        writer = self._open(self._writer)
        try:
            # Usually nobody else holds the lock: no thread for that.
            writer.execute("PRAGMA busy_timeout=0")
            try:
                writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                await self._begin_patiently(writer)
        except sqlite3.Error as error:
            raise explain(error) from error
        group = self._group = _Group()
        # The lock is first come, first served: the commit queues behind the bodies that wait now,
        # so they all join this group, and whoever comes later waits for the next.
        task = asyncio.create_task(self._commit(group))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        return group

    async def _begin_patiently(self, writer: sqlite3.Connection) -> None:
        """Wait for another process's lock, in the thread."""
        writer.execute(f"PRAGMA busy_timeout={LOCK_WAIT_MS}")
        begun = asyncio.ensure_future(self._in_thread(lambda: writer.execute("BEGIN IMMEDIATE")))
        try:
            await asyncio.shield(begun)
        except sqlite3.Error:
            self._refusals += 1
            raise
        except asyncio.CancelledError:
            # The thread cannot be stopped, and until it is back the connection is its own.
            while not begun.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([begun])
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            raise

    def _undo_body(self, group: _Group) -> None:
        """Take back one body. A full disk may have rolled back its neighbours too: tell them."""
        writer = self._open(self._writer)
        if writer.in_transaction:
            with suppress(sqlite3.Error):
                writer.execute("ROLLBACK TO body")
                writer.execute("RELEASE body")
                return
        self._abandon(group)

    def _abandon(self, group: _Group, cause: Exception | None = None) -> None:
        writer = self._open(self._writer)
        if writer.in_transaction:
            with suppress(sqlite3.Error):
                writer.execute("ROLLBACK")
        if self._group is group:
            self._group = None
        refusal = unavailable("The database could not store this. Nothing was changed.")
        refusal.__cause__ = cause
        group.fail(refusal)

    async def _commit(self, group: _Group) -> None:
        async with self._turn:
            if self._group is not group:
                return
            writer = self._open(self._writer)
            try:
                await self._in_thread(lambda: writer.execute("COMMIT"))
            except Exception as error:  # no space, no memory, no thread to run it
                self._abandon(group, error)
            else:
                self._group = None
                group.succeed()

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, work)

    @staticmethod
    def _open(connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise unavailable("The database is not open.")
        return connection
