"""The index on PostgreSQL: one tsvector for each ticket, made from our own words."""

from typing import Any, Final

from sqlalchemy import Insert, Select, Update, bindparam, cast, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ColumnElement

from ticketpen.database.statements import PlainText
from ticketpen.search.tables import ticket_words

_id: Final = bindparam("ticket_id", type_=PlainText, required=True)


def _vector() -> ColumnElement[Any]:
    words = bindparam("words", type_=PlainText, required=True)
    return func.array_to_tsvector(func.string_to_array(words, literal(" ")))


def new_words() -> Insert:
    """Index a ticket's first message; parameters `ticket_id`, `words` (blanks between)."""
    return insert(ticket_words).values(ticket_id=_id, words=_vector())


def add_words() -> Update:
    """Index one more message; the same parameters."""
    c = ticket_words.c
    return (
        update(ticket_words)
        .where(c.ticket_id == _id)
        .values(words=c.words.op("||")(_vector()))
    )


def ids_matching(word: ColumnElement[str]) -> Select[tuple[str]]:
    """The ids of tickets in which a word begins with `word`."""
    question = cast(literal("'").concat(word).concat("':*"), TSQUERY)
    return select(ticket_words.c.ticket_id).where(ticket_words.c.words.op("@@")(question))
