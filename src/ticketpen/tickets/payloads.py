"""Wire shapes of tickets, messages, attachments and events, and how values become them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from ticketpen.attachments.attachment import Attachment
from ticketpen.clock import rfc3339
from ticketpen.tickets.ticket import (
    Message,
    Person,
    Priority,
    Sender,
    Status,
    Ticket,
)

Id = Annotated[str, Meta(description="UUIDv7.", examples=["0197f3c2-5b1e-7c44-9a77-0c6f2e8d4b1a"])]
Time = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
        description="RFC 3339 in UTC, six digits of a second.",
        examples=["2026-04-08T12:00:00.123456Z"],
    ),
]
Count = Annotated[int, Meta(ge=0)]


class AttachmentPayload(msgspec.Struct, frozen=True):
    """A screenshot of a message."""

    filename: str
    original_name: str
    size: Count
    content_type: str
    url: Annotated[str, Meta(description="Path from the origin, mount path included.")]
    thumbnail_url: str | None
    width: Count
    height: Count


class MessagePayload(msgspec.Struct, frozen=True):
    """One message."""

    id: Id
    ticket_id: Id
    sender_id: str
    sender_type: Sender
    sender_name: str
    sender_email: str | None
    body: str
    attachments: list[AttachmentPayload]
    created_at: Time


class TicketItem(msgspec.Struct, frozen=True):
    """A ticket as lists show it."""

    id: Id
    number: Annotated[int, Meta(ge=1, description="Short, human, ascending.")]
    user_id: str
    user_name: str
    user_email: str | None
    subject: str
    status: Status
    priority: Priority
    message_count: Count
    last_message_at: Time
    created_at: Time
    updated_at: Time


class TicketPayload(TicketItem, frozen=True):
    """A ticket with its messages, oldest first."""

    messages: list[MessagePayload]


class Counts(msgspec.Struct, frozen=True):
    """How many tickets have each status, under the same filters minus `status`."""

    open: Count
    in_progress: Count
    resolved: Count
    closed: Count


class TicketList(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page of a list."""

    tickets: list[TicketItem]
    total: Count
    page: Annotated[int, Meta(ge=1)] | None
    page_size: Annotated[int, Meta(ge=1, le=100)]
    next_cursor: str | None
    total_relation: Annotated[
        str, Meta(description="`gte` when there are more than `total`; else absent.")
    ] = "eq"
    counts: Counts | None = None


class ActorPayload(msgspec.Struct, frozen=True):
    """Who did it."""

    id: str
    type: Sender
    name: str


class EventPayload(msgspec.Struct, frozen=True):
    """One entry of the log."""

    id: Id
    type: str
    ticket_id: Id
    actor: ActorPayload
    created_at: Time
    changes: msgspec.Raw


class EventList(msgspec.Struct, frozen=True):
    """A stretch of the log; `next_after` is where to go on, now or later."""

    events: list[EventPayload]
    next_after: str


class View:
    """How one reader sees tickets: where links point, and whether staff's addresses are shown."""

    def __init__(self, prefix: str, *, staff_email_shown: bool = True) -> None:
        self._prefix = prefix
        self._staff_email_shown = staff_email_shown

    def ticket(self, ticket: Ticket) -> TicketPayload:
        """The ticket with its messages."""
        return TicketPayload(
            id=ticket.id,
            number=ticket.number,
            user_id=ticket.user.id,
            user_name=ticket.user.shown_name,
            user_email=ticket.user.email,
            subject=ticket.subject,
            status=ticket.status,
            priority=ticket.priority,
            message_count=ticket.message_count,
            last_message_at=rfc3339(ticket.last_message_at),
            created_at=rfc3339(ticket.created_at),
            updated_at=rfc3339(ticket.updated_at),
            messages=[self.message(message) for message in ticket.messages],
        )

    def message(self, message: Message) -> MessagePayload:
        """One message."""
        sender = message.sender
        if message.sender_type is Sender.ADMIN and not self._staff_email_shown:
            # Their address must not come back as the name of somebody who has no name.
            sender = Person(sender.id, sender.name, None)
        # By place, in the order of the shape: half the time, in the loop that runs most.
        return MessagePayload(
            message.id,
            message.ticket_id,
            sender.id,
            message.sender_type,
            sender.shown_name,
            sender.email,
            message.body,
            self._attachments(message) if message.attachments else [],
            rfc3339(message.created_at),
        )

    def _attachments(self, message: Message) -> list[AttachmentPayload]:
        place = (
            f"{self._prefix}/api/v1/support/tickets/{message.ticket_id}/attachments/{message.id}/"
        )
        return [_attachment(attachment, place) for attachment in message.attachments]


def _attachment(attachment: Attachment, place: str) -> AttachmentPayload:
    return AttachmentPayload(
        filename=attachment.filename,
        original_name=attachment.original_name,
        size=attachment.size,
        content_type=attachment.content_type,
        url=place + attachment.filename,
        thumbnail_url=None,
        width=attachment.width,
        height=attachment.height,
    )
