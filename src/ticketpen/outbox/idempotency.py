"""Idempotency keys: the first answer again, for 24 hours, also after a crash.

A request claims its key by a lease, in a transaction of its own, so that others see it is running.
Its answer is kept in the transaction of the change itself: either both are there or neither."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

import msgspec
from sqlalchemy import Label, delete, literal_column, select, text, update

from ticketpen.clock import DAY, SECOND, now
from ticketpen.database import Database, Reads
from ticketpen.database.statements import Batch, Params, Query, param
from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.ids import new_secret
from ticketpen.outbox.tables import idempotency_keys

KEPT_FOR: Final = DAY

Row = TypeVar("Row", bound=msgspec.Struct)
Value = TypeVar("Value")


class _Done(msgspec.Struct):
    one: int


class _Kept(msgspec.Struct):
    fingerprint: str
    status: int | None
    answer: bytes | None


_c = idempotency_keys.c
_same_key = (_c.caller_id == param(_c.caller_id), _c.key == param(_c.key))
_one: Final[Label[int]] = literal_column("1").label("one")

# ON CONFLICT is the same words on both databases, but not the same construct in SQLAlchemy.
_CLAIM = Batch(
    text(
        "INSERT INTO idempotency_keys (caller_id, key, fingerprint, claim, claimed_at) "
        "VALUES (:caller_id, :key, :fingerprint, :claim, :claimed_at) "
        "ON CONFLICT (caller_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, "
        "claim = excluded.claim, claimed_at = excluded.claimed_at, status = NULL, answer = NULL "
        "WHERE idempotency_keys.claimed_at < :forgotten_before "
        "OR (idempotency_keys.status IS NULL AND idempotency_keys.claimed_at < :dead_before) "
        "RETURNING 1 AS one"
    ),
    into=_Done,
)
_FIND = Query(select(_c.fingerprint, _c.status, _c.answer).where(*_same_key), _Kept)
_KEEP = Batch(
    update(idempotency_keys)
    .where(*_same_key, _c.claim == param(_c.claim), _c.status.is_(None))
    .values(status=param(_c.status, "kept_status"), answer=param(_c.answer, "kept_answer"))
    .returning(_one),
    into=_Done,
)
_FREE = Batch(
    delete(idempotency_keys)
    .where(*_same_key, _c.claim == param(_c.claim), _c.status.is_(None))
    .returning(_one),
    into=_Done,
)
FORGET_OLD = Batch(
    delete(idempotency_keys).where(_c.claimed_at < param(_c.claimed_at, "before")).returning(_one),
    into=_Done,
)


class Answer(msgspec.Struct, frozen=True):
    """What a POST answers, and whether it is a repetition."""

    status: int
    body: bytes
    replayed: bool = False


class Attempt(msgspec.Struct, frozen=True):
    """One request that may carry an Idempotency-Key."""

    caller_id: str
    key: str | None
    fingerprint: str


class Receipt(Generic[Value]):
    """The right to keep the answer of a claimed key, to be used in the change's transaction."""

    def __init__(self, claim: dict[str, object], encode: Callable[[Value], Answer]) -> None:
        self._claim = claim
        self._encode = encode

    async def keep(self, tx: Reads, value: Value) -> None:
        """Keep the answer. Raises Problem when the lease was lost: the transaction must end."""
        answer = self._encode(value)
        params = self._claim | {"kept_status": answer.status, "kept_answer": answer.body}
        if await tx.run(_KEEP, params) is None:
            raise _still_running()


async def once(
    database: Database,
    lease_seconds: int,
    attempt: Attempt,
    encode: Callable[[Value], Answer],
    run: Callable[[Receipt[Value] | None], Awaitable[Value]],
) -> Answer:
    """Do `run` once for a key, or give its first answer again. Without a key: just do it.

    Raises Problem `invalid_value`, `idempotency_mismatch`, `idempotency_conflict`, and all that
    `run` raises; a refused request frees its key."""
    if attempt.key is None:
        return encode(await run(None))
    _check_key(attempt.key)
    claim: dict[str, object] = {
        "caller_id": attempt.caller_id,
        "key": attempt.key,
        "claim": new_secret(128),
    }
    kept = await _claim(database, lease_seconds, attempt, claim)
    if kept is not None:
        return kept
    try:
        return encode(await run(Receipt(claim, encode)))
    except Exception:
        # Only while nothing is kept: after a lost connection the change may well be committed.
        await database.run(_FREE, claim)
        raise


async def write_once(
    database: Database,
    batch: Batch[Row],
    params: Params,
    receipt: Receipt[Value] | None,
    value_of: Callable[[Row], Value],
) -> Value | None:
    """Run the batch and keep its answer in the same transaction; None when its guard failed."""
    if receipt is None:
        row = await database.run(batch, params)
        return None if row is None else value_of(row)
    async with database.transaction() as tx:
        row = await tx.run(batch, params)
        if row is None:
            return None
        value = value_of(row)
        await receipt.keep(tx, value)
    return value


def fingerprint(method: str, path: str, parts: list[tuple[str, ...]]) -> str:
    """A digest of what a request asks for: fields as (name, value), files as (name, file name,
    SHA-256), in order. Lengths are part of it, so no two lists of parts read the same."""
    digest = hashlib.sha256()
    for part in [(method, path), *parts]:
        for text_ in part:
            data = text_.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(data))
            digest.update(data)
        digest.update(b";")
    return digest.hexdigest()


async def _claim(
    database: Database, lease_seconds: int, attempt: Attempt, claim: dict[str, object]
) -> Answer | None:
    moment = now()
    params = claim | {
        "fingerprint": attempt.fingerprint,
        "claimed_at": moment,
        "forgotten_before": moment - KEPT_FOR,
        "dead_before": moment - lease_seconds * SECOND,
    }
    if await database.run(_CLAIM, params) is not None:
        return None
    kept = await database.fetch_one(_FIND, claim)
    if kept is None:  # refused and freed between the two statements: ours now
        raise _still_running()
    if kept.fingerprint != attempt.fingerprint:
        raise Problem(
            Code.IDEMPOTENCY_MISMATCH,
            "This Idempotency-Key was already used with another request. Use a new key.",
            errors=[FieldError("Idempotency-Key", "was used with another request")],
        )
    if kept.status is None or kept.answer is None:
        raise _still_running()
    return Answer(kept.status, kept.answer, replayed=True)


def _check_key(key: str) -> None:
    if not (1 <= len(key) <= 255 and all(" " <= c <= "~" for c in key)):
        raise invalid(FieldError("Idempotency-Key", "must be 1 to 255 printable ASCII characters"))


def _still_running() -> Problem:
    return Problem(
        Code.IDEMPOTENCY_CONFLICT,
        "The first request with this Idempotency-Key is still running. Try again in a moment.",
        headers={"Retry-After": "1"},
    )
