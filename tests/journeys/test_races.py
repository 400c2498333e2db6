"""Races between requests, against two server processes on PostgreSQL and one on SQLite."""

import asyncio
import random
from collections.abc import Sequence

import httpx2
import pytest

from tests.cast import ADA, CLEO, MAX
from tests.client import ADMIN_TICKETS, TICKETS
from tests.journeys.calling import Person
from tests.journeys.history import messages_of, values_of
from tests.tickets.make import PRIORITIES, STATUSES


@pytest.fixture
async def ticket_id(here: Person, there: Person) -> str:
    # Everybody has been seen before: the race is about the ticket.
    for person in (here, there, here.as_(MAX), there.as_(MAX)):
        await person.read(ADMIN_TICKETS)
    return await opened(here)


async def opened(here: Person) -> str:
    """The id of a new ticket of Cleo's."""
    answer = await here.as_(CLEO).open("Cannot create API key", "It says 500.")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_fifty_replies_at_once_are_all_there_and_all_counted(
    here: Person, there: Person, ticket_id: str
) -> None:
    people = [here.as_(CLEO), there.as_(CLEO), here.as_(ADA), there.as_(MAX)]
    answers = await asyncio.gather(
        *(people[n % 4].reply(ticket_id, f"Reply {n}") for n in range(50))
    )
    assert [answer.status_code for answer in answers] == [201] * 50
    found = await here.ticket(ticket_id)
    assert found["message_count"] == len(found["messages"]) == 51
    written = {answer.json()["id"]: answer.json() for answer in answers}
    assert {m["id"]: m for m in found["messages"][1:]} == written
    moments = [message["created_at"] for message in found["messages"]]
    assert found["last_message_at"] == found["updated_at"] == max(moments)
    assert moments == sorted(moments)
    history = await there.history(ticket_id)
    assert sorted(messages_of(history)) == sorted(written)
    assert values_of(history, "status") == ["open", "in_progress"]
    assert (await there.ticket(ticket_id)) == found


async def test_a_close_and_replies_that_race_never_leave_a_message_after_the_close(
    here: Person, there: Person, ticket_id: str
) -> None:
    outcomes = set()
    for _ in range(50):
        ticket_id = await opened(here)
        outcomes |= await close_against_replies(here, there, ticket_id)
    assert outcomes == {201, 400}, "in fifty rounds each side wins at times"


async def close_against_replies(here: Person, there: Person, ticket_id: str) -> set[int]:
    """One round; the statuses that replies were answered with."""
    deeds = [
        here.patch(ticket_id, status="closed"),
        there.as_(CLEO).reply(ticket_id, "By the user"),
        there.as_(MAX).reply(ticket_id, "By staff"),
        here.as_(CLEO).reply(ticket_id, "By the user again"),
    ]
    order = random.sample(range(4), 4)
    done = dict(zip(order, await asyncio.gather(*(deeds[n] for n in order)), strict=True))
    assert done[0].status_code == 200, done[0].text
    replies = [done[n] for n in (1, 2, 3)]
    assert_refused(await there.as_(CLEO).reply(ticket_id, "Too late"))
    assert_refused(await there.as_(MAX).reply(ticket_id, "Too late"))
    for reply in replies:
        if reply.status_code != 201:
            assert_refused(reply)
    found = await there.ticket(ticket_id)
    written = {reply.json()["id"] for reply in replies if reply.status_code == 201}
    assert {message["id"] for message in found["messages"][1:]} == written
    assert found["message_count"] == len(written) + 1
    assert found["status"] == "closed"
    history = await there.history(ticket_id)
    assert history[-1]["type"] == "ticket.status_changed"
    assert set(messages_of(history)) == written
    assert values_of(history, "status")[-1] == "closed"
    return {reply.status_code for reply in replies}


def assert_refused(answer: httpx2.Response) -> None:
    """It is told that the ticket is closed."""
    assert (answer.status_code, answer.json()["code"]) == (400, "ticket_closed"), answer.text


async def test_of_changes_to_one_version_exactly_one_is_made(
    here: Person, there: Person, ticket_id: str
) -> None:
    for _ in range(30):
        before = await here.request("GET", f"{ADMIN_TICKETS}/{ticket_id}")
        seen = {"If-Match": before.headers["ETag"]}
        one, other = others(PRIORITIES, before.json()["priority"])[:2]
        status = others(STATUSES, before.json()["status"])[0]
        answers = await asyncio.gather(
            here.patch(ticket_id, seen, priority=one),
            there.as_(MAX).patch(ticket_id, seen, priority=other),
            here.as_(MAX).patch(ticket_id, seen, status=status),
        )
        won = [answer for answer in answers if answer.status_code == 200]
        lost = [answer.json()["code"] for answer in answers if answer.status_code == 412]
        assert (len(won), lost) == (1, ["stale"] * 2), [answer.text for answer in answers]
        assert won[0].json() == await there.ticket(ticket_id)
    history = await here.history(ticket_id)
    assert len(history) == 1 + 30
    found = await here.ticket(ticket_id)
    assert values_of(history, "status")[-1] == found["status"]
    assert values_of(history, "priority")[-1] == found["priority"]


def others(values: Sequence[str], present: str) -> list[str]:
    """All values but the present one, in any order."""
    return random.sample([value for value in values if value != present], len(values) - 1)


async def test_changes_without_a_version_are_all_made_one_after_the_other(
    here: Person, there: Person, ticket_id: str
) -> None:
    for _ in range(20):
        answers = await asyncio.gather(
            here.patch(ticket_id, priority="high"),
            there.as_(MAX).patch(ticket_id, priority="urgent"),
            here.as_(MAX).patch(ticket_id, status="resolved"),
            there.patch(ticket_id, status="in_progress", priority="low"),
        )
        assert [answer.status_code for answer in answers] == [200] * 4
    history = await here.history(ticket_id)
    found = await there.ticket(ticket_id)
    assert values_of(history, "status")[-1] == found["status"]
    assert values_of(history, "priority")[-1] == found["priority"]
    assert set(values_of(history, "priority")) == {"normal", "high", "urgent", "low"}


async def test_one_key_sent_twenty_times_at_once_opens_one_ticket(
    here: Person, there: Person, ticket_id: str
) -> None:
    fields = {"subject": "Printer", "message": "It burns."}
    answers = await asyncio.gather(
        *((here, there)[n % 2].as_(CLEO).post_until_done(TICKETS, fields, "k") for n in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert sorted(map(str, replayed)) == ["None", *["true"] * 19]
    listed = await there.as_(CLEO).read(TICKETS)
    assert sorted(t["id"] for t in listed["tickets"]) == sorted(
        [ticket_id, answers[0].json()["id"]]
    )
    assert await here.ticket(answers[0].json()["id"]) == answers[0].json()


async def test_one_key_sent_twenty_times_at_once_writes_one_reply(
    here: Person, there: Person, ticket_id: str
) -> None:
    path = f"{ADMIN_TICKETS}/{ticket_id}/messages"
    answers = await asyncio.gather(
        *((here, there)[n % 2].post_until_done(path, {"body": "Yes."}, "k") for n in range(20))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    found = await there.ticket(ticket_id)
    assert (found["message_count"], len(found["messages"])) == (2, 2)
    assert found["messages"][1] == answers[0].json()
