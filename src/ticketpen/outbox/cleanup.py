"""Forget answers kept for Idempotency-Keys when their day is over."""

from ticketpen.clock import now
from ticketpen.database import Database
from ticketpen.outbox.idempotency import FORGET_OLD, KEPT_FOR


async def forget_old_keys(database: Database) -> int:
    """Delete them; 1 if there were any, else 0."""
    return int(await database.run(FORGET_OLD, {"before": now() - KEPT_FOR}) is not None)
