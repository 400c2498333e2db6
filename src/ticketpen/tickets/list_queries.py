"""Every SQL statement about lists of tickets, built from a fixed set of parts, cached by shape."""

from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)

from ticketpen.database.statements import PlainText, Query, param
from ticketpen.people.queries import standing
from ticketpen.people.tables import people, person_words
from ticketpen.search import postgres as postgres_search
from ticketpen.search import sqlite as sqlite_search
from ticketpen.tickets.filters import Filters, ListRequest, Order, Sort
from ticketpen.tickets.tables import tickets
from ticketpen.tickets.ticket import PRIORITY_RANK, STATUS_RANK

_t: Final = tickets.c
_ONE: Final[ColumnElement[int]] = literal_column("1")
_ZERO: Final[ColumnElement[int]] = literal_column("0")
MOST_COUNTED: Final = 10_000
"""A search, or filters combined, are counted exactly up to here."""


class Shape(msgspec.Struct, frozen=True):
    """All that the text of a list's statement depends on; the values are parameters."""

    filters: tuple[str, ...]
    statuses: int
    priorities: int
    words: int
    names_one: bool
    finds_nothing: bool
    sort: Sort
    order: Order
    by_cursor: bool

    @property
    def is_bounded(self) -> bool:
        """Whether counting stops at MOST_COUNTED."""
        used = len(self.filters) + (self.statuses > 0) + (self.priorities > 0)
        return self.words > 0 or (used > 1 and self.filters != ("user_id",))

    @property
    def is_long(self) -> bool:
        """Whether it may take more than a moment on a large database."""
        swift = {"user_id", "needs_reply"}
        return (
            self.words > 0
            or self.sort is not Sort.LAST_MESSAGE_AT
            or any(name not in swift for name in self.filters)
            or len(self.filters) + (self.statuses > 0) + (self.priorities > 0) > 1
        )


_SIMPLE: Final = (
    "user_id",
    "user_email",
    "created_after",
    "created_before",
    "updated_after",
    "updated_before",
    "needs_reply",
    "has_attachments",
)


def shape_of(request: ListRequest) -> Shape:
    """The shape of a request."""
    filters = request.filters
    question = filters.question
    return Shape(
        filters=tuple(name for name in _SIMPLE if getattr(filters, name) is not None),
        statuses=len(filters.statuses),
        priorities=len(filters.priorities),
        words=len(question.words) if question else 0,
        names_one=bool(question and (question.ticket_id or question.number is not None)),
        finds_nothing=bool(question and question.finds_nothing),
        sort=request.sort,
        order=request.order,
        by_cursor=request.after is not None,
    )


def list_params(request: ListRequest, caller_id: str) -> dict[str, object]:
    """The parameters of `list_tickets` and `count_by_status` for a request."""
    params = filter_params(request.filters)
    params |= {"caller_id": caller_id, "limit": request.page_size + 1, "offset": 0}
    if request.page is not None:
        params["offset"] = min((request.page - 1) * request.page_size, 2**62)
    if request.after is not None:
        params |= {"after_value": request.after.value, "after_id": request.after.id}
    return params


def filter_params(filters: Filters) -> dict[str, object]:
    """The parameters of the filters alone."""
    params: dict[str, object] = {}
    for name in _SIMPLE:
        value = getattr(filters, name)
        if value is not None:
            params[name] = int(value) if isinstance(value, bool) else value
    for place, status in enumerate(filters.statuses):
        params[f"status{place}"] = STATUS_RANK[status]
    for place, priority in enumerate(filters.priorities):
        params[f"priority{place}"] = PRIORITY_RANK[priority]
    if filters.question is not None:
        params |= {"named_id": filters.question.ticket_id, "named_number": filters.question.number}
        for place, word in enumerate(filters.question.words):
            params[f"word{place}"] = word
            params[f"word{place}_end"] = word + "\U0010ffff"
            params[f"word{place}_inside"] = f"% {word}%"
    return params


class ItemRow(msgspec.Struct):
    """One ticket of a page beside what is true of the whole list; id is null on an empty page."""

    standing: str | None
    total: int
    id: str | None
    number: int
    user_id: str
    user_name: str | None
    user_email: str | None
    subject: str
    status: int
    priority: int
    message_count: int
    last_message_at: int
    created_at: int
    updated_at: int
    sort_value: int


class StatusCountRow(msgspec.Struct):
    """How many tickets have a status."""

    status: int
    count: int


@lru_cache(maxsize=1024)
def list_tickets(shape: Shape) -> Query[ItemRow]:
    """One page, its total and the caller's standing, in one statement."""
    return Query(
        _page(shape, "sqlite"), ItemRow, long=shape.is_long, postgres=_page(shape, "postgres")
    )


@lru_cache(maxsize=1024)
def count_by_status(shape: Shape) -> Query[StatusCountRow]:
    """How many tickets have each status. The shape must have no filter on status."""

    def counted(dialect: str) -> Select[Any]:
        return (
            select(_t.status, func.count().label("count"))
            .where(*_conditions(shape, dialect))
            .group_by(_t.status)
        )

    return Query(counted("sqlite"), StatusCountRow, long=True, postgres=counted("postgres"))


def _page(shape: Shape, dialect: str) -> Select[Any]:
    head = select(
        standing(param(people.c.id, "caller_id")).label("standing"),
        _total(shape, dialect).label("total"),
    ).subquery("head")
    page = _items(shape, dialect)
    ordered: list[ColumnElement[Any]] = [page.c.sort_value, page.c.id]
    if shape.order is Order.DESC:
        ordered = [column.desc() for column in ordered]
    if shape.names_one:
        ordered.insert(0, page.c.named.desc())
    columns = page.c
    return (
        select(
            head.c.standing,
            head.c.total,
            columns.id,
            columns.number,
            columns.user_id,
            people.c.name.label("user_name"),
            people.c.email.label("user_email"),
            columns.subject,
            columns.status,
            columns.priority,
            columns.message_count,
            columns.last_message_at,
            columns.created_at,
            columns.updated_at,
            columns.sort_value,
        )
        .select_from(head.outerjoin(page, true()).outerjoin(people, people.c.id == page.c.user_id))
        .order_by(*ordered)
    )


