"""What is stored of a person."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text

from ticketpen.database.statements import PlainText, metadata

people = Table(
    "people",
    metadata,
    Column("id", PlainText, primary_key=True),  # the token's `sub`, or a UUIDv7 of ours
    Column("name", PlainText),
    Column("email", PlainText),
    Column("email_key", PlainText),  # the address, case folded: how it is looked up
    Column("role", PlainText, nullable=False),
    Column("scopes", PlainText),  # words with blanks between; null: all that the role allows
    Column("password_hash", PlainText),  # null: the person logs in elsewhere
    Column("disabled_at", BigInteger),
    Column("version", BigInteger, nullable=False),  # rises when what others see of them changes
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("people_by_email", "email_key"),
    Index("people_by_age", "created_at", "id"),
    # Only accounts of our own must be unambiguous: hosts may give two people one address.
    Index(
        "accounts_by_email",
        "email_key",
        unique=True,
        sqlite_where=text("password_hash IS NOT NULL"),
        postgresql_where=text("password_hash IS NOT NULL"),
    ),
)

person_words = Table(
    "person_words",
    metadata,
    # The words of name and address, so that searching tickets finds whose they are.
    Column("word", PlainText, primary_key=True),
    Column("person_id", PlainText, ForeignKey("people.id"), primary_key=True),
    Index("person_words_by_person", "person_id"),
)
