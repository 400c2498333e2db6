"""What is announced of a ticket: ids and changed fields, never text. Names are added on reading.

`ticket.opened`            a user opened a ticket; changes: `status`, `priority` from null
`message.posted`           somebody wrote to it; changes: `message` from null to the message's id
`ticket.status_changed`    its status moved, by an admin or because of a reply
`ticket.priority_changed`  an admin set another priority"""

from enum import StrEnum

from ticketpen.clock import Moment
from ticketpen.outbox.record import Event
from ticketpen.tickets.ticket import Priority, Sender, Status


class EventType(StrEnum):
    """The kinds of events."""

    TICKET_OPENED = "ticket.opened"
    MESSAGE_POSTED = "message.posted"
    STATUS_CHANGED = "ticket.status_changed"
    PRIORITY_CHANGED = "ticket.priority_changed"


class Actor:
    """Whose events these are, on which ticket, at which moment."""

    def __init__(self, ticket_id: str, actor_id: str, acts_as: Sender, moment: Moment) -> None:
        self._ticket_id = ticket_id
        self._actor_id = actor_id
        self._acts_as = acts_as
        self._moment = moment

    def ticket_opened(self) -> Event:
        """A new ticket, with the status and priority all tickets begin with."""
        return self._event(
            EventType.TICKET_OPENED,
            {
                "status": {"from": None, "to": Status.OPEN},
                "priority": {"from": None, "to": Priority.NORMAL},
            },
        )

    def message_posted(self, message_id: str) -> Event:
        """A new message."""
        return self._event(EventType.MESSAGE_POSTED, {"message": {"from": None, "to": message_id}})

    def status_changed(self, before: Status, after: Status) -> Event:
        """The status moved."""
        return self._event(EventType.STATUS_CHANGED, {"status": {"from": before, "to": after}})

    def priority_changed(self, before: Priority, after: Priority) -> Event:
        """The priority moved."""
        return self._event(EventType.PRIORITY_CHANGED, {"priority": {"from": before, "to": after}})

    def _event(self, kind: EventType, changes: dict[str, dict[str, object]]) -> Event:
        return Event(
            type=kind,
            ticket_id=self._ticket_id,
            actor_id=self._actor_id,
            actor_type=self._acts_as,
            created_at=self._moment,
            changes=changes,
        )
