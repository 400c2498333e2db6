"""Hold what a server has against what its clients were told."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

from tests.client import ADMIN_TICKETS
from tests.journeys.calling import Person
from tests.journeys.history import messages_of, values_of
from tests.journeys.journal import Journal, Outcome, Writing

Item = TypeVar("Item")
Found = TypeVar("Found")

_AT_ONCE: Final = 8


async def check_everything(ada: Person, journal: Journal) -> None:
    """Every acknowledged write is there byte for byte, nothing is there by half or twice, and
    nothing that nobody sent."""
    items = await _walk(ada)
    tickets = await _each(items, lambda item: ada.ticket(item["id"]))
    for item, ticket in zip(items, tickets, strict=True):
        assert item.items() <= ticket.items(), "the list and the ticket agree"
    await _each(tickets, lambda ticket: _check_history(ada, ticket))
    _check_stories(journal, {ticket["id"]: ticket for ticket in tickets})
    messages = [message for ticket in tickets for message in ticket["messages"]]
    _check_messages(journal, messages)
    sent = {writing.body: writing for writing in journal.writings}
    await _each(messages, lambda message: _check_files(ada, message, sent[message["body"]]))


async def _walk(ada: Person) -> list[dict[str, Any]]:
    """Every ticket of the admin list."""
    items: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = await ada.read(ADMIN_TICKETS, sort="created_at", page_size=100, **more)
        items += page["tickets"]
        if page["next_cursor"] is None:
            assert page["total"] == len(items) == len({item["id"] for item in items})
            return items
        more = {"cursor": page["next_cursor"]}


async def _check_history(ada: Person, ticket: dict[str, Any]) -> None:
    """A ticket counts its messages, and its events tell all that it shows."""
    messages = ticket["messages"]
    assert ticket["message_count"] == len(messages) >= 1
    assert ticket["last_message_at"] == max(message["created_at"] for message in messages)
    history = await ada.history(ticket["id"])
    assert history[0]["type"] == "ticket.opened"
    assert sorted(messages_of(history)) == sorted(message["id"] for message in messages[1:])
    for field in ("status", "priority"):
        assert values_of(history, field)[-1] == ticket[field]


def _check_stories(journal: Journal, tickets: dict[str, dict[str, Any]]) -> None:
    for ticket_id, story in journal.stories.items():
        found = tickets[ticket_id]
        for field in ("id", "number", "user_id", "user_name", "subject", "created_at"):
            assert found[field] == story.ticket[field]
        assert found["priority"] in story.priorities
        assert found["status"] in story.statuses


def _check_messages(journal: Journal, messages: list[dict[str, Any]]) -> None:
    found = {message["body"]: message for message in messages}
    assert len(found) == len(messages), "no message is there twice"
    for writing in journal.writings:
        message = found.pop(writing.body, None)
        if writing.outcome is Outcome.DONE:
            assert message == writing.message
        elif writing.outcome is Outcome.REFUSED:
            assert message is None
        elif message is not None and writing.ticket_id is not None:
            assert message["ticket_id"] == writing.ticket_id
    assert found == {}, "nothing is there that nobody sent"


async def _check_files(ada: Person, message: dict[str, Any], sent: Writing) -> None:
    """All the pictures of a message are there, byte for byte."""
    files = {file["original_name"]: file for file in message["attachments"]}
    assert files.keys() == sent.files.keys()
    for name, file in files.items():
        answer = await ada.request("GET", file["url"])
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == file["size"]
        assert hashlib.sha256(answer.content).hexdigest() == sent.files[name]


async def _each(items: Iterable[Item], look: Callable[[Item], Awaitable[Found]]) -> list[Found]:
    """Look at each of them, a few at once; what was found, in order."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def take_turn(item: Item) -> Found:
        async with turns:
            return await look(item)

    return await asyncio.gather(*map(take_turn, items))
