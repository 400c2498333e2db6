"""The bare drivers: the same SQL as ours, as fast as each driver runs it, equally durable."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import asyncpg

from ticketpen.database.sqlite import connect
from ticketpen.database.statements import Batch, Query
from ticketpen.settings import Settings

Params = dict[str, object]
Rows = Sequence[Any]


class Engine(Protocol):
    """What the bare server needs of a database."""

    async def open(self) -> None:
        """Connect."""
        ...

    async def close(self) -> None:
        """Let go of every connection."""
        ...

    async def read(self, query: Query[Any], params: Params) -> Rows:
        """All rows, as the driver gives them."""
        ...

    async def write(self, batch: Batch[Any], params: Params) -> Any:
        """Run the batch; its head's row, once that is durable."""
        ...


def choose_engine(settings: Settings) -> Engine:
    """The engine for the database that the settings name."""
    if settings.is_postgres:
        return BarePostgres(settings.database_url, settings.database_connections)
    return BareSqlite(settings)


class BareSqlite:
    """Reads on the loop. Writes by group commit too, or ours would be flattered: what has come in
    is run in one transaction, whose COMMIT a thread waits for while more comes in."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.sqlite_path
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[Batch[Any], Params, asyncio.Future[Any]]] = deque()
        self._is_writing = False

    async def open(self) -> None:
        self._reader = connect(self._path, read_only=True)
        self._writer = connect(self._path)

    async def close(self) -> None:
        self._thread.shutdown()
        self._reader.close()
        self._writer.close()

    async def read(self, query: Query[Any], params: Params) -> Rows:
        sql = query.sqlite
        return self._reader.execute(sql.text, _merged(sql.constants, params)).fetchall()

    async def write(self, batch: Batch[Any], params: Params) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((batch, params, done))
        if not self._is_writing:
            self._is_writing = True
            # Whatever else this turn of the loop brings joins the same commit.
            loop.call_soon(self._write_waiting)
        return await done

    def _write_waiting(self) -> None:
        group = list(self._waiting)
        self._waiting.clear()
        self._writer.execute("BEGIN IMMEDIATE")
        rows = [_run(self._writer, batch, params) for batch, params, _ in group]
        loop = asyncio.get_running_loop()
        commit = loop.run_in_executor(self._thread, self._writer.execute, "COMMIT")

        def finish(committed: asyncio.Future[Any]) -> None:
            committed.result()
            for row, (_, _, done) in zip(rows, group, strict=True):
                done.set_result(row)
            self._is_writing = bool(self._waiting)
            if self._waiting:
                loop.call_soon(self._write_waiting)

        commit.add_done_callback(finish)


class BarePostgres:
    """As many connections as ours, never reset; a write is one statement, its own transaction."""

    def __init__(self, url: str, connections: int) -> None:
        self._url = url
        self._size = connections
        self._free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()

    async def open(self) -> None:
        for _ in range(self._size):
            self._free.put_nowait(await asyncpg.connect(self._url, max_cached_statement_lifetime=0))

    async def close(self) -> None:
        for _ in range(self._size):
            await (await self._free.get()).close()

    async def read(self, query: Query[Any], params: Params) -> Rows:
        sql = query.postgres
        connection = await self._free.get()
        rows: Rows = await connection.fetch(sql.text, *_ordered(sql.order, sql.constants, params))
        self._free.put_nowait(connection)
        return rows

    async def write(self, batch: Batch[Any], params: Params) -> Any:
        sql = batch.postgres
        connection = await self._free.get()
        row = await connection.fetchrow(sql.text, *_ordered(sql.order, sql.constants, params))
        self._free.put_nowait(connection)
        return row


def _run(writer: sqlite3.Connection, batch: Batch[Any], params: Params) -> Any:
    head, rest = batch.sqlite
    row = writer.execute(head.text, _merged(head.constants, params)).fetchone()
    for sql in rest:
        writer.execute(sql.text, _merged(sql.constants, params))
    return row


def _merged(constants: Mapping[str, object], params: Params) -> Params:
    return {**constants, **params} if constants else params


def _ordered(order: Sequence[str], constants: Mapping[str, object], params: Params) -> list[object]:
    params = _merged(constants, params)
    return [params[name] for name in order]