def _items(shape: Shape, dialect: str) -> Subquery:
    value = _sort_value(shape)
    named = _names(shape)
    conditions = _conditions(shape, dialect)
    if shape.by_cursor:
        here = tuple_(value, _t.id)
        after = tuple_(bindparam("after_value", type_=_t.created_at.type), _after_id())
        conditions.append(here < after if shape.order is Order.DESC else here > after)
        if named is not None:  # it came first on the first page
            conditions.append(~named)
    first = _ZERO if named is None else case((named, _ONE), else_=_ZERO)
    order = [value.desc(), _t.id.desc()] if shape.order is Order.DESC else [value, _t.id]
    statement = select(
        _t.id,
        _t.number,
        _t.user_id,
        _t.subject,
        _t.status,
        _t.priority,
        _t.message_count,
        _t.last_message_at,
        _t.created_at,
        _t.updated_at,
        value.label("sort_value"),
        first.label("named"),
    ).where(*conditions)
    if named is not None:
        order.insert(0, first.desc())
    limit = bindparam("limit", type_=_t.number.type, required=True)
    offset = bindparam("offset", type_=_t.number.type, required=True)
    return statement.order_by(*order).limit(limit).offset(offset).subquery("page")


def _after_id() -> ColumnElement[str]:
    return bindparam("after_id", type_=PlainText, required=True)


def _total(shape: Shape, dialect: str) -> ColumnElement[int]:
    conditions = _conditions(shape, dialect)
    if not shape.is_bounded:
        return select(func.count()).select_from(tickets).where(*conditions).scalar_subquery()
    found = select(_ONE.label("one")).select_from(tickets).where(*conditions)
    found = found.limit(MOST_COUNTED + 1)
    return select(func.count()).select_from(found.subquery("found")).scalar_subquery()


def _sort_value(shape: Shape) -> ColumnElement[Any]:
    if shape.sort is not Sort.RELEVANCE:
        return tickets.c[shape.sort]
    # How many of the words begin a word of the subject: the same arithmetic on both databases.
    hits = [
        case((_t.subject_words.like(_text(f"word{place}_inside")), _ONE), else_=_ZERO)
        for place in range(shape.words)
    ]
    total: ColumnElement[Any] = _ZERO
    for hit in hits:
        total = total + hit
    return total


def _conditions(shape: Shape, dialect: str) -> list[ColumnElement[bool]]:
    conditions = [_SIMPLE_CONDITIONS[name]() for name in shape.filters]
    if shape.statuses:
        conditions.append(_t.status.in_(_params(_t.status, "status", shape.statuses)))
    if shape.priorities:
        conditions.append(_t.priority.in_(_params(_t.priority, "priority", shape.priorities)))
    if shape.finds_nothing:
        conditions.append(false())
    if shape.words:
        matches = and_(*(_has_word(place, dialect) for place in range(shape.words)))
        named = _names(shape)
        conditions.append(matches if named is None else or_(matches, named))
    elif shape.names_one:
        named = _names(shape)
        conditions.append(true() if named is None else named)
    return conditions


def _has_word(place: int, dialect: str) -> ColumnElement[bool]:
    word = _text(f"word{place}")
    theirs = and_(person_words.c.word >= word, person_words.c.word < _text(f"word{place}_end"))
    whose = tickets.alias("whose")
    joined = person_words.join(whose, whose.c.user_id == person_words.c.person_id)
    if dialect == "sqlite":
        owned = select(whose.c.number).select_from(joined).where(theirs)
        return _t.number.in_(union(sqlite_search.numbers_matching(word), owned))
    owned = select(whose.c.id).select_from(joined).where(theirs)
    return _t.id.in_(union(postgres_search.ids_matching(word), owned))


def _names(shape: Shape) -> ColumnElement[bool] | None:
    if not shape.names_one:
        return None
    # Null for what was not named, and nothing equals null; coalesce keeps NOT usable.
    number = bindparam("named_number", type_=_t.number.type, required=True)
    return func.coalesce(or_(_t.id == _text("named_id"), _t.number == number), false())


def _text(name: str) -> ColumnElement[str]:
    return bindparam(name, type_=PlainText, required=True)


def _params(column: Any, name: str, count: int) -> list[ColumnElement[Any]]:
    return [param(column, f"{name}{place}") for place in range(count)]


def _of_address() -> ColumnElement[bool]:
    found = select(people.c.id).where(people.c.email_key == _text("user_email"))
    return _t.user_id.in_(found)


def _with_files() -> ColumnElement[bool]:
    wanted = bindparam("has_attachments", type_=_t.number.type, required=True)
    return case((_t.attachment_count > _ZERO, _ONE), else_=_ZERO) == wanted


_SIMPLE_CONDITIONS: Final = {
    "user_id": lambda: _t.user_id == _text("user_id"),
    "user_email": _of_address,
    "created_after": lambda: _t.created_at >= param(_t.created_at, "created_after"),
    "created_before": lambda: _t.created_at < param(_t.created_at, "created_before"),
    "updated_after": lambda: _t.updated_at >= param(_t.updated_at, "updated_after"),
    "updated_before": lambda: _t.updated_at < param(_t.updated_at, "updated_before"),
    "needs_reply": lambda: _t.needs_reply == param(_t.needs_reply),
    "has_attachments": _with_files,
}
