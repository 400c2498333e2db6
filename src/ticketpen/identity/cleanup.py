"""Forget sessions that are over and log-in failures that no longer count."""

from ticketpen.clock import now
from ticketpen.database import Database
from ticketpen.identity import queries
from ticketpen.identity.login import WINDOW
from ticketpen.identity.sessions import IDLE


async def forget_old_logins(database: Database) -> int:
    """Delete them; how many of the two kinds there were."""
    moment = now()
    sessions = await database.run(
        queries.FORGET_OLD_SESSIONS, {"moment": moment, "idle_since": moment - IDLE}
    )
    failures = await database.run(queries.FORGET_OLD_FAILURES, {"since": moment - WINDOW})
    return (sessions is not None) + (failures is not None)
