"""Read the log of events: one ticket's history, or all of it in order without a gap."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ticketpen.clock import rfc3339
from ticketpen.cursors import Cursors
from ticketpen.database import Database
from ticketpen.requests import QueryParameters
from ticketpen.tickets import queries
from ticketpen.tickets.payloads import ActorPayload, EventList, EventPayload
from ticketpen.tickets.queries import EventRow
from ticketpen.tickets.ticket import Sender

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1_000


class LogPlace(msgspec.Struct, frozen=True, array_like=True):
    """A place in the log: after this entry."""

    seq: int


class LogRequest(msgspec.Struct, frozen=True):
    """From where, and how many."""

    after: int
    limit: int


def read_log_request(query: QueryParameters, cursors: Cursors) -> LogRequest:
    """`after` and `limit` of a query string. Raises Problem `invalid_value`."""
    limit = query.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    text = query.last("after")
    after = 0
    if text is not None:
        try:
            after = cursors.read(text, LogPlace).seq
        except ValueError:
            query.wrong("after", "is not a place that next_after gave out.")
    query.raise_if_wrong()
    return LogRequest(after, limit)


async def list_history(
    database: Database, ticket_id: str, asked: LogRequest, cursors: Cursors
) -> EventList:
    """The events of one ticket, oldest first."""
    params = {"ticket_id": ticket_id, "after": asked.after, "limit": asked.limit}
    return _answer(await database.fetch_all(queries.LIST_HISTORY, params), asked, cursors)


async def list_log(database: Database, asked: LogRequest, cursors: Cursors) -> EventList:
    """All events in the order in which they became visible: what commits late is never skipped."""
    params = {"after": asked.after, "limit": asked.limit}
    return _answer(await database.fetch_all(queries.LIST_LOG, params), asked, cursors)


def _answer(rows: Sequence[EventRow], asked: LogRequest, cursors: Cursors) -> EventList:
    after = rows[-1].seq if rows else asked.after
    return EventList([_payload(row) for row in rows], cursors.make(LogPlace(after)))


def _payload(row: EventRow) -> EventPayload:
    return EventPayload(
        id=row.id,
        type=row.type,
        ticket_id=row.ticket_id,
        actor=ActorPayload(
            row.actor_id,
            Sender(row.actor_type),
            row.actor_name or row.actor_email or row.actor_id,
        ),
        created_at=rfc3339(row.created_at),
        changes=msgspec.Raw(row.changes.encode()),
    )
