"""What is stored of an attachment; its bytes are in the file store under `storage_key`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table

from ticketpen.database.statements import PlainText, metadata

attachments = Table(
    "attachments",
    metadata,
    Column("id", PlainText, primary_key=True),
    # The row's owner is `messages`, a room above this one: named, not imported.
    Column("message_id", PlainText, ForeignKey("messages.id"), nullable=False),
    Column("ticket_id", PlainText, ForeignKey("tickets.id"), nullable=False),
    Column("place", Integer, nullable=False),  # 0, 1, 2: order within the message
    Column("filename", PlainText, nullable=False),
    Column("original_name", PlainText, nullable=False),
    Column("content_type", PlainText, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("width", BigInteger, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("sha256", PlainText, nullable=False),
    Column("storage_key", PlainText, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Index("attachments_by_message", "message_id", "filename", unique=True),
    Index("attachments_by_ticket", "ticket_id"),
)
