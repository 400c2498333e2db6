"""What is stored of an event, and of an answer kept for an Idempotency-Key."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, text

from ticketpen.database.statements import PlainText, metadata

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("seq", RowNumber, Identity(), primary_key=True),
    Column("id", PlainText, nullable=False),
    Column("type", PlainText, nullable=False),
    Column("ticket_id", PlainText, nullable=False),
    Column("actor_id", PlainText, nullable=False),
    Column("actor_type", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changes", PlainText, nullable=False),  # JSON {field: {"from", "to"}}; never text
    # PostgreSQL: the writing transaction's number, set by the column's default there. A sequence's
    # order is not the commit order; (txid, seq) below the snapshot's xmin is.
    Column("txid", BigInteger, nullable=False, server_default=text("0")),
    Index("events_by_ticket", "ticket_id", "seq"),
    Index("events_by_txid", "txid", "seq"),
    sqlite_autoincrement=True,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller_id", PlainText, primary_key=True),
    Column("key", PlainText, primary_key=True),
    Column("fingerprint", PlainText, nullable=False),
    Column("claim", PlainText, nullable=False),  # which try holds the lease
    Column("claimed_at", BigInteger, nullable=False),
    Column("status", BigInteger),  # null while the first request runs
    Column("answer", LargeBinary),
    Index("idempotency_keys_by_age", "claimed_at"),
)
