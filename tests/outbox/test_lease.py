"""What no request alone can show of Idempotency-Keys: a lost lease, a crash, the day's end."""

import msgspec
import pytest
from sqlalchemy import func, literal_column, select, update

from ticketpen import clock
from ticketpen.clock import DAY, HOUR, SECOND, Moment, now
from ticketpen.database import Database
from ticketpen.database.statements import Batch, Query
from ticketpen.errors import Code, Problem
from ticketpen.outbox.cleanup import forget_old_keys
from ticketpen.outbox.idempotency import (
    Answer,
    Attempt,
    Receipt,
    fingerprint,
    once,
    write_once,
)
from ticketpen.outbox.tables import idempotency_keys

LEASE = 60


class One(msgspec.Struct):
    one: int


# Any write will do as the change that a key protects.
CHANGE = Batch(
    update(idempotency_keys)
    .values(claimed_at=idempotency_keys.c.claimed_at)
    .returning(literal_column("1").label("one")),
    into=One,
)
COUNT = Query(select(func.count().label("one")).select_from(idempotency_keys), One)


def attempt(key: str = "k", caller: str = "cleo") -> Attempt:
    return Attempt(caller, key, fingerprint("POST", "/x", [("field", "a", "b")]))


def encode(value: str) -> Answer:
    return Answer(201, value.encode())


class Maker:
    """Counts how often the change is made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.made = 0

    async def __call__(self, receipt: Receipt[str] | None) -> str:
        self.made += 1
        text = f"answer {self.made}"
        written = await write_once(self.database, CHANGE, {}, receipt, lambda _: text)
        return written or text

    async def send(self, key: str = "k") -> Answer:
        return await once(self.database, LEASE, attempt(key), encode, self)


async def count(database: Database) -> int:
    row = await database.fetch_one(COUNT, {})
    assert row is not None
    return row.one


async def test_who_lost_the_lease_while_working_keeps_nothing(database: Database) -> None:
    moment = now()
    clock.set_source(lambda: moment)
    maker = Maker(database)

    async def slow(receipt: Receipt[str] | None) -> str:
        clock.set_source(lambda: moment + (LEASE + 1) * SECOND)
        taken_over = await maker.send()
        assert taken_over.body == b"answer 1"
        return await maker(receipt)

    with pytest.raises(Problem) as refused:
        await once(database, LEASE, attempt(), encode, slow)
    assert refused.value.code is Code.IDEMPOTENCY_CONFLICT
    again = await maker.send()
    assert (again.body, again.replayed) == (b"answer 1", True)


async def test_the_answer_survives_a_crash_right_after_the_commit(database: Database) -> None:
    maker = Maker(database)

    async def crashes_after_commit(receipt: Receipt[str] | None) -> str:
        await maker(receipt)
        raise ConnectionError("gone before the answer was sent")

    with pytest.raises(ConnectionError):
        await once(database, LEASE, attempt(), encode, crashes_after_commit)
    again = await maker.send()
    assert (again.body, again.replayed, maker.made) == (b"answer 1", True, 1)


async def test_whatever_goes_wrong_before_the_commit_frees_the_key(database: Database) -> None:
    async def fails(_receipt: Receipt[str] | None) -> str:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        await once(database, LEASE, attempt(), encode, fails)
    assert await count(database) == 0
    assert (await Maker(database).send()).replayed is False


async def test_keys_are_forgotten_when_their_day_is_over(database: Database) -> None:
    moment = now()
    clock.set_source(lambda: moment)
    maker = Maker(database)
    await maker.send("old")
    clock.set_source(lambda: Moment(moment + HOUR))
    await maker.send("new")
    assert await forget_old_keys(database) == 0
    clock.set_source(lambda: Moment(moment + DAY + SECOND))
    assert await forget_old_keys(database) == 1
    assert await count(database) == 1
    assert (await maker.send("new")).replayed is True


def test_no_two_requests_read_the_same() -> None:
    lists: list[list[tuple[str, ...]]] = [
        [("field", "a", "b")],
        [("field", "ab", "")],
        [("field", "", "ab")],
        [("fielda", "", "b")],
        [("field", "a", "b"), ("field", "c", "d")],
        [("field", "c", "d"), ("field", "a", "b")],
        [("field", "a", "b;5:field1:c1:d")],
        [("file", "a", "b")],
        [],
    ]
    digests = {fingerprint("POST", "/x", parts) for parts in lists}
    digests |= {fingerprint("PUT", "/x", []), fingerprint("POST", "/y", [])}
    assert len(digests) == len(lists) + 2
