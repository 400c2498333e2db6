"""How the list of all is ordered, and how a cursor walks it."""

import itertools
from typing import Any

import pytest

from tests.tickets.make import (
    ADMIN_TICKETS,
    CLEO,
    PRIORITIES,
    RICK,
    STATUSES,
    Api,
    Hands,
    ids,
    listed,
    wrong_fields,
)

SORTS = ["last_message_at", "created_at", "updated_at", "priority", "status", "message_count"]


async def many(api: Api) -> list[dict[str, Any]]:
    """Tickets whose every sort value is shared by some."""
    hands = Hands()
    tickets = []
    cleo = api.as_(CLEO)
    for number, (status, priority) in enumerate(itertools.product(STATUSES, PRIORITIES)):
        if number % 3 == 0:
            hands.turn()
        ticket = await cleo.open(f"Number {number}")
        for _ in range(number % 3):
            await cleo.reply(ticket["id"])
        answer = await api.patch(ticket["id"], status=status, priority=priority)
        tickets.append(answer.json())
    return tickets


def ordered(tickets: list[dict[str, Any]], sort: str, order: str) -> list[str]:
    ranks = {word: rank for words in (STATUSES, PRIORITIES) for rank, word in enumerate(words)}

    def key(ticket: dict[str, Any]) -> tuple[Any, str]:
        value = ticket[sort]
        return ranks.get(value, value), ticket["id"]

    return [t["id"] for t in sorted(tickets, key=key, reverse=order == "desc")]


async def test_every_sort_goes_both_ways_by_rank_with_ties_by_id(api: Api) -> None:
    tickets = await many(api)
    for sort, order in itertools.product(SORTS, ("desc", "asc")):
        expected = ordered(tickets, sort, order)
        params = {"sort": sort, "order": order, "page_size": 100}
        assert await ids(api, **params) == expected, (sort, order)
        pages = [await ids(api, **params | {"page_size": 5, "page": p}) for p in (1, 2, 3, 4)]
        assert list(itertools.chain(*pages)) == expected
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = await listed(api, **params | {"page_size": 7}, **cursor)
            seen += [t["id"] for t in page["tickets"]]
            assert (page["total"], page["page_size"]) == (16, 7)
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert seen == expected, (sort, order)


async def test_the_default_is_the_newest_message_first(api: Api) -> None:
    tickets = await many(api)
    expected = ordered(tickets, "last_message_at", "desc")
    assert await ids(api, page_size=100) == expected
    assert await ids(api, page_size=100, order="asc") == expected[::-1]
    assert await ids(api, page_size=100, sort="priority") == ordered(tickets, "priority", "desc")


