"""The index on PostgreSQL: a tsvector for each message, made from our own words.

Not one for each ticket: a tsvector ends at a megabyte, and each reply would write it anew."""

from typing import Final

from sqlalchemy import Select, cast, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ColumnElement

from ticketpen.database.statements import NewRows
from ticketpen.search.tables import ticket_words

_COLUMNS: Final = ("ticket_id", "message_id", "words")


def add_words() -> NewRows:
    """Index a message; parameters `ticket_id`, `message_id`, `words` (blanks between: a word of
    letters and digits alone is a tsvector's own way of writing it)."""
    return NewRows(ticket_words, _COLUMNS)


def ids_matching(word: ColumnElement[str]) -> Select[tuple[str]]:
    """The ids of tickets in which a word begins with `word`."""
    question = cast(literal("'").concat(word).concat("':*"), TSQUERY)
    return select(ticket_words.c.ticket_id).where(ticket_words.c.words.op("@@")(question))
