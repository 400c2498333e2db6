"""Open a ticket. Every channel enters here."""

from collections.abc import Sequence

import msgspec

from ticketpen.attachments.intake import CheckedFile, attachment_params, keep_files
from ticketpen.clock import Moment, now
from ticketpen.identity.caller import Caller
from ticketpen.ids import new_id
from ticketpen.outbox.idempotency import Receipt, write_once
from ticketpen.outbox.record import event_params
from ticketpen.search.tokens import words_of
from ticketpen.state import AppState
from ticketpen.tickets import queries
from ticketpen.tickets.events import Actor
from ticketpen.tickets.ticket import (
    PRIORITY_RANK,
    STATUS_RANK,
    Message,
    Person,
    Priority,
    Sender,
    Status,
    Ticket,
)


class NewTicket(msgspec.Struct, frozen=True):
    """What a user sends, checked."""

    subject: str
    body: str
    files: Sequence[CheckedFile] = ()


async def open_ticket(
    state: AppState, caller: Caller, new: NewTicket, receipt: Receipt[Ticket] | None = None
) -> Ticket:
    """Keep the files, then ticket, message, rows of files, event and index in one transaction.

    Durable when it returns; the ticket's `version` is not set. Raises Problem `unavailable`."""
    moment = now()
    ticket = _ticket(caller, new, moment)
    await keep_files(state.storage, new.files)
    # After an error the bytes stay: if the connection broke at the commit, the rows may be there.
    # The sweep looks at the rows.
    opened = await write_once(
        state.database,
        queries.open_ticket(len(new.files)),
        _params(ticket, new, moment),
        receipt,
        lambda row: msgspec.structs.replace(ticket, number=row.number),
    )
    if opened is None:
        raise AssertionError("an insert without a guard returned nothing")
    return opened


def _ticket(caller: Caller, new: NewTicket, moment: Moment) -> Ticket:
    ticket_id = new_id(moment)
    user = Person(caller.id, caller.name, caller.email)
    message = Message(
        id=new_id(moment),
        ticket_id=ticket_id,
        sender=user,
        sender_type=Sender.USER,
        body=new.body,
        created_at=moment,
        attachments=tuple(file.attachment for file in new.files),
    )
    return Ticket(
        id=ticket_id,
        number=0,
        user=user,
        subject=new.subject,
        status=Status.OPEN,
        priority=Priority.NORMAL,
        message_count=1,
        user_spoke_last=True,
        version=0,
        own_version=1,
        last_message_at=moment,
        created_at=moment,
        updated_at=moment,
        messages=(message,),
    )


def _params(ticket: Ticket, new: NewTicket, moment: Moment) -> dict[str, object]:
    message = ticket.messages[0]
    opened = Actor(ticket.id, ticket.user.id, Sender.USER, moment).ticket_opened()
    subject_words = words_of(ticket.subject)
    return {
        "ticket_id": ticket.id,
        "ticket_user_id": ticket.user.id,
        "ticket_subject": ticket.subject,
        "ticket_subject_words": f" {' '.join(subject_words)}",
        "ticket_status": STATUS_RANK[ticket.status],
        "ticket_priority": PRIORITY_RANK[ticket.priority],
        "ticket_message_count": 1,
        "ticket_messages_written": 1,
        "ticket_attachment_count": len(new.files),
        "ticket_user_spoke_last": 1,
        "ticket_needs_reply": 1,
        "ticket_user_version": 1,
        "ticket_admin_version": 1,
        "ticket_last_message_at": moment,
        "ticket_created_at": moment,
        "ticket_updated_at": moment,
        "words": " ".join(dict.fromkeys([*subject_words, *words_of(ticket.messages[0].body)])),
        **message_params(message),
        **attachment_params(new.files, ticket_id=ticket.id, message_id=message.id, moment=moment),
        **event_params([opened]),
    }


def message_params(message: Message) -> dict[str, object]:
    """The parameters of a message's row."""
    return {
        "message_id": message.id,
        "message_ticket_id": message.ticket_id,
        "message_sender_id": message.sender.id,
        "message_sender_type": message.sender_type,
        "message_body": message.body,
        "message_created_at": message.created_at,
    }
