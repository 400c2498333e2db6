"""Reply to a ticket. Every channel enters here, users and staff alike."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import msgspec

from ticketpen.attachments.intake import CheckedFile, attachment_params, forget_files, keep_files
from ticketpen.clock import Moment, now
from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import Caller
from ticketpen.ids import new_id
from ticketpen.outbox.idempotency import Receipt, write_once
from ticketpen.outbox.record import event_params
from ticketpen.search.tokens import words_of
from ticketpen.state import AppState
from ticketpen.tickets import queries
from ticketpen.tickets.events import Actor
from ticketpen.tickets.finding import get_any_head, get_own_head
from ticketpen.tickets.opening import message_params
from ticketpen.tickets.queries import ChangedRow
from ticketpen.tickets.ticket import (
    STATUS_RANK,
    Head,
    Message,
    Person,
    Sender,
    Status,
    is_unanswered,
    status_after_reply,
    takes_messages,
)


class NewReply(msgspec.Struct, frozen=True):
    """What somebody writes, checked."""

    body: str
    files: Sequence[CheckedFile] = ()


async def reply_as_user(
    state: AppState,
    caller: Caller,
    head: Head,
    new: NewReply,
    receipt: Receipt[Message] | None = None,
) -> Message:
    """The caller writes to their own ticket, as it was seen; a resolved one opens again.

    Raises Problem `ticket_not_found`, `ticket_closed`, `unavailable`."""

    async def look() -> Head:
        return await get_own_head(state.database, caller, head.id)

    return await _reply(state, _Author(caller, Sender.USER, head, look), new, receipt)


async def reply_as_admin(
    state: AppState,
    caller: Caller,
    head: Head,
    new: NewReply,
    receipt: Receipt[Message] | None = None,
) -> Message:
    """An admin answers any ticket; an open one is in progress then. Raises as `reply_as_user`."""

    async def look() -> Head:
        return await get_any_head(state.database, head.id)

    return await _reply(state, _Author(caller, Sender.ADMIN, head, look), new, receipt)


class _Author(msgspec.Struct, frozen=True):
    """Who writes, as what, the ticket as they saw it, and how to look again."""

    caller: Caller
    acts_as: Sender
    seen: Head
    look: Callable[[], Awaitable[Head]]


async def _reply(
    state: AppState, author: _Author, new: NewReply, receipt: Receipt[Message] | None
) -> Message:
    head = author.seen
    _check_open(head, author.acts_as)
    await keep_files(state.storage, new.files)
    while True:
        message = _message(author, head.id, new, now())
        after = status_after_reply(
            head.status, author.acts_as, reopen=state.settings.reopen_on_reply
        )
        written = await write_once(
            state.database,
            queries.add_reply(len(new.files), 1 if after is head.status else 2),
            _params(message, head, after, new),
            receipt,
            partial(_given, message),
        )
        if written is not None:
            return written
        # The status moved between our look and our write: look again and decide again.
        head = await author.look()
        try:
            _check_open(head, author.acts_as)
        except Problem:
            await forget_files(state.storage, new.files)
            raise


def _given(message: Message, _row: ChangedRow) -> Message:
    return message


def _check_open(head: Head, acts_as: Sender) -> None:
    if takes_messages(head.status):
        return
    how = (
        "Open a new ticket if you still need help."
        if acts_as is Sender.USER
        else "Set another status first to write to it."
    )
    raise Problem(Code.TICKET_CLOSED, f"This ticket is closed and takes no messages. {how}")


def _message(author: _Author, ticket_id: str, new: NewReply, moment: Moment) -> Message:
    caller = author.caller
    return Message(
        id=new_id(moment),
        ticket_id=ticket_id,
        sender=Person(caller.id, caller.name, caller.email),
        sender_type=author.acts_as,
        body=new.body,
        created_at=moment,
        attachments=tuple(file.attachment for file in new.files),
    )


def _params(message: Message, head: Head, after: Status, new: NewReply) -> dict[str, object]:
    by_user = message.sender_type is Sender.USER
    actor = Actor(message.ticket_id, message.sender.id, message.sender_type, message.created_at)
    happened = [actor.message_posted(message.id)]
    if after is not head.status:
        happened.append(actor.status_changed(head.status, after))
    return {
        "ticket_id": message.ticket_id,
        "seen_status": STATUS_RANK[head.status],
        "next_status": STATUS_RANK[after],
        "files": len(new.files),
        "user_spoke_last": int(by_user),
        "needs_reply": int(is_unanswered(after, user_spoke_last=by_user)),
        "moment": message.created_at,
        "words": " ".join(words_of(message.body)),
        **message_params(message),
        **attachment_params(
            new.files,
            ticket_id=message.ticket_id,
            message_id=message.id,
            moment=message.created_at,
        ),
        **event_params(happened),
    }
