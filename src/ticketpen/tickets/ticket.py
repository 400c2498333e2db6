"""Tickets and messages as values, and the rules of their life. Pure, no I/O."""

from enum import StrEnum
from typing import Final

import msgspec

from ticketpen.attachments.attachment import Attachment
from ticketpen.clock import Moment


class Status(StrEnum):
    """Where a ticket stands, in the order it is sorted and stored by."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How urgent a ticket is, from low to urgent: sorted and stored by this order."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Sender(StrEnum):
    """As whom somebody wrote; fixed when the message is written."""

    USER = "user"
    ADMIN = "admin"


STATUSES: Final = tuple(Status)
PRIORITIES: Final = tuple(Priority)
STATUS_RANK: Final = {status: rank for rank, status in enumerate(STATUSES)}
PRIORITY_RANK: Final = {priority: rank for rank, priority in enumerate(PRIORITIES)}

MAX_SUBJECT: Final = 255
MAX_BODY: Final = 5_000


class Person(msgspec.Struct, frozen=True):
    """Somebody as a ticket shows them: the profile as it is now."""

    id: str
    name: str | None
    email: str | None

    @property
    def shown_name(self) -> str:
        """Name, else e-mail, else id: never empty."""
        return self.name or self.email or self.id


class Message(msgspec.Struct, frozen=True):
    """One message of a ticket."""

    id: str
    ticket_id: str
    sender: Person
    sender_type: Sender
    body: str
    created_at: Moment
    attachments: tuple[Attachment, ...] = ()


class Ticket(msgspec.Struct, frozen=True):
    """A ticket with its messages, oldest first.

    `version` rises with every change that the reader it was loaded for can see; `own_version`
    with those of the ticket itself, not of the profiles it shows."""

    id: str
    number: int
    user: Person
    subject: str
    status: Status
    priority: Priority
    message_count: int
    user_spoke_last: bool
    version: int
    own_version: int
    last_message_at: Moment
    created_at: Moment
    updated_at: Moment
    messages: tuple[Message, ...]


class Head(msgspec.Struct, frozen=True):
    """What the rules need to know of a ticket before it changes."""

    id: str
    status: Status
    priority: Priority
    user_spoke_last: bool


def takes_messages(status: Status) -> bool:
    """Whether anybody may write to a ticket with this status."""
    return status is not Status.CLOSED


def status_after_reply(status: Status, sender: Sender, *, reopen: bool) -> Status:
    """An admin's reply takes an open ticket in progress; a user's opens a resolved one again."""
    if sender is Sender.ADMIN and status is Status.OPEN:
        return Status.IN_PROGRESS
    if sender is Sender.USER and status is Status.RESOLVED and reopen:
        return Status.OPEN
    return status


def is_unanswered(status: Status, *, user_spoke_last: bool) -> bool:
    """Whether staff owe an answer: open or in progress, and the user spoke last."""
    return user_spoke_last and status in (Status.OPEN, Status.IN_PROGRESS)
