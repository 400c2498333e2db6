"""What a list was asked for, read from its query string. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from ticketpen.clock import Moment
from ticketpen.cursors import Cursors
from ticketpen.ids import find_id
from ticketpen.requests import LARGEST_INTEGER, QueryParameters
from ticketpen.search.tokens import MAX_QUESTION_WORDS, words_of
from ticketpen.tickets.ticket import Priority, Status

MAX_SEARCH: Final = 200
MAX_PAGE_SIZE: Final = 100


class Sort(StrEnum):
    """What a list is sorted by; ties always by id."""

    LAST_MESSAGE_AT = "last_message_at"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    PRIORITY = "priority"
    STATUS = "status"
    MESSAGE_COUNT = "message_count"
    RELEVANCE = "relevance"


class Order(StrEnum):
    """Which way."""

    DESC = "desc"
    ASC = "asc"


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a cursor goes on: after this sort value and id, in this list."""

    list_of: str
    value: int
    id: str


class Question(msgspec.Struct, frozen=True):
    """Words to be found, each as a prefix; and the one ticket that is named by id or number."""

    words: tuple[str, ...]
    ticket_id: str | None = None
    number: int | None = None

    @property
    def finds_nothing(self) -> bool:
        """Asked for something, but for no word: `%` is a plain character, not a wildcard."""
        return not self.words and self.ticket_id is None and self.number is None


class Filters(msgspec.Struct, frozen=True):
    """Which tickets. Empty or None: not filtered by that."""

    user_id: str | None = None
    user_email: str | None = None
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Priority, ...] = ()
    question: Question | None = None
    created_after: Moment | None = None
    created_before: Moment | None = None
    updated_after: Moment | None = None
    updated_before: Moment | None = None
    needs_reply: bool | None = None
    has_attachments: bool | None = None


class ListRequest(msgspec.Struct, frozen=True):
    """One page of a list: which tickets, in which order, from where. `page` is None by cursor."""

    filters: Filters
    sort: Sort
    order: Order
    page: int | None
    page_size: int
    after: Place | None
    counted: bool

    @property
    def list_of(self) -> str:
        """A digest of filters and order: a cursor works only in the list it came from."""
        data = msgspec.msgpack.encode((self.filters, self.sort, self.order))
        return hashlib.sha256(data).hexdigest()[:16]


def read_user_list(scope: Mapping[str, Any], user_id: str, cursors: Cursors) -> ListRequest:
    """A user's own list. Raises Problem `invalid_value`."""
    query = QueryParameters.of(scope)
    filters = Filters(
        user_id=user_id, statuses=_words(query, "status", Status), question=_question(query)
    )
    return _request(query, filters, Sort.LAST_MESSAGE_AT, Order.DESC, cursors)


def read_admin_list(scope: Mapping[str, Any], cursors: Cursors) -> ListRequest:
    """The list of all tickets. Raises Problem `invalid_value`."""
    query = QueryParameters.of(scope)
    if query.is_empty:
        return _request(query, Filters(), Sort.LAST_MESSAGE_AT, Order.DESC, cursors)
    question = _question(query)
    email = query.last("user_email")
    filters = Filters(
        user_id=query.last("user_id"),
        user_email=None if email is None else email.casefold(),
        statuses=_words(query, "status", Status),
        priorities=_words(query, "priority", Priority),
        question=question,
        created_after=query.moment("created_after"),
        created_before=query.moment("created_before"),
        updated_after=query.moment("updated_after"),
        updated_before=query.moment("updated_before"),
        needs_reply=query.boolean("needs_reply"),
        has_attachments=query.boolean("has_attachments"),
    )
    sort = query.choice("sort", Sort) or Sort.LAST_MESSAGE_AT
    if sort is Sort.RELEVANCE and question is None:
        query.wrong("sort", "relevance needs search.")
    order = query.choice("order", Order) or Order.DESC
    return _request(query, filters, sort, order, cursors)


def _request(
    query: QueryParameters, filters: Filters, sort: Sort, order: Order, cursors: Cursors
) -> ListRequest:
    page = query.integer("page", 1, 1, LARGEST_INTEGER)
    page_size = query.integer("page_size", 20, 1, MAX_PAGE_SIZE)
    counted = _includes_counts(query)
    request = ListRequest(filters, sort, order, page, page_size, None, counted)
    cursor = query.last("cursor")
    if cursor is not None:
        after = _read_cursor(query, cursor, request, cursors)
        request = msgspec.structs.replace(request, page=None, after=after)
    query.raise_if_wrong()
    return request


def _read_cursor(
    query: QueryParameters, cursor: str, request: ListRequest, cursors: Cursors
) -> Place | None:
    if "page" in query:
        query.wrong("cursor", "cannot be used together with page.")
    try:
        place = cursors.read(cursor, Place)
    except ValueError:
        query.wrong("cursor", "is not a cursor this list gave out.")
        return None
    if place.list_of != request.list_of:
        query.wrong("cursor", "belongs to a list with other filters or another order.")
    return place


def _words(query: QueryParameters, name: str, among: type[StrEnum]) -> tuple[Any, ...]:
    if name not in query:
        return ()
    items = query.items(name)
    if "all" in items:
        items = [item for item in items if item != "all"]
        unfiltered = True
    else:
        unfiltered = False
        if not items and not any(error.field == name for error in query.errors):
            query.wrong(name, f"must be all, or some of {', '.join(among)}.")
    found = []
    for item in items:
        try:
            found.append(among(item))
        except ValueError:
            query.wrong(name, f"must be all, or some of {', '.join(among)}.")
            break
    ranked = [word for word in among if word in found]
    return () if unfiltered or len(ranked) == len(among) else tuple(ranked)


def _includes_counts(query: QueryParameters) -> bool:
    items = query.items("include") if "include" in query else []
    if any(item != "counts" for item in items):
        query.wrong("include", "must be counts.")
    return bool(items)


def _question(query: QueryParameters) -> Question | None:
    name = "search" if "search" in query else "q"
    text = query.last(name)
    if text is None or not text.strip():
        return None
    if len(text) > MAX_SEARCH:
        query.wrong(name, f"must have at most {MAX_SEARCH} characters.")
        return None
    return ask(text)


def ask(text: str) -> Question:
    """The question that a search text stands for."""
    named = text.strip()
    digits = named.removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
    words: Sequence[str] = words_of(text)[:MAX_QUESTION_WORDS]
    return Question(tuple(words), find_id(named), number)
