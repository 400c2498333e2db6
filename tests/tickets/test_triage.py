"""PATCH /api/v1/admin/tickets/{id}: status and priority."""

import itertools
from typing import Any

import httpx2

from tests.tickets.make import (
    ADMIN_TICKETS,
    CLEO,
    NOBODYS_ID,
    PRIORITIES,
    STATUSES,
    TICKETS,
    Api,
    Hands,
    everything,
    read,
    refusal,
    wrong_fields,
)
from ticketpen.settings import Settings

WRONG_VALUES: list[Any] = [None, "", "OPEN", " open", "pending", 1, True, 0.5, [], {}, ["open"]]


async def send(api: Api, ticket_id: str, body: bytes, kind: str) -> httpx2.Response:
    headers = {"Content-Type": kind} if kind else {}
    return await api.request("PATCH", f"{ADMIN_TICKETS}/{ticket_id}", content=body, headers=headers)


async def test_an_admin_sets_status_and_priority_and_sees_the_whole_ticket(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.patch(ticket["id"], status="resolved", priority="high")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["priority"]) == ("resolved", "high")
    assert answer.json()["messages"] == ticket["messages"]
    shown = await api.get(f"{ADMIN_TICKETS}/{ticket['id']}")
    assert answer.content == shown.content
    assert answer.headers["etag"] == shown.headers["etag"]


async def test_any_status_may_follow_any_other(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for before, after in itertools.permutations(STATUSES, 2):
        await api.patch(ticket["id"], status=before)
        answer = await api.patch(ticket["id"], status=after)
        assert (answer.status_code, answer.json()["status"]) == (200, after)


async def test_every_priority_can_be_set_and_leaves_the_status(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for priority in PRIORITIES:
        answer = await api.patch(ticket["id"], priority=priority)
        assert (answer.json()["priority"], answer.json()["status"]) == (priority, "open")


async def test_triage_moves_updated_at_but_not_last_message_at(api: Api) -> None:
    hands = Hands()
    ticket = await api.as_(CLEO).open()
    hands.turn(60)
    changed = (await api.patch(ticket["id"], priority="urgent")).json()
    assert changed["updated_at"] > ticket["updated_at"]
    assert changed["last_message_at"] == ticket["last_message_at"]
    assert changed["created_at"] == ticket["created_at"]
    assert changed["message_count"] == 1


async def test_nothing_to_change_is_fine_and_moves_nothing(api: Api, settings: Settings) -> None:
    hands = Hands()
    ticket = await api.as_(CLEO).open()
    shown = await api.get(f"{ADMIN_TICKETS}/{ticket['id']}")
    before = await everything(settings)
    hands.turn(60)
    for change in ({}, {"status": "open"}, {"status": "open", "priority": "normal"}):
        answer = await api.patch(ticket["id"], None, **change)
        assert answer.status_code == 200
        assert answer.content == shown.content
        assert answer.headers["etag"] == shown.headers["etag"]
    assert await everything(settings) == before


async def test_unknown_fields_are_ignored_and_never_applied(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.patch(
        ticket["id"],
        priority="low",
        subject="Mine now",
        user_id="mallory",
        message_count=99,
        number=7,
        created_at="2001-01-01T00:00:00Z",
        messages=[],
        nested={"status": "closed"},
    )
    changed = answer.json()
    assert answer.status_code == 200
    same = ticket.keys() - {"priority", "updated_at"}
    assert {name: changed[name] for name in same} == {name: ticket[name] for name in same}


async def test_json_and_merge_patch_are_taken_with_any_parameters(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    kinds = ["application/json", "application/merge-patch+json", "Application/JSON; charset=utf-8"]
    for kind, status in zip(kinds, STATUSES[1:], strict=True):
        answer = await send(api, ticket["id"], b'{"status": "%s"}' % status.encode(), kind)
        assert (answer.status_code, answer.json()["status"]) == (200, status)


async def test_other_content_types_are_refused(api: Api, settings: Settings) -> None:
    ticket = await api.as_(CLEO).open()
    before = await everything(settings)
    kinds = ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json")
    for kind in (*kinds, "application/json-patch+json", "application/jsonx"):
        answer = await send(api, ticket["id"], b'{"status": "closed"}', kind)
        assert refusal(answer) == (415, "unsupported_media_type"), kind
    assert await everything(settings) == before


async def test_what_is_no_json_is_malformed(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for body in (b"", b"{", b"{'status': 'open'}", b'{"status": NaN}', b"\xff{}", b"{}{}", b"["):
        answer = await send(api, ticket["id"], body, "application/json")
        assert refusal(answer) == (400, "malformed_request"), body
    deep = b"[" * 100_000
    assert refusal(await send(api, ticket["id"], deep, "application/json"))[0] == 400


async def test_json_that_is_no_object_is_invalid(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for body in (b"null", b"[]", b'"closed"', b"1", b"true", b'[{"status": "closed"}]'):
        answer = await send(api, ticket["id"], body, "application/json")
        assert refusal(answer) == (422, "invalid_value"), body


async def test_only_the_words_of_the_contract_are_values(api: Api, settings: Settings) -> None:
    ticket = await api.as_(CLEO).open()
    before = await everything(settings)
    for value in WRONG_VALUES:
        for field in ("status", "priority"):
            assert wrong_fields(await api.patch(ticket["id"], None, **{field: value})) == [field]
    both = await api.patch(ticket["id"], status="x", priority="y")
    assert wrong_fields(both) == ["status", "priority"]
    half = await api.patch(ticket["id"], status="closed", priority="y")
    assert wrong_fields(half) == ["priority"]
    assert await everything(settings) == before


async def test_triage_is_for_admins_and_for_tickets_that_are_there(
    api: Api, settings: Settings
) -> None:
    ticket = await api.as_(CLEO).open()
    before = await everything(settings)
    anonymous = await api.as_(None).patch(ticket["id"], status="closed")
    owner = await api.as_(CLEO).patch(ticket["id"], status="closed")
    nowhere = await api.patch(NOBODYS_ID, status="closed")
    malformed = await api.patch("x", status="closed")
    assert refusal(anonymous) == (401, "not_authenticated")
    assert refusal(owner) == (403, "admin_required")
    assert refusal(nowhere) == refusal(malformed) == (404, "ticket_not_found")
    assert await everything(settings) == before


async def test_the_user_path_has_no_patch(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    path = f"{TICKETS}/{ticket['id']}"
    answer = await api.as_(CLEO).request("PATCH", path, json={"status": "closed"})
    assert refusal(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    assert "PATCH" not in answer.headers["allow"]
    assert (await read(api, ticket["id"]))["status"] == "open"
