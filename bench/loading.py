"""Put the world into a migrated, empty database and its file store, fast: raw SQL, no request."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import asyncpg
import msgspec
from sqlalchemy import Table

from bench.world import Person, Ticket, World, digest, picture_size
from ticketpen.attachments.tables import attachments
from ticketpen.ids import new_id
from ticketpen.outbox.tables import events
from ticketpen.people.profiles import email_key
from ticketpen.people.tables import people, person_words
from ticketpen.search.sqlite import PLACES
from ticketpen.search.tokens import words_of
from ticketpen.settings import Settings
from ticketpen.storage import choose_storage
from ticketpen.tickets.events import EventType
from ticketpen.tickets.tables import messages, tickets
from ticketpen.tickets.ticket import PRIORITY_RANK, STATUS_RANK, Priority, Sender, is_unanswered

Rows = list[tuple[object, ...]]

# What the database fills in by itself.
_OWN: Final = ("seq", "txid")


async def load(settings: Settings, world: World) -> None:
    """Write every row and file of the world."""
    tables: list[tuple[Table, Rows]] = [
        (people, [_person_row(person) for person in (*world.users, *world.admins)]),
        (person_words, list(_person_words(world))),
        (tickets, [_ticket_row(ticket) for ticket in world.tickets]),
        (messages, list(_message_rows(world))),
        (attachments, list(_file_rows(world))),
        (events, list(_event_rows(world))),
    ]
    if settings.is_postgres:
        await _load_postgres(settings.database_url, tables, world)
    else:
        _load_sqlite(settings, tables, world)
    storage = choose_storage(settings)
    for ticket in world.tickets:
        if ticket.file is not None:
            await storage.put(ticket.file.storage_key, [world.picture])


def _load_sqlite(settings: Settings, tables: Sequence[tuple[Table, Rows]], world: World) -> None:
    connection = sqlite3.connect(settings.sqlite_path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        for table, rows in tables:
            names = _columns(table)
            marks = ", ".join("?" * len(names))
            connection.executemany(
                f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", rows
            )
        connection.executemany(
            "INSERT INTO ticket_words (rowid, words) VALUES (?, ?)", _sqlite_words(world)
        )
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


async def _load_postgres(url: str, tables: Sequence[tuple[Table, Rows]], world: World) -> None:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for table, rows in tables:
                await connection.copy_records_to_table(
                    table.name, records=rows, columns=_columns(table)
                )
            await connection.executemany(
                "INSERT INTO ticket_words (message_id, ticket_id, words) "
                "VALUES ($1, $2, array_to_tsvector(string_to_array($3, ' ')))",
                _postgres_words(world),
            )
            await connection.execute(
                "SELECT setval(pg_get_serial_sequence('tickets', 'number'), max(number)) "
                "FROM tickets"
            )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name not in _OWN]


def _row(table: Table, values: dict[str, object]) -> tuple[object, ...]:
    return tuple(values[name] for name in _columns(table))


def _person_row(person: Person) -> tuple[object, ...]:
    return _row(
        people,
        {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "email_key": email_key(person.email),
            "role": person.role,
            "scopes": None,
            "password_hash": None,
            "disabled_at": None,
            "version": 1,
            "created_at": 1_760_000_000_000_000,
            "updated_at": 1_760_000_000_000_000,
        },
    )


def _person_words(world: World) -> Iterator[tuple[object, ...]]:
    for person in (*world.users, *world.admins):
        for word in words_of(f"{person.name} {person.email}"):
            yield word, person.id


def _ticket_row(ticket: Ticket) -> tuple[object, ...]:
    last = ticket.messages[-1]
    by_user = last.acts_as is Sender.USER
    return _row(
        tickets,
        {
            "number": ticket.number,
            "id": ticket.id,
            "user_id": ticket.user.id,
            "subject": ticket.subject,
            "subject_words": f" {' '.join(words_of(ticket.subject))}",
            "status": STATUS_RANK[ticket.status],
            "priority": PRIORITY_RANK[Priority.NORMAL],
            "message_count": len(ticket.messages),
            "messages_written": len(ticket.messages),
            "attachment_count": 0 if ticket.file is None else 1,
            "user_spoke_last": int(by_user),
            "needs_reply": int(is_unanswered(ticket.status, user_spoke_last=by_user)),
            "user_version": len(ticket.messages),
            "admin_version": len(ticket.messages),
            "last_message_at": last.at,
            "created_at": ticket.messages[0].at,
            "updated_at": last.at,
        },
    )


def _message_rows(world: World) -> Iterator[tuple[object, ...]]:
    for ticket in world.tickets:
        for message in ticket.messages:
            values: dict[str, object] = {
                "id": message.id,
                "ticket_id": ticket.id,
                "sender_id": message.sender.id,
                "sender_type": message.acts_as.value,
                "body": message.body,
                "created_at": message.at,
            }
            yield _row(messages, values)


def _file_rows(world: World) -> Iterator[tuple[object, ...]]:
    width, height = picture_size(world.picture)
    sha256 = digest(world.picture)
    for ticket in world.tickets:
        if ticket.file is not None:
            values: dict[str, object] = {
                "id": ticket.file.id,
                "message_id": ticket.messages[0].id,
                "ticket_id": ticket.id,
                "place": 0,
                "filename": ticket.file.filename,
                "original_name": "screenshot.png",
                "content_type": "image/png",
                "size": len(world.picture),
                "width": width,
                "height": height,
                "sha256": sha256,
                "storage_key": ticket.file.storage_key,
                "created_at": ticket.messages[0].at,
            }
            yield _row(attachments, values)


def _event_rows(world: World) -> Iterator[tuple[object, ...]]:
    for ticket in world.tickets:
        for place, message in enumerate(ticket.messages):
            changes: dict[str, object] = {"message": {"from": None, "to": message.id}}
            if place == 0:
                changes = {"status": {"from": None, "to": "open"}}
            values: dict[str, object] = {
                "id": new_id(message.at),
                "type": EventType.MESSAGE_POSTED.value if place else EventType.TICKET_OPENED.value,
                "ticket_id": ticket.id,
                "actor_id": message.sender.id,
                "actor_type": message.acts_as.value,
                "created_at": message.at,
                "changes": msgspec.json.encode(changes).decode(),
            }
            yield _row(events, values)


def _sqlite_words(world: World) -> Iterable[tuple[int, str]]:
    for ticket in world.tickets:
        for place, message in enumerate(ticket.messages, start=1):
            words = ticket.words if place == 1 else words_of(message.body)
            yield (ticket.number << PLACES) + place, " ".join(words)


def _postgres_words(world: World) -> Iterator[tuple[str, str, str]]:
    for ticket in world.tickets:
        for place, message in enumerate(ticket.messages):
            words = words_of(message.body) if place else ticket.words
            yield message.id, ticket.id, " ".join(words)
