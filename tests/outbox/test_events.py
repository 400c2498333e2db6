"""The log of events: what each change leaves behind, in which order, and how it is read."""

import re
from typing import Any

from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    MAX,
    NOBODYS_ID,
    TIME,
    UUID7,
    Api,
    Hands,
    refusal,
    set_status,
    until_log_is_readable,
    wrong_fields,
)

LOG = "/api/v1/admin/events"


async def log(api: Api, path: str = LOG, **params: Any) -> list[dict[str, Any]]:
    await until_log_is_readable(api.settings)
    found: list[dict[str, Any]] = (await api.get(path, params=params)).json()["events"]
    return found


async def history(api: Api, ticket_id: str) -> list[dict[str, Any]]:
    return await log(api, f"{ADMIN_TICKETS}/{ticket_id}/events")


async def test_opening_a_ticket_leaves_one_event_of_its_user(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    (event,) = await history(api, ticket["id"])
    assert re.fullmatch(UUID7, event.pop("id"))
    assert event == {
        "type": "ticket.opened",
        "ticket_id": ticket["id"],
        "actor": {"id": "cleo", "type": "user", "name": "Cleo Marchetti"},
        "created_at": ticket["created_at"],
        "changes": {
            "status": {"from": None, "to": "open"},
            "priority": {"from": None, "to": "normal"},
        },
    }
    assert re.fullmatch(TIME, event["created_at"])


async def test_a_reply_leaves_the_message_and_then_the_move_it_caused(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    message = (await api.as_(MAX).answer(ticket["id"])).json()
    posted, moved = (await history(api, ticket["id"]))[1:]
    actor = {"id": "max", "type": "admin", "name": "Max Okafor"}
    assert (posted["type"], posted["actor"]) == ("message.posted", actor)
    assert posted["changes"] == {"message": {"from": None, "to": message["id"]}}
    assert posted["created_at"] == message["created_at"]
    assert (moved["type"], moved["actor"]) == ("ticket.status_changed", actor)
    assert moved["changes"] == {"status": {"from": "open", "to": "in_progress"}}
    again = (await api.as_(MAX).answer(ticket["id"])).json()
    assert [e["type"] for e in (await history(api, ticket["id"]))[3:]] == ["message.posted"]
    assert again["id"] != message["id"]


async def test_a_ticket_that_its_user_opens_again_moves_by_its_user(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await set_status(api, ticket["id"], "resolved")
    await api.as_(CLEO).reply(ticket["id"])
    posted, moved = (await history(api, ticket["id"]))[2:]
    assert posted["type"] == "message.posted"
    assert moved["actor"] == posted["actor"]
    assert moved["actor"]["type"] == "user"
    assert moved["changes"] == {"status": {"from": "resolved", "to": "open"}}


async def test_triage_leaves_an_event_for_each_thing_it_changed(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await api.as_(ADA).patch(ticket["id"], status="closed", priority="low")
    await api.as_(ADA).patch(ticket["id"], status="closed", priority="urgent")
    await api.as_(ADA).patch(ticket["id"], status="closed", priority="urgent")
    events = (await history(api, ticket["id"]))[1:]
    assert [(event["type"], event["changes"]) for event in events] == [
        ("ticket.status_changed", {"status": {"from": "open", "to": "closed"}}),
        ("ticket.priority_changed", {"priority": {"from": "normal", "to": "low"}}),
        ("ticket.priority_changed", {"priority": {"from": "low", "to": "urgent"}}),
    ]
    assert {event["actor"]["id"] for event in events} == {"ada"}


async def test_an_admin_acts_as_a_user_in_an_own_ticket(api: Api) -> None:
    ticket = await api.as_(ADA).open()
    await api.as_(ADA).reply(ticket["id"])
    assert [e["actor"]["type"] for e in await history(api, ticket["id"])] == ["user", "user"]


async def test_events_hold_no_text_and_no_address_and_names_follow_the_profile(api: Api) -> None:
    ticket = await api.as_(CLEO).open("SECRET subject", "SECRET body")
    await api.as_(CLEO).reply(ticket["id"], "SECRET reply")
    await api.as_(CLEO, name="Cleo Bianchi").get("/api/v1/support/tickets")
    await until_log_is_readable(api.settings)
    answer = await api.get(LOG)
    assert "SECRET" not in answer.text
    assert "@" not in answer.text
    assert {event["actor"]["name"] for event in answer.json()["events"]} == {"Cleo Bianchi"}


async def test_refused_and_empty_changes_leave_no_event(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    await set_status(api, ticket["id"], "closed")
    before = await log(api)
    await cleo.reply(ticket["id"])
    await cleo.reply(ticket["id"], "")
    await api.patch(ticket["id"], status="closed")
    await api.patch(ticket["id"], status="rubbish")
    await api.patch(ticket["id"], {"If-Match": '"old"'}, status="open")
    assert await log(api) == before


async def test_the_log_is_in_order_and_can_be_followed(api: Api) -> None:
    cleo = api.as_(CLEO)
    tickets = [await cleo.open(f"{n}") for n in range(3)]
    for ticket in tickets[::-1]:
        await api.answer(ticket["id"])
    whole = await log(api)
    order = [event["ticket_id"] for event in whole]
    first, second, third = (ticket["id"] for ticket in tickets)
    assert order == [first, second, third, third, third, second, second, first, first]
    seen: list[Any] = []
    after: dict[str, str] = {}
    for _ in range(5):
        page = (await api.get(LOG, params={"limit": 2} | after)).json()
        seen += page["events"]
        after = {"after": page["next_after"]}
    assert seen == whole
    end = (await api.get(LOG, params=after)).json()
    assert end["events"] == []
    assert end["next_after"]
    ticket = await cleo.open("later")
    later = await log(api, after=end["next_after"])
    assert [event["ticket_id"] for event in later] == [ticket["id"]]


async def test_an_empty_log_says_where_to_go_on_later(api: Api) -> None:
    empty = (await api.get(LOG)).json()
    assert empty["events"] == []
    await api.as_(CLEO).open()
    assert len(await log(api, after=empty["next_after"])) == 1


async def test_a_history_can_be_followed_too(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await api.as_(CLEO).open("another")
    path = f"{ADMIN_TICKETS}/{ticket['id']}/events"
    first = (await api.get(path, params={"limit": 1})).json()
    assert [event["type"] for event in first["events"]] == ["ticket.opened"]
    await api.answer(ticket["id"])
    rest = await log(api, path, after=first["next_after"])
    assert [event["type"] for event in rest] == ["message.posted", "ticket.status_changed"]


async def test_a_limit_is_from_one_to_a_thousand_and_a_hundred_by_default(api: Api) -> None:
    hands = Hands()
    ticket = await api.as_(CLEO).open()
    for number in range(110):
        hands.turn()
        await api.patch(ticket["id"], priority=("low", "high")[number % 2])
    assert len(await log(api)) == 100
    assert len(await log(api, limit=1000)) == 111
    for limit in ("0", "1001", "-1", "x", "", "9" * 25):
        assert wrong_fields(await api.get(LOG, params={"limit": limit})) == ["limit"]


async def test_junk_for_a_place_is_refused(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    cursor = (await api.get(LOG)).json()["next_after"]
    junk = ["", "0", "1", "x", "-1", cursor[:-1], cursor + "A", cursor[1:], "' OR 1=1", "é", "=="]
    for path in (LOG, f"{ADMIN_TICKETS}/{ticket['id']}/events"):
        for text in junk:
            assert wrong_fields(await api.get(path, params={"after": text})) == ["after"], text


async def test_the_log_is_for_admins(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for path in (LOG, f"{ADMIN_TICKETS}/{ticket['id']}/events"):
        assert refusal(await api.as_(None).get(path)) == (401, "not_authenticated")
        assert refusal(await api.as_(CLEO).get(path)) == (403, "admin_required")
    for ticket_id in (NOBODYS_ID, "x"):
        answer = await api.get(f"{ADMIN_TICKETS}/{ticket_id}/events?after=junk")
        assert refusal(answer) == (404, "ticket_not_found")
