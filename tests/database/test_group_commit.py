"""Group commit on SQLite: one COMMIT for many writers, and what becomes of them when it fails."""

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Label, literal_column, select, update

from ticketpen.database import sqlite
from ticketpen.database.sqlite import SqliteDatabase
from ticketpen.database.statements import Batch, NewRows, Query, param
from ticketpen.errors import Code, Problem
from ticketpen.identity.tables import login_failures
from ticketpen.outbox.tables import idempotency_keys

COLUMNS = ("caller_id", "key", "fingerprint", "claim", "claimed_at")
LARGE = b"x" * 200_000
"""More than the pages that a full database has left."""


class One(msgspec.Struct):
    one: int


class Found(msgspec.Struct):
    key: str


_k = idempotency_keys.c
_one: Label[int] = literal_column("1").label("one")
ADD = Batch(NewRows(idempotency_keys, COLUMNS).plain().returning(_one), into=One)
# The UPDATE can break no constraint, so SQLite keeps no way to undo it alone: when the disk is full
# it rolls the whole transaction back, savepoints and all.
ADD_AND_FILL = Batch(
    NewRows(idempotency_keys, COLUMNS).plain().returning(_one),
    update(idempotency_keys).where(_k.key == param(_k.key)).values(answer=param(_k.answer)),
    into=One,
)
ADD_TWO = Batch(
    NewRows(login_failures, ("id", "who", "failed_at")).plain().returning(_one),
    NewRows(idempotency_keys, COLUMNS),
    into=One,
)
KEYS = Query(select(_k.key).order_by(_k.key), Found)
WHO = Query(
    select(login_failures.c.id.label("key")).where(login_failures.c.id == param(_k.key)), Found
)


@pytest.fixture
async def database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    path = tmp_path / "ticketpen.db"
    shutil.copy(sqlite_template, path)
    opened = SqliteDatabase(path)
    await opened.open()
    yield opened
    await opened.close()


def row(key: str, fingerprint: str | bytes = "f") -> dict[str, object]:
    return {
        "caller_id": "cleo",
        "key": key,
        "fingerprint": fingerprint,
        "claim": "c",
        "claimed_at": 1,
        "id": key,
        "who": "w",
        "failed_at": 1,
    }


async def keys(database: SqliteDatabase) -> list[str]:
    return [found.key for found in await database.fetch_all(KEYS, {})]


def writer_of(database: SqliteDatabase) -> sqlite3.Connection:
    """The connection that all bodies share."""
    assert database._writer is not None
    return database._writer


def committed_keys(database: SqliteDatabase) -> set[str]:
    """What another process sees."""
    other = sqlite3.connect(database.path)
    try:
        return {key for (key,) in other.execute("SELECT key FROM idempotency_keys")}
    finally:
        other.close()


def refusals(answers: Sequence[object]) -> list[Code]:
    """The codes of the answers, all of which must be refusals."""
    assert all(isinstance(answer, Problem) for answer in answers), answers
    return [answer.code for answer in answers if isinstance(answer, Problem)]


@contextmanager
def no_free_pages(database: SqliteDatabase) -> Iterator[None]:
    """The file may not grow: SQLite reports SQLITE_FULL amid a statement."""
    writer = writer_of(database)
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count={pages}")
    yield
    writer.execute(f"PRAGMA max_page_count={2**31}")


