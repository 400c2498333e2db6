"""The index. SQLite's FTS5 table is made by the migration: SQLAlchemy has no word for it."""

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.dialects.postgresql import TSVECTOR

from ticketpen.database.statements import PlainText, metadata

# PostgreSQL only; on SQLite its place is taken by the FTS5 table `ticket_words`.
ticket_words = Table(
    "ticket_words",
    metadata,
    Column("message_id", PlainText, ForeignKey("messages.id"), primary_key=True),
    Column("ticket_id", PlainText, ForeignKey("tickets.id"), nullable=False),
    Column("words", TSVECTOR, nullable=False),
    Index("ticket_words_gin", "words", postgresql_using="gin"),
    info={"only": "postgresql"},
)
