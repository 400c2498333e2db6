"""Writing an event: always a member of the batch that makes the change."""

from collections.abc import Mapping
from typing import Final

import msgspec

from ticketpen.clock import Moment
from ticketpen.database.statements import NewRows
from ticketpen.ids import new_id
from ticketpen.outbox.tables import events

Changes = Mapping[str, Mapping[str, object]]
"""`{field: {"from": …, "to": …}}`: values of closed sets, numbers and ids, never text of people."""

_COLUMNS: Final = ("id", "type", "ticket_id", "actor_id", "actor_type", "created_at", "changes")


class Event(msgspec.Struct, frozen=True):
    """Something that happened to a ticket."""

    type: str
    ticket_id: str
    actor_id: str
    actor_type: str
    created_at: Moment
    changes: Changes


def event_rows(count: int) -> NewRows:
    """The insert of a batch's `count` events."""
    return NewRows(events, _COLUMNS, [f"event{place}_" for place in range(count)])


def event_params(happened: list[Event]) -> dict[str, object]:
    """The parameters of `event_rows`."""
    params: dict[str, object] = {}
    for place, event in enumerate(happened):
        values = (
            new_id(event.created_at),
            event.type,
            event.ticket_id,
            event.actor_id,
            event.actor_type,
            event.created_at,
            msgspec.json.encode(event.changes).decode(),
        )
        params |= {
            f"event{place}_{name}": value for name, value in zip(_COLUMNS, values, strict=True)
        }
    return params