@contextmanager
def no_space_for_the_log(database: SqliteDatabase) -> Iterator[None]:
    """Every write to the write-ahead log meets ENOSPC, from the kernel itself."""
    # Nothing must have to be read back from the log meanwhile.
    writer_of(database).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = os.stat(f"{database.path}-wal")
    descriptors = [
        int(name)
        for name in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{name}")
        and os.path.samestat(os.stat(f"/proc/self/fd/{name}"), log)
    ]
    kept = {descriptor: os.dup(descriptor) for descriptor in descriptors}
    full = os.open("/dev/full", os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(full, descriptor)
    yield
    for descriptor, original in kept.items():
        os.dup2(original, descriptor)
        os.close(original)
    os.close(full)


@contextmanager
def locked_by_another(database: SqliteDatabase) -> Iterator[None]:
    """Another process is amid a write."""
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()


async def test_a_disk_that_is_full_amid_a_body_refuses_all_whose_work_is_undone_with_it(
    database: SqliteDatabase,
) -> None:
    await database.run(ADD, row("before"))
    names = [f"{n:02}" for n in range(12)]
    with no_free_pages(database):
        answers = await asyncio.gather(
            *(
                database.run(ADD_AND_FILL, row(n) | {"answer": LARGE if n == "07" else None})
                for n in names
            ),
            return_exceptions=True,
        )
        # SQLite itself rolled back the seven before; those after it began anew, and fitted in.
        assert refusals(answers[:8]) == [Code.UNAVAILABLE] * 8
        assert answers[8:] == [One(1)] * 4
        assert await keys(database) == [*names[8:], "before"]
        assert committed_keys(database) == {*names[8:], "before"}
    assert await database.run(ADD, row("after", LARGE)) == One(1)
    assert "after" in committed_keys(database)


async def test_a_disk_that_is_full_amid_a_body_that_can_be_undone_alone_refuses_it_alone(
    database: SqliteDatabase,
) -> None:
    names = [f"{n:02}" for n in range(12)]
    with no_free_pages(database):
        answers = await asyncio.gather(
            *(database.run(ADD, row(n, LARGE if n == "07" else "f")) for n in names),
            return_exceptions=True,
        )
        assert refusals(answers[7:8]) == [Code.UNAVAILABLE]
        assert answers[:7] + answers[8:] == [One(1)] * 11
        assert committed_keys(database) == {*names[:7], *names[8:]}


async def test_a_full_disk_leaves_no_half_of_a_body(database: SqliteDatabase) -> None:
    with no_free_pages(database):
        with pytest.raises(Problem) as caught:
            await database.run(ADD_TWO, row("half", LARGE))
        assert caught.value.code is Code.UNAVAILABLE
        assert await database.fetch_one(WHO, {"key": "half"}) is None
    assert await database.run(ADD_TWO, row("half", LARGE)) == One(1)
    assert await database.fetch_one(WHO, {"key": "half"}) == Found("half")


async def test_a_disk_that_is_full_at_the_commit_refuses_every_member_of_the_group(
    database: SqliteDatabase,
) -> None:
    await database.run(ADD, row("before"))
    statements: list[str] = []
    writer_of(database).set_trace_callback(statements.append)
    names = [f"{n:02}" for n in range(12)]
    with no_space_for_the_log(database):
        answers = await asyncio.gather(
            *(database.run(ADD, row(n)) for n in names), return_exceptions=True
        )
        assert refusals(answers) == [Code.UNAVAILABLE] * 12
        assert statements.count("COMMIT") == 1
        assert await keys(database) == ["before"]
    assert committed_keys(database) == {"before"}
    assert await database.run(ADD, row("after")) == One(1)
    assert committed_keys(database) == {"before", "after"}


async def test_a_commit_that_cannot_even_begin_refuses_its_group_and_blocks_nobody_after_it(
    database: SqliteDatabase,
) -> None:
    lost, database._write_thread = database._write_thread, ThreadPoolExecutor(1)
    database._write_thread.shutdown()  # as when the process may start no more threads
    async with asyncio.timeout(5):
        answers = await asyncio.gather(
            *(database.run(ADD, row(key)) for key in "ab"), return_exceptions=True
        )
    assert refusals(answers) == [Code.UNAVAILABLE] * 2
    database._write_thread = lost
    await database.run(ADD, row("c"))
    assert await keys(database) == ["c"]


async def test_a_refusal_for_want_of_space_says_when_to_come_again(
    database: SqliteDatabase,
) -> None:
    with no_space_for_the_log(database), pytest.raises(Problem) as caught:
        await database.run(ADD, row("a"))
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "5"})


async def test_a_lock_held_by_another_process_refuses_all_who_wait_at_once(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.run(ADD, row("before"))
    monkeypatch.setattr(sqlite, "LOCK_WAIT_MS", 300)
    with locked_by_another(database):
        writers = [asyncio.create_task(database.run(ADD, row(f"{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        assert await keys(database) == ["before"], "reads go on"
        # One wait for them all, not one after the other: 20 waits would take 6 s.
        async with asyncio.timeout(2):
            answers = await asyncio.gather(*writers, return_exceptions=True)
        assert refusals(answers) == [Code.UNAVAILABLE] * 20
    assert await database.run(ADD, row("after")) == One(1)
    assert await keys(database) == ["after", "before"]


async def test_a_lock_that_is_let_go_in_time_is_waited_for(database: SqliteDatabase) -> None:
    with locked_by_another(database):
        writer = asyncio.create_task(database.run(ADD, row("a")))
        assert await keys(database) == []
    assert await writer == One(1)


async def test_a_caller_who_leaves_while_the_lock_is_waited_for_blocks_nobody(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_WAIT_MS", 10_000)
    with locked_by_another(database):
        writer = asyncio.create_task(database.run(ADD, row("a")))
        await asyncio.sleep(0)
        assert database._turn.locked(), "it waits in the thread"
        writer.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await writer
    assert await database.run(ADD, row("b")) == One(1)
    assert await keys(database) == ["b"]


async def test_nobody_is_answered_before_the_commit_has_returned(
    database: SqliteDatabase,
) -> None:
    reached, may_go_on = threading.Event(), threading.Event()

    def hold(statement: str) -> None:
        if statement == "COMMIT":
            reached.set()
            may_go_on.wait(10)

    writer_of(database).set_trace_callback(hold)
    tasks = [asyncio.create_task(database.run(ADD, row(f"{n}"))) for n in range(8)]
    await asyncio.to_thread(reached.wait, 10)
    late = asyncio.create_task(database.run(ADD, row("late")))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not any(task.done() for task in [*tasks, late])
    assert await keys(database) == [], "reads go on, and see nothing that is not committed"
    may_go_on.set()
    assert await asyncio.gather(*tasks, late) == [One(1)] * 9


async def test_whoever_is_answered_finds_their_row_committed(database: SqliteDatabase) -> None:
    async def write(number: int) -> None:
        for turn in range(5):
            key = f"{number}-{turn}"
            await database.run(ADD, row(key))
            assert key in committed_keys(database)

    await asyncio.gather(*map(write, range(20)))
    assert len(await keys(database)) == 100


async def test_many_writers_share_few_commits(database: SqliteDatabase) -> None:
    statements: list[str] = []
    writer_of(database).set_trace_callback(statements.append)
    await asyncio.gather(*(database.run(ADD, row(f"{n:03}")) for n in range(200)))
    assert len(await keys(database)) == 200
    assert statements.count("COMMIT") <= 4
