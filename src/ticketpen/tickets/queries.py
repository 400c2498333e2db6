"""Every SQL statement about single tickets, their messages and their history."""

from functools import cache
from typing import Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    insert,
    literal_column,
    select,
    true,
    tuple_,
    update,
)

from ticketpen.attachments.tables import attachments
from ticketpen.database.statements import Batch, NewRows, PerDialect, Query, Write, param
from ticketpen.outbox.record import event_rows
from ticketpen.outbox.tables import events
from ticketpen.people.queries import standing
from ticketpen.people.tables import people
from ticketpen.search import postgres as postgres_search
from ticketpen.search import sqlite as sqlite_search
from ticketpen.tickets.tables import messages, tickets

_t, _m, _a, _e = tickets.c, messages.c, attachments.c, events.c
_owner: Final = people.alias("owner")
_sender: Final = people.alias("sender")

MESSAGE_COLUMNS: Final = ("id", "ticket_id", "sender_id", "sender_type", "body", "created_at")
FILE_COLUMNS: Final = (
    "id",
    "message_id",
    "ticket_id",
    "place",
    "filename",
    "original_name",
    "content_type",
    "size",
    "width",
    "height",
    "sha256",
    "storage_key",
    "created_at",
)
TICKET_COLUMNS: Final = tuple(column.name for column in _t if column.name != "number")


class TicketRow(msgspec.Struct):
    """A ticket, one of its messages, one of that message's files: a row of the one read.

    There is always a row, for the caller's standing; the ticket's columns are null when there is
    none, an attachment's when its message has none."""

    standing: str | None
    id: str | None
    number: int
    user_id: str
    owner_name: str | None
    owner_email: str | None
    owner_version: int
    subject: str
    status: int
    priority: int
    message_count: int
    user_spoke_last: int
    user_version: int
    admin_version: int
    last_message_at: int
    created_at: int
    updated_at: int
    message_id: str
    sender_id: str
    sender_type: str
    sender_name: str | None
    sender_email: str | None
    sender_version: int
    body: str
    written_at: int
    file_id: str | None
    filename: str
    original_name: str
    content_type: str
    size: int
    width: int
    height: int
    sha256: str
    storage_key: str


