"""Many at once: counts stay exact, no message stands on a closed ticket, no change is lost."""

import asyncio
from typing import Any

import httpx2

from tests.pictures import png
from tests.tickets.make import (
    ADA,
    CLEO,
    MAX,
    TICKETS,
    Api,
    everything,
    fetch,
    picture,
    read,
)
from ticketpen.settings import Settings

ROUNDS = 100


async def history(api: Api, ticket_id: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/api/v1/admin/tickets/{ticket_id}/events?limit=1000")
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


async def test_fifty_replies_at_once_are_all_counted(api: Api, settings: Settings) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    replies = [
        (api.answer if number % 2 else cleo.reply)(ticket["id"], f"reply {number}")
        for number in range(50)
    ]
    answers = await asyncio.gather(*replies)
    assert [answer.status_code for answer in answers] == [201] * 50
    found = await read(api, ticket["id"])
    assert found["message_count"] == len(found["messages"]) == 51
    assert {m["body"] for m in found["messages"][1:]} == {f"reply {n}" for n in range(50)}
    assert found["last_message_at"] == max(m["created_at"] for m in found["messages"])
    assert found["status"] == "in_progress"
    events = await history(api, ticket["id"])
    assert sum(event["type"] == "message.posted" for event in events) == 50
    assert sum(event["type"] == "ticket.status_changed" for event in events) == 1
    counted = await fetch(settings, "SELECT message_count, messages_written FROM tickets")
    assert counted == [(51, 51)]


async def test_a_close_and_a_reply_that_race_never_leave_a_message_on_a_closed_ticket(
    api: Api,
) -> None:
    cleo = api.as_(CLEO)
    accepted = 0
    for number in range(ROUNDS):
        ticket = await cleo.open()
        reply, close = cleo.reply(ticket["id"]), api.patch(ticket["id"], status="closed")
        both = (close, reply) if number % 2 else (reply, close)
        answers = await asyncio.gather(*both)
        closed, replied = answers if number % 2 else answers[::-1]
        assert (closed.status_code, closed.json()["status"]) == (200, "closed")
        events = [event["type"] for event in await history(api, ticket["id"])]
        if replied.status_code == 201:
            accepted += 1
            assert events == ["ticket.opened", "message.posted", "ticket.status_changed"]
        else:
            assert (replied.status_code, replied.json()["code"]) == (400, "ticket_closed")
            assert events == ["ticket.opened", "ticket.status_changed"]
        found = await read(api, ticket["id"])
        assert found["message_count"] == len(found["messages"]) == 1 + (replied.status_code == 201)
        assert found["status"] == "closed"
    assert accepted > 0


async def test_a_reply_that_loses_against_a_close_leaves_no_file(
    api: Api, settings: Settings
) -> None:
    cleo = api.as_(CLEO)
    refused = 0
    for number in range(40):
        ticket = await cleo.open()
        path = f"{TICKETS}/{ticket['id']}/messages"
        reply = cleo.post_form(path, {"body": "See."}, [picture(png())])
        close = api.patch(ticket["id"], status="closed")
        both = (close, reply) if number % 2 else (reply, close)
        answers = await asyncio.gather(*both)
        refused += 400 in {answer.status_code for answer in answers}
    kept = await everything(settings)
    assert len(kept["files"]) == len(kept["attachments"]) == 40 - refused


async def test_two_admins_who_change_different_things_both_succeed(api: Api) -> None:
    cleo = api.as_(CLEO)
    for _ in range(20):
        ticket = await cleo.open()
        first, second = await asyncio.gather(
            api.as_(ADA).patch(ticket["id"], status="resolved"),
            api.as_(MAX).patch(ticket["id"], priority="urgent"),
        )
        assert first.status_code == second.status_code == 200
        found = await read(api, ticket["id"])
        assert (found["status"], found["priority"]) == ("resolved", "urgent")


async def test_of_many_changes_of_one_version_exactly_one_is_made(api: Api) -> None:
    for _ in range(5):
        ticket = await api.as_(CLEO).open()
        known = (await api.get(f"/api/v1/admin/tickets/{ticket['id']}")).headers["etag"]
        changes = [
            api.patch(ticket["id"], {"If-Match": known}, priority=priority)
            for priority in ("low", "high", "urgent") * 3
        ]
        statuses = sorted(answer.status_code for answer in await asyncio.gather(*changes))
        assert statuses == [200] + [412] * 8
        assert len(await history(api, ticket["id"])) == 2


async def test_changes_that_race_are_each_made_from_what_was_there(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    statuses = ("in_progress", "resolved", "closed", "open") * 5
    await asyncio.gather(*(api.patch(ticket["id"], status=status) for status in statuses))
    last = "open"
    for event in (await history(api, ticket["id"]))[1:]:
        change = event["changes"]["status"]
        assert change["from"] == last
        assert change["to"] != last
        last = change["to"]
    assert (await read(api, ticket["id"]))["status"] == last


async def test_a_reply_that_races_triage_leaves_needs_reply_right(api: Api) -> None:
    cleo = api.as_(CLEO)
    for _ in range(20):
        ticket = await cleo.open()
        await asyncio.gather(
            cleo.reply(ticket["id"]),
            api.answer(ticket["id"]),
            api.patch(ticket["id"], status="in_progress"),
            api.patch(ticket["id"], priority="high"),
        )
        found = await read(api, ticket["id"])
        waiting = (await api.get("/api/v1/admin/tickets?needs_reply=true")).json()["tickets"]
        is_waiting = ticket["id"] in [t["id"] for t in waiting]
        events = await history(api, ticket["id"])
        posted = [e["actor"]["type"] for e in events if e["type"] == "message.posted"]
        assert found["status"] == "in_progress"
        assert is_waiting == (posted[-1] == "user")


async def test_reopening_races_resolving_without_a_lost_step(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    work: list[Any] = []
    for _ in range(10):
        work += [api.patch(ticket["id"], status="resolved"), cleo.reply(ticket["id"])]
    answers: list[httpx2.Response] = await asyncio.gather(*work)
    assert {answer.status_code for answer in answers} == {200, 201}
    last = "open"
    for event in await history(api, ticket["id"]):
        if event["type"] == "ticket.status_changed":
            assert event["changes"]["status"]["from"] == last
            last = event["changes"]["status"]["to"]
    assert (await read(cleo, ticket["id"], TICKETS))["status"] == last


async def test_tickets_opened_at_once_have_numbers_of_their_own(api: Api) -> None:
    opened = await asyncio.gather(*(api.as_(CLEO).open(f"{n}") for n in range(30)))
    assert len({ticket["number"] for ticket in opened}) == 30
    found = (await api.get("/api/v1/admin/tickets?page_size=100&include=counts")).json()
    assert (found["total"], found["counts"]["open"]) == (30, 30)
