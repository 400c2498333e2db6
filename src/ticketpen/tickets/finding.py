"""Load tickets through the caller: one with its messages, a page of many, a file of one."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ticketpen.attachments.attachment import Attachment
from ticketpen.clock import Moment, rfc3339
from ticketpen.cursors import Cursors
from ticketpen.database import Database
from ticketpen.identity.caller import Caller, Scope
from ticketpen.identity.policy import check_standing
from ticketpen.ids import find_id
from ticketpen.requests import LARGEST_INTEGER
from ticketpen.tickets import list_queries, queries
from ticketpen.tickets.filters import ListRequest, Order, Place
from ticketpen.tickets.list_queries import ItemRow
from ticketpen.tickets.payloads import Counts, TicketItem, TicketList
from ticketpen.tickets.policy import attachment_not_found, ticket_not_found
from ticketpen.tickets.queries import FileRow, HeadRow, TicketRow
from ticketpen.tickets.ticket import (
    PRIORITIES,
    STATUSES,
    Head,
    Message,
    Person,
    Sender,
    Ticket,
)

_READ: Final = Scope.TICKETS_READ
_SENDERS: Final = {sender.value: sender for sender in Sender}
# Before and behind every sort value and id.
_FIRST_PLACE: Final = (-1, "")
_LAST_PLACE: Final = (LARGEST_INTEGER, "")


async def get_own_ticket(database: Database, caller: Caller, ticket_id: str) -> Ticket:
    """The caller's ticket. Raises Problem `ticket_not_found`."""
    rows = await database.fetch_all(queries.GET_OWNED, _whole_params(ticket_id, caller))
    check_standing(caller, rows[0].standing, None)
    return _ticket(rows, for_admin=False)


async def get_any_ticket(database: Database, caller: Caller, ticket_id: str) -> Ticket:
    """Any ticket, for an admin. Raises Problem `ticket_not_found`."""
    rows = await database.fetch_all(queries.GET_ANY, _whole_params(ticket_id, caller))
    check_standing(caller, rows[0].standing, _READ)
    return _ticket(rows, for_admin=True)


async def get_own_head(database: Database, caller: Caller, ticket_id: str) -> Head:
    """What the rules need of the caller's ticket. Raises Problem `ticket_not_found`."""
    params = {"ticket_id": _known_form(ticket_id), "caller_id": caller.id}
    return _head(await database.fetch_one(queries.FIND_OWNED_HEAD, params))


async def get_any_head(database: Database, ticket_id: str) -> Head:
    """What the rules need of any ticket, for an admin. Raises Problem `ticket_not_found`."""
    params = {"ticket_id": _known_form(ticket_id)}
    return _head(await database.fetch_one(queries.FIND_ANY_HEAD, params))


async def get_file(
    database: Database, caller: Caller, ticket_id: str, message_id: str, filename: str
) -> FileRow:
    """A file of the caller's ticket, or for an admin who may read tickets of any.

    Raises Problem `attachment_not_found`."""
    params = {
        "ticket_id": find_id(ticket_id),
        "message_id": find_id(message_id),
        "filename": filename.replace("\0", ""),
        "caller_id": caller.id,
    }
    reads_all = caller.is_admin and _READ in caller.scopes
    query = queries.FIND_ANY_FILE if reads_all else queries.FIND_OWNED_FILE
    row = await database.fetch_one(query, params)
    check_standing(caller, None if row is None else row.standing, _READ if reads_all else None)
    if row is None or row.original_name is None:
        raise attachment_not_found()
    return row


async def list_tickets(
    database: Database, caller: Caller, request: ListRequest, cursors: Cursors
) -> TicketList:
    """One page of a list. What the caller may see is part of the request's filters."""
    needed = _READ if request.filters.user_id != caller.id else None
    shape = list_queries.shape_of(request)
    params = list_queries.list_params(request, caller.id)
    rows = await database.fetch_all(list_queries.list_tickets(shape), params)
    check_standing(caller, rows[0].standing, needed)
    total = rows[0].total
    found = [row for row in rows[: request.page_size] if row.id is not None]
    next_cursor = None
    if len(rows) > request.page_size:
        next_cursor = cursors.make(_place_of(request, rows[request.page_size - 1]))
    too_many = shape.is_bounded and total > list_queries.MOST_COUNTED
    return TicketList(
        tickets=[_item(row) for row in found],
        total=list_queries.MOST_COUNTED if too_many else total,
        page=request.page,
        page_size=request.page_size,
        next_cursor=next_cursor,
        total_relation="gte" if too_many else "eq",
        counts=await _counts(database, request) if request.counted else None,
    )


