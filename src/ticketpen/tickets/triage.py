"""Triage: an admin sets status and priority."""

from collections.abc import Callable

import msgspec

from ticketpen.clock import now
from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import Caller
from ticketpen.outbox.record import Event, event_params
from ticketpen.state import AppState
from ticketpen.tickets import queries
from ticketpen.tickets.events import Actor
from ticketpen.tickets.finding import get_any_ticket
from ticketpen.tickets.ticket import (
    PRIORITY_RANK,
    STATUS_RANK,
    Priority,
    Sender,
    Status,
    Ticket,
    is_unanswered,
)


class Change(msgspec.Struct, frozen=True):
    """What an admin asks for; None leaves as it is."""

    status: Status | None = None
    priority: Priority | None = None


async def triage_ticket(
    state: AppState,
    caller: Caller,
    ticket: Ticket,
    change: Change,
    is_current: Callable[[Ticket], bool] | None,
) -> Ticket:
    """Apply the change to the ticket as loaded; the ticket as it is afterwards.

    Nothing to change: nothing moves, no event. With `is_current` (If-Match) the change is made to
    exactly the version it accepts. Raises Problem `stale`, `ticket_not_found`, `unavailable`."""
    while True:
        if is_current is not None and not is_current(ticket):
            raise Problem(
                Code.STALE,
                "The ticket has changed since you read it. Read it again, then decide.",
            )
        status = change.status or ticket.status
        priority = change.priority or ticket.priority
        if status is ticket.status and priority is ticket.priority:
            return ticket
        events = _events(caller, ticket, status, priority)
        batch = queries.change_ticket(len(events), of_version=is_current is not None)
        params = _params(ticket, status, priority, events)
        changed = await state.database.run(batch, params)
        # Either way somebody may have written meanwhile: answer, or decide, by what is there now.
        ticket = await get_any_ticket(state.database, caller, ticket.id)
        if changed is not None:
            return ticket


def _events(caller: Caller, ticket: Ticket, status: Status, priority: Priority) -> list[Event]:
    actor = Actor(ticket.id, caller.id, Sender.ADMIN, now())
    events = []
    if status is not ticket.status:
        events.append(actor.status_changed(ticket.status, status))
    if priority is not ticket.priority:
        events.append(actor.priority_changed(ticket.priority, priority))
    return events


def _params(
    ticket: Ticket, status: Status, priority: Priority, events: list[Event]
) -> dict[str, object]:
    return {
        "ticket_id": ticket.id,
        "seen_status": STATUS_RANK[ticket.status],
        "seen_priority": PRIORITY_RANK[ticket.priority],
        "seen_user_spoke_last": int(ticket.user_spoke_last),
        "seen_version": ticket.own_version,
        "next_status": STATUS_RANK[status],
        "next_priority": PRIORITY_RANK[priority],
        "needs_reply": int(is_unanswered(status, user_spoke_last=ticket.user_spoke_last)),
        "moment": events[0].created_at,
        **event_params(events),
    }
