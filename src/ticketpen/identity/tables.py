"""What is stored to know a caller again. Secrets only as SHA-256: each has 256 random bits."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from ticketpen.database.statements import PlainText, metadata

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", PlainText, primary_key=True),
    Column("person_id", PlainText, ForeignKey("people.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # written at most once an hour
    Column("expires_at", BigInteger, nullable=False),  # the absolute end
    Index("sessions_by_person", "person_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("person_id", PlainText, ForeignKey("people.id"), nullable=False),
    Column("name", PlainText, nullable=False),
    Column("secret_hash", PlainText, nullable=False, unique=True),
    Column("hint", PlainText, nullable=False),  # the first characters, to tell keys apart
    Column("scopes", PlainText, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("api_keys_by_person", "person_id"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("who", PlainText, nullable=False),  # a keyed hash of account and address
    Column("failed_at", BigInteger, nullable=False),
    Index("login_failures_by_who", "who", "failed_at"),
    Index("login_failures_by_age", "failed_at"),
)