async def check_caller(database: Database, caller: Caller, needed: Scope | None) -> None:
    """For a refusal that comes before the statement which reads the standing: 401 and 403 come
    first. Raises Problem `not_authenticated`, `scope_required`."""
    row = await database.fetch_one(queries.FIND_STANDING, {"caller_id": caller.id})
    check_standing(caller, None if row is None else row.standing, needed)


def _place_of(request: ListRequest, last: ItemRow) -> Place:
    question = request.filters.question
    if question and (question.ticket_id == last.id or question.number == last.number):
        # It came first whatever the sort: everything else is still to come.
        beyond = _FIRST_PLACE if request.order is Order.ASC else _LAST_PLACE
        return Place(request.list_of, *beyond)
    return Place(request.list_of, last.sort_value, last.id or "")


async def _counts(database: Database, request: ListRequest) -> Counts:
    filters = msgspec.structs.replace(request.filters, statuses=())
    request = msgspec.structs.replace(request, filters=filters, after=None)
    query = list_queries.count_by_status(list_queries.shape_of(request))
    rows = await database.fetch_all(query, list_queries.filter_params(filters))
    counted = {STATUSES[row.status]: row.count for row in rows}
    return Counts(*(counted.get(status, 0) for status in STATUSES))


def _item(row: ItemRow) -> TicketItem:
    return TicketItem(
        row.id or "",
        row.number,
        row.user_id,
        row.user_name or row.user_email or row.user_id,
        row.user_email,
        row.subject,
        STATUSES[row.status],
        PRIORITIES[row.priority],
        row.message_count,
        rfc3339(row.last_message_at),
        rfc3339(row.created_at),
        rfc3339(row.updated_at),
    )


def _whole_params(ticket_id: str, caller: Caller) -> dict[str, object]:
    # What is no id is still looked up: the same statement tells whether the caller may ask.
    return {"ticket_id": find_id(ticket_id) or "", "caller_id": caller.id}


def _known_form(ticket_id: str) -> str:
    found = find_id(ticket_id)
    if found is None:
        raise ticket_not_found()
    return found


def _head(row: HeadRow | None) -> Head:
    if row is None:
        raise ticket_not_found()
    return Head(row.id, STATUSES[row.status], PRIORITIES[row.priority], bool(row.user_spoke_last))


def _ticket(rows: Sequence[TicketRow], *, for_admin: bool) -> Ticket:
    row = rows[0]
    if row.id is None:
        raise ticket_not_found()
    # A profile that changes is a change the reader sees: its version is part of the ticket's.
    versions = {row.user_id: row.owner_version}
    versions |= {other.sender_id: other.sender_version for other in rows}
    own_version = row.admin_version if for_admin else row.user_version
    return Ticket(
        id=row.id,
        number=row.number,
        user=Person(row.user_id, row.owner_name, row.owner_email),
        subject=row.subject,
        status=STATUSES[row.status],
        priority=PRIORITIES[row.priority],
        message_count=row.message_count,
        user_spoke_last=bool(row.user_spoke_last),
        version=own_version + sum(versions.values()),
        own_version=own_version,
        last_message_at=Moment(row.last_message_at),
        created_at=Moment(row.created_at),
        updated_at=Moment(row.updated_at),
        messages=_messages(row.id, rows),
    )


def _messages(ticket_id: str, rows: Sequence[TicketRow]) -> tuple[Message, ...]:
    """A row for each message, or one for each of its files."""
    messages: list[Message] = []
    files: list[Attachment] = []
    for place, row in enumerate(rows, start=1):
        if row.file_id is not None:
            files.append(_attachment(row.file_id, row))
        if place < len(rows) and rows[place].message_id == row.message_id:
            continue
        sender = Person(row.sender_id, row.sender_name, row.sender_email)
        kind, moment = _SENDERS[row.sender_type], Moment(row.written_at)
        attachments = tuple(files)
        files.clear()
        messages.append(
            Message(row.message_id, ticket_id, sender, kind, row.body, moment, attachments)
        )
    return tuple(messages)


def _attachment(file_id: str, row: TicketRow) -> Attachment:
    return Attachment(
        id=file_id,
        filename=row.filename,
        original_name=row.original_name,
        content_type=row.content_type,
        size=row.size,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        storage_key=row.storage_key,
    )
