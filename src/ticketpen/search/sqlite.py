"""The index on SQLite: FTS5 without a copy of the text, a row for each message."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Insert,
    Select,
    bindparam,
    column,
    insert,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.sql.elements import ColumnElement

from ticketpen.database.statements import PlainText

# rowid = ticket number * 2^20 + place of the message, so a hit names its ticket without a join.
PLACES: Final = 20

_words: Final = table("ticket_words", column("rowid", BigInteger), column("words", PlainText))
_tickets: Final = table(
    "tickets",
    column("id", PlainText),
    column("number", BigInteger),
    column("messages_written", BigInteger),
)


def add_words() -> Insert:
    """Index the ticket's newest message; parameters `ticket_id`, `words` (blanks between)."""
    row = _tickets.c.number * (1 << PLACES) + _tickets.c.messages_written
    words = bindparam("words", type_=PlainText, required=True)
    return insert(_words).from_select(
        ["rowid", "words"],
        select(row, words).where(
            _tickets.c.id == bindparam("ticket_id", type_=PlainText, required=True)
        ),
    )


def numbers_matching(word: ColumnElement[str]) -> Select[tuple[int]]:
    """The numbers of tickets in which a word begins with `word`."""
    question = literal('"').concat(word).concat('"*')
    # The table's own name stands for all of its columns: FTS5's way to ask without naming one.
    everything: ColumnElement[str] = literal_column("ticket_words")
    return select(_words.c.rowid.op(">>")(PLACES).label("number")).where(
        everything.op("MATCH")(question)
    )