async def test_a_walk_by_age_meets_every_ticket_once_while_tickets_arrive_and_change(
    api: Api,
) -> None:
    cleo = api.as_(CLEO)
    present = [(await cleo.open(f"{n}"))["id"] for n in range(9)]
    seen: list[str] = []
    params: dict[str, Any] = {"sort": "created_at", "order": "asc", "page_size": 2}
    arrived = 0
    while True:
        page = await listed(api, **params)
        seen += [t["id"] for t in page["tickets"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
        if arrived < 3:
            arrived += 1
            present.append((await cleo.open("late"))["id"])
            await cleo.reply(present[0])
            await api.patch(present[4], priority=PRIORITIES[arrived])
    assert seen == present


async def test_a_walk_from_the_newest_is_not_disturbed_by_newer_ones(api: Api) -> None:
    present = [(await api.as_(CLEO).open(f"{n}"))["id"] for n in range(6)]
    seen: list[str] = []
    params: dict[str, Any] = {"page_size": 2}
    while params.get("cursor", "") is not None:
        page = await listed(api, **params)
        seen += [t["id"] for t in page["tickets"]]
        params["cursor"] = page["next_cursor"]
        await api.as_(RICK).open("newer")
    assert seen == present[::-1]


async def test_the_last_page_gives_no_cursor_even_when_it_is_full(api: Api) -> None:
    for number in range(4):
        await api.as_(CLEO).open(f"{number}")
    first = await listed(api, page_size=2)
    second = await listed(api, page_size=2, cursor=first["next_cursor"])
    assert len(second["tickets"]) == 2
    assert second["next_cursor"] is None
    assert (await listed(api, page_size=4))["next_cursor"] is None
    assert (await listed(api, page_size=4, page=9))["next_cursor"] is None
    assert (await listed(api, page_size=2, page=2))["next_cursor"] is None
    assert (await listed(api, page_size=2, page=1))["next_cursor"] == first["next_cursor"]


@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize("page_size", [1, 2, 3])
async def test_a_walk_of_a_search_that_names_a_ticket_meets_all_the_others_too(
    api: Api, page_size: int, order: str
) -> None:
    numbers = [(await api.as_(CLEO).open(f"Printer 3 of {n}"))["number"] for n in range(5)]
    seen: list[int] = []
    params: dict[str, Any] = {"search": "3", "page_size": page_size, "order": order}
    while params.get("cursor", "") is not None:
        page = await listed(api, **params)
        seen += [t["number"] for t in page["tickets"]]
        params["cursor"] = page["next_cursor"]
    rest = [number for number in numbers if number != 3]
    assert seen == [3, *(rest if order == "asc" else rest[::-1])]


@pytest.mark.parametrize(
    "other",
    [
        {"sort": "created_at"},
        {"order": "asc"},
        {"status": "open"},
        {"priority": "normal"},
        {"search": "number"},
        {"user_id": "cleo"},
        {"needs_reply": "true"},
        {"created_after": "2020-01-01"},
        {"page": "1"},
    ],
)
async def test_a_cursor_belongs_to_its_own_filters_and_order(
    api: Api, other: dict[str, str]
) -> None:
    for number in range(3):
        await api.as_(CLEO).open(f"Number {number}")
    cursor = (await listed(api, page_size=1))["next_cursor"]
    answer = await api.get(ADMIN_TICKETS, params={"cursor": cursor} | other)
    assert wrong_fields(answer) == ["cursor"]
    if "page" not in other:
        theirs = (await listed(api, page_size=1, **other))["next_cursor"]
        assert wrong_fields(await api.get(ADMIN_TICKETS, params={"cursor": theirs})) == ["cursor"]


async def test_a_cursor_may_go_on_with_another_page_size_and_with_counts(api: Api) -> None:
    found = [(await api.as_(CLEO).open(f"{n}"))["id"] for n in range(5)]
    cursor = (await listed(api, page_size=1))["next_cursor"]
    page = await listed(api, cursor=cursor, page_size=50, include="counts")
    assert [t["id"] for t in page["tickets"]] == found[3::-1]
    assert page["counts"]["open"] == 5


async def test_the_same_filters_in_another_writing_share_cursors(api: Api) -> None:
    for number in range(3):
        await api.as_(CLEO).open(f"{number}")
    cursor = (await listed(api, page_size=1, status="open,closed"))["next_cursor"]
    page = await listed(api, cursor=cursor, status=["closed", "open"], order="desc")
    assert len(page["tickets"]) == 2


async def test_a_cursor_that_was_altered_is_refused(api: Api) -> None:
    for number in range(3):
        await api.as_(CLEO).open(f"{number}")
    cursor = (await listed(api, page_size=1))["next_cursor"]
    for place in range(0, len(cursor), 7):
        other = "A" if cursor[place] != "A" else "B"
        forged = cursor[:place] + other + cursor[place + 1 :]
        answer = await api.get(ADMIN_TICKETS, params={"cursor": forged})
        assert wrong_fields(answer) == ["cursor"], place
    log = (await api.get("/api/v1/admin/events")).json()["next_after"]
    assert wrong_fields(await api.get(ADMIN_TICKETS, params={"cursor": log})) == ["cursor"]
