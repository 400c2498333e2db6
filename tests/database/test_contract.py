"""One contract for both engines of the seam."""

import asyncio

import msgspec
import pytest
from sqlalchemy import Label, delete, literal_column, select, update

from ticketpen.clock import now
from ticketpen.database import AlreadyExists, Database
from ticketpen.database.statements import Batch, NewRows, Query, param
from ticketpen.errors import Code, Problem
from ticketpen.identity.tables import login_failures
from ticketpen.outbox.tables import idempotency_keys

_k = idempotency_keys.c
_f = login_failures.c


class Key(msgspec.Struct):
    key: str
    status: int | None


class One(msgspec.Struct):
    one: int


_one: Label[int] = literal_column("1").label("one")
COLUMNS = ("caller_id", "key", "fingerprint", "claim", "claimed_at")
ADD = Batch(
    NewRows(idempotency_keys, COLUMNS).plain().returning(_one),
    NewRows(login_failures, ("id", "who", "failed_at")),
    into=One,
)
LIST = Query(select(_k.key, _k.status).order_by(_k.key), Key)
LIST_LONG = Query(select(_k.key, _k.status).order_by(_k.key), Key, long=True)
CHANGE = Batch(
    update(idempotency_keys)
    .where(_k.key == param(_k.key), _k.status.is_(None))
    .values(status=param(_k.status))
    .returning(_one),
    NewRows(login_failures, ("id", "who", "failed_at")),
    delete(login_failures).where(_f.id == param(_f.id, "old_id")),
    into=One,
    guarded=True,
)


class Id(msgspec.Struct):
    id: str


FAILURES = Query(select(_f.id).order_by(_f.id), Id)


def row(key: str, failure: str | None = None) -> dict[str, object]:
    return {
        "caller_id": "cleo",
        "key": key,
        "fingerprint": "f",
        "claim": "c",
        "claimed_at": now(),
        "id": failure or key,
        "who": "w",
        "failed_at": now(),
    }


async def keys(database: Database) -> list[str]:
    return [found.key for found in await database.fetch_all(LIST, {})]


async def failures(database: Database) -> list[str]:
    return [found.id for found in await database.fetch_all(FAILURES, {})]


async def test_a_batch_writes_all_its_rows(database: Database) -> None:
    assert await database.run(ADD, row("a")) == One(1)
    assert await keys(database) == ["a"]
    assert await failures(database) == ["a"]


async def test_a_long_read_gives_the_same_rows(database: Database) -> None:
    await database.run(ADD, row("a"))
    assert await database.fetch_all(LIST_LONG, {}) == await database.fetch_all(LIST, {})


async def test_reading_one_of_nothing_gives_none(database: Database) -> None:
    assert await database.fetch_one(LIST, {}) is None


async def test_a_batch_whose_second_row_is_refused_writes_nothing(database: Database) -> None:
    await database.run(ADD, row("a"))
    with pytest.raises(AlreadyExists):
        await database.run(ADD, row("b", failure="a"))
    assert await keys(database) == ["a"]


async def test_a_guard_that_finds_no_row_keeps_the_rest_from_happening(
    database: Database,
) -> None:
    await database.run(ADD, row("a"))
    params = row("nothing", "new") | {"status": 201, "old_id": "a"}
    assert await database.run(CHANGE, params) is None
    assert await failures(database) == ["a"]


async def test_a_guard_that_finds_its_row_lets_the_rest_happen(database: Database) -> None:
    await database.run(ADD, row("a"))
    params = row("a", "new") | {"status": 201, "old_id": "a"}
    assert await database.run(CHANGE, params) == One(1)
    assert await failures(database) == ["new"]
    assert (await database.fetch_all(LIST, {}))[0].status == 201


async def test_a_guard_lets_exactly_one_of_many_through(database: Database) -> None:
    await database.run(ADD, row("a"))

    async def change(number: int) -> bool:
        params = row("a", f"new{number}") | {"status": number, "old_id": "a"}
        return await database.run(CHANGE, params) is not None

    assert sum(await asyncio.gather(*map(change, range(20)))) == 1
    assert len(await failures(database)) == 1


async def test_a_transaction_that_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await tx.run(ADD, row("a"))
            raise ZeroDivisionError
    assert await keys(database) == []


async def test_a_transaction_reads_what_it_wrote(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.run(ADD, row("a"))
        assert [found.key for found in await tx.fetch_all(LIST, {})] == ["a"]
        assert await tx.fetch_one(LIST, {}) == Key("a", None)


async def test_one_of_many_bodies_that_fails_does_not_harm_its_neighbours(
    database: Database,
) -> None:
    async def write(number: int) -> None:
        async with database.transaction() as tx:
            await tx.run(ADD, row(f"{number:02}"))
            if number % 3 == 0:
                raise ZeroDivisionError

    done = await asyncio.gather(*map(write, range(30)), return_exceptions=True)
    assert [isinstance(error, ZeroDivisionError) for error in done] == [
        number % 3 == 0 for number in range(30)
    ]
    assert await keys(database) == [f"{n:02}" for n in range(30) if n % 3]


async def test_a_cancelled_body_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    started = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as tx:
            await tx.run(ADD, row("a"))
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await database.run(ADD, row("b"))
    assert await keys(database) == ["b"]


async def test_bodies_cancelled_while_they_are_taken_back_leave_room_for_others(
    database: Database,
) -> None:
    async def leave_amid_the_undoing() -> None:
        task = asyncio.current_task()
        assert task is not None
        async with database.transaction() as tx:
            await tx.run(ADD, row("a"))
            asyncio.get_running_loop().call_soon(task.cancel)
            raise ValueError

    for _ in range(15):  # more than there are connections
        with pytest.raises((asyncio.CancelledError, ValueError)):
            await asyncio.create_task(leave_amid_the_undoing())
    await database.run(ADD, row("b"))
    assert await keys(database) == ["b"]


async def test_text_of_every_kind_comes_back_as_it_was(database: Database) -> None:
    strange = "Ünïcode \U0001f600 '\"%_\\ \x01 $1 :name"
    await database.run(ADD, row(strange))
    assert await keys(database) == [strange]


async def test_a_missing_parameter_is_an_error_not_a_null(database: Database) -> None:
    params = row("a")
    del params["claim"]
    with pytest.raises(Exception, match="claim"):
        await database.run(ADD, params)
    assert await keys(database) == []


async def test_a_closed_database_is_unavailable(database: Database) -> None:
    await database.close()
    with pytest.raises(Problem) as caught:
        await database.run(ADD, row("a"))
    assert caught.value.code is Code.UNAVAILABLE