def _whole_ticket(*owned: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    # One statement, so that one snapshot: a message and the count that includes it come together.
    head = select(standing(param(people.c.id, "caller_id")).label("standing")).subquery("head")
    rows = (
        head.outerjoin(tickets, and_(_t.id == param(_t.id, "ticket_id"), *owned))
        .outerjoin(_owner, _owner.c.id == _t.user_id)
        .outerjoin(messages, _m.ticket_id == _t.id)
        .outerjoin(_sender, _sender.c.id == _m.sender_id)
        .outerjoin(attachments, _a.message_id == _m.id)
    )
    return (
        select(
            head.c.standing,
            _t.id,
            _t.number,
            _t.user_id,
            _owner.c.name.label("owner_name"),
            _owner.c.email.label("owner_email"),
            _owner.c.version.label("owner_version"),
            _t.subject,
            _t.status,
            _t.priority,
            _t.message_count,
            _t.user_spoke_last,
            _t.user_version,
            _t.admin_version,
            _t.last_message_at,
            _t.created_at,
            _t.updated_at,
            _m.id.label("message_id"),
            _m.sender_id,
            _m.sender_type,
            _sender.c.name.label("sender_name"),
            _sender.c.email.label("sender_email"),
            _sender.c.version.label("sender_version"),
            _m.body,
            _m.created_at.label("written_at"),
            _a.id.label("file_id"),
            _a.filename,
            _a.original_name,
            _a.content_type,
            _a.size,
            _a.width,
            _a.height,
            _a.sha256,
            _a.storage_key,
        )
        .select_from(rows)
        .order_by(_m.created_at, _m.id, _a.place)
    )


GET_ANY: Final = Query(_whole_ticket(), TicketRow)
GET_OWNED: Final = Query(_whole_ticket(_t.user_id == param(_t.user_id, "caller_id")), TicketRow)


class StandingRow(msgspec.Struct):
    """The caller's standing alone."""

    standing: str | None


FIND_STANDING: Final = Query(
    select(standing(param(people.c.id, "caller_id")).label("standing")), StandingRow
)


class HeadRow(msgspec.Struct):
    """What the rules need before a change."""

    id: str
    status: int
    priority: int
    user_spoke_last: int


_head = select(_t.id, _t.status, _t.priority, _t.user_spoke_last).where(
    _t.id == param(_t.id, "ticket_id")
)
FIND_ANY_HEAD: Final = Query(_head, HeadRow)
FIND_OWNED_HEAD: Final = Query(_head.where(_t.user_id == param(_t.user_id, "caller_id")), HeadRow)


class FileRow(msgspec.Struct):
    """A file to be served, or null columns beside the caller's standing."""

    standing: str | None
    original_name: str | None
    content_type: str
    size: int
    sha256: str
    storage_key: str


def _file(*owned: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    head = select(standing(param(people.c.id, "caller_id")).label("standing")).subquery("head")
    # The ticket joins inside, so that a stranger's row is the same as no row.
    found = (
        select(_a.original_name, _a.content_type, _a.size, _a.sha256, _a.storage_key)
        .join(tickets, _t.id == _a.ticket_id)
        .where(
            _a.message_id == param(_a.message_id),
            _a.filename == param(_a.filename),
            _a.ticket_id == param(_a.ticket_id),
            *owned,
        )
        .subquery("found")
    )
    return select(head.c.standing, *found.c).select_from(head.outerjoin(found, true()))


FIND_ANY_FILE: Final = Query(_file(), FileRow)
FIND_OWNED_FILE: Final = Query(_file(_t.user_id == param(_t.user_id, "caller_id")), FileRow)


class NumberRow(msgspec.Struct):
    """The number a new ticket got."""

    number: int


class ChangedRow(msgspec.Struct):
    """A change that found its ticket as expected."""

    id: str


def _file_rows(count: int) -> list[Write]:
    prefixes = [f"file{place}_" for place in range(count)]
    return [NewRows(attachments, FILE_COLUMNS, prefixes)] if count else []


def _message_row() -> NewRows:
    return NewRows(messages, MESSAGE_COLUMNS, ["message_"])


@cache
def open_ticket(files: int) -> Batch[NumberRow]:
    """Insert a ticket, its message, `files` attachments, one event, and index it."""
    return Batch(
        insert(tickets)
        .values({name: param(_t[name], f"ticket_{name}") for name in TICKET_COLUMNS})
        .returning(_t.number),
        _message_row(),
        *_file_rows(files),
        event_rows(1),
        PerDialect([sqlite_search.add_words()], [postgres_search.add_words()]),
        into=NumberRow,
    )


def _later(column: ColumnElement[int], moment: ColumnElement[int]) -> ColumnElement[int]:
    # Two replies may commit in another order than their clocks were read: time never goes back.
    return case((column > moment, column), else_=moment)


@cache
def add_reply(files: int, events_count: int) -> Batch[ChangedRow]:
    """Insert a message if the ticket still has the status that was decided on."""
    moment = param(_t.updated_at, "moment")
    head = (
        update(tickets)
        .where(_t.id == param(_t.id, "ticket_id"), _t.status == param(_t.status, "seen_status"))
        .values(
            status=param(_t.status, "next_status"),
            message_count=_t.message_count + 1,
            messages_written=_t.messages_written + 1,
            attachment_count=_t.attachment_count + param(_t.attachment_count, "files"),
            user_spoke_last=param(_t.user_spoke_last),
            needs_reply=param(_t.needs_reply),
            user_version=_t.user_version + 1,
            admin_version=_t.admin_version + 1,
            last_message_at=_later(_t.last_message_at, moment),
            updated_at=_later(_t.updated_at, moment),
        )
        .returning(_t.id)
    )
    return Batch(
        head,
        _message_row(),
        *_file_rows(files),
        event_rows(events_count),
        PerDialect([sqlite_search.add_words()], [postgres_search.add_words()]),
        into=ChangedRow,
        guarded=True,
    )


@cache
def change_ticket(events_count: int, *, of_version: bool) -> Batch[ChangedRow]:
    """Set status and priority if the ticket is as it was seen, or of the version that was seen."""
    seen = (
        [_t.admin_version == param(_t.admin_version, "seen_version")]
        if of_version
        else [
            _t.status == param(_t.status, "seen_status"),
            _t.priority == param(_t.priority, "seen_priority"),
            _t.user_spoke_last == param(_t.user_spoke_last, "seen_user_spoke_last"),
        ]
    )
    head = (
        update(tickets)
        .where(_t.id == param(_t.id, "ticket_id"), *seen)
        .values(
            status=param(_t.status, "next_status"),
            priority=param(_t.priority, "next_priority"),
            needs_reply=param(_t.needs_reply),
            user_version=_t.user_version + 1,
            admin_version=_t.admin_version + 1,
            updated_at=_later(_t.updated_at, param(_t.updated_at, "moment")),
        )
        .returning(_t.id)
    )
    return Batch(head, event_rows(events_count), into=ChangedRow, guarded=True)


class EventRow(msgspec.Struct):
    """An event with its actor's profile as it is now."""

    seq: int
    id: str
    type: str
    ticket_id: str
    actor_id: str
    actor_type: str
    actor_name: str | None
    actor_email: str | None
    created_at: int
    changes: str


_event_columns = (
    _e.seq,
    _e.id,
    _e.type,
    _e.ticket_id,
    _e.actor_id,
    _e.actor_type,
    people.c.name.label("actor_name"),
    people.c.email.label("actor_email"),
    _e.created_at,
    _e.changes,
)
_events = select(*_event_columns).select_from(events.outerjoin(people, people.c.id == _e.actor_id))
_limit = param(_e.seq, "limit")
_after = param(_e.seq, "after")

LIST_HISTORY: Final = Query(
    _events.where(_e.ticket_id == param(_e.ticket_id), _e.seq > _after)
    .order_by(_e.seq)
    .limit(_limit),
    EventRow,
)

# On PostgreSQL the order is (txid, seq), and nothing is read of a transaction that a running one
# may still precede: a sequence's order is not the order of commits.
_place = events.alias("place")
_after_txid = func.coalesce(
    select(_place.c.txid).where(_place.c.seq == _after).scalar_subquery(), literal_column("-1")
)
LIST_LOG: Final = Query(
    _events.where(_e.seq > _after).order_by(_e.seq).limit(_limit),
    EventRow,
    postgres=_events.where(
        _e.txid < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"),
        tuple_(_e.txid, _e.seq) > tuple_(_after_txid, _after),
    )
    .order_by(_e.txid, _e.seq)
    .limit(_limit),
)
