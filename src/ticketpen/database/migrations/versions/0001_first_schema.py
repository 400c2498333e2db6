"""The first schema: people and their keys, tickets and messages, files, events, search."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table, index and the full-text index of the dialect."""
    _make_people()
    _make_person_words()
    _make_sessions()
    _make_api_keys()
    _make_login_failures()
    _make_events()
    _make_idempotency_keys()
    _make_tickets()
    _make_messages()
    _make_attachments()
    if op.get_bind().dialect.name == "sqlite":
        _make_sqlite_words()
    else:
        _make_postgres_words()
        _number_events_by_transaction()


def _make_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("email_key", TEXT, nullable=True),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=True),
        sa.Column("password_hash", TEXT, nullable=True),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "accounts_by_email",
        "people",
        ["email_key"],
        unique=True,
        sqlite_where=sa.text("password_hash IS NOT NULL"),
        postgresql_where=sa.text("password_hash IS NOT NULL"),
    )
    op.create_index("people_by_age", "people", ["created_at", "id"], unique=False)
    op.create_index("people_by_email", "people", ["email_key"], unique=False)


def _make_person_words() -> None:
    op.create_table(
        "person_words",
        sa.Column("word", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("word", "person_id"),
    )
    op.create_index("person_words_by_person", "person_words", ["person_id"], unique=False)


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("sessions_by_person", "sessions", ["person_id"], unique=False)


def _make_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("hint", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_index("api_keys_by_person", "api_keys", ["person_id"], unique=False)


def _make_login_failures() -> None:
    op.create_table(
        "login_failures",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("login_failures_by_age", "login_failures", ["failed_at"], unique=False)
    op.create_index("login_failures_by_who", "login_failures", ["who", "failed_at"], unique=False)


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", NUMBER, sa.Identity(always=False), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("actor_id", TEXT, nullable=False),
        sa.Column("actor_type", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", TEXT, nullable=False),
        sa.Column("txid", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_ticket", "events", ["ticket_id", "seq"], unique=False)
    op.create_index("events_by_txid", "events", ["txid", "seq"], unique=False)


def _make_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("claim", TEXT, nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("caller_id", "key"),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["claimed_at"], unique=False)


def _make_tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("number", NUMBER, sa.Identity(always=False), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("subject_words", TEXT, nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("message_count", sa.BigInteger(), nullable=False),
        sa.Column("messages_written", sa.BigInteger(), nullable=False),
        sa.Column("attachment_count", sa.BigInteger(), nullable=False),
        sa.Column("user_spoke_last", sa.SmallInteger(), nullable=False),
        sa.Column("needs_reply", sa.SmallInteger(), nullable=False),
        sa.Column("user_version", sa.BigInteger(), nullable=False),
        sa.Column("admin_version", sa.BigInteger(), nullable=False),
        sa.Column("last_message_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["people.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("tickets_by_activity", "tickets", ["last_message_at", "id"], unique=False)
    op.create_index("tickets_by_age", "tickets", ["created_at", "id"], unique=False)
    op.create_index(
        "tickets_by_need", "tickets", ["needs_reply", "last_message_at", "id"], unique=False
    )
    op.create_index(
        "tickets_by_priority", "tickets", ["priority", "last_message_at", "id"], unique=False
    )
    op.create_index(
        "tickets_by_status", "tickets", ["status", "last_message_at", "id"], unique=False
    )
    op.create_index("tickets_by_update", "tickets", ["updated_at", "id"], unique=False)
    op.create_index(
        "tickets_by_user", "tickets", ["user_id", "last_message_at", "id"], unique=False
    )


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("sender_id", TEXT, nullable=False),
        sa.Column("sender_type", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_id"],
            ["people.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "messages_by_ticket", "messages", ["ticket_id", "created_at", "id"], unique=False
    )


def _make_attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=False),
        sa.Column("ticket_id", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("filename", TEXT, nullable=False),
        sa.Column("original_name", TEXT, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("storage_key", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["tickets.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("storage_key"),
    )
    op.create_index(
        "attachments_by_message", "attachments", ["message_id", "filename"], unique=True
    )
    op.create_index("attachments_by_ticket", "attachments", ["ticket_id"], unique=False)


def _make_sqlite_words() -> None:
    # A row for each message: rowid = ticket number * 2^20 + place of the message.
    op.execute(
        "CREATE VIRTUAL TABLE ticket_words "
        "USING fts5(words, content='', detail='none', tokenize='ascii')"
    )


def _make_postgres_words() -> None:
    op.execute(
        'CREATE TABLE ticket_words (message_id TEXT COLLATE "C" PRIMARY KEY '
        'REFERENCES messages (id), ticket_id TEXT COLLATE "C" NOT NULL '
        "REFERENCES tickets (id), words TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ticket_words_gin ON ticket_words USING gin (words)")


def _number_events_by_transaction() -> None:
    op.execute(
        "ALTER TABLE events ALTER COLUMN txid SET DEFAULT (pg_current_xact_id()::text::bigint)"
    )
