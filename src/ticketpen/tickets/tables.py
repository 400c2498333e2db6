"""What is stored of a ticket and its messages. Status and priority as ranks (see `ticket.py`)."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, Index, SmallInteger, Table

from ticketpen.database.statements import PlainText, metadata
from ticketpen.outbox.tables import RowNumber

tickets = Table(
    "tickets",
    metadata,
    Column("number", RowNumber, Identity(), primary_key=True),
    Column("id", PlainText, nullable=False, unique=True),
    Column("user_id", PlainText, ForeignKey("people.id"), nullable=False),
    Column("subject", PlainText, nullable=False),
    Column("subject_words", PlainText, nullable=False),  # ` word word …`, for sorting by relevance
    Column("status", SmallInteger, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("message_count", BigInteger, nullable=False),  # what the user can see
    Column("messages_written", BigInteger, nullable=False),  # ever; never falls
    Column("attachment_count", BigInteger, nullable=False),
    Column("user_spoke_last", SmallInteger, nullable=False),
    Column("needs_reply", SmallInteger, nullable=False),  # not answered, not resolved or closed
    Column("user_version", BigInteger, nullable=False),  # rises with what the user can see
    Column("admin_version", BigInteger, nullable=False),
    Column("last_message_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("tickets_by_activity", "last_message_at", "id"),
    Index("tickets_by_age", "created_at", "id"),
    Index("tickets_by_update", "updated_at", "id"),
    Index("tickets_by_user", "user_id", "last_message_at", "id"),
    Index("tickets_by_status", "status", "last_message_at", "id"),
    Index("tickets_by_priority", "priority", "last_message_at", "id"),
    Index("tickets_by_need", "needs_reply", "last_message_at", "id"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("ticket_id", PlainText, ForeignKey("tickets.id"), nullable=False),
    Column("sender_id", PlainText, ForeignKey("people.id"), nullable=False),
    Column("sender_type", PlainText, nullable=False),  # as whom they wrote, fixed
    Column("body", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("messages_by_ticket", "ticket_id", "created_at", "id"),
)
