"""GET /api/v1/support/tickets: the caller's own tickets."""

import math

from tests.tickets.make import (
    CLEO,
    MALLORY,
    RICK,
    STATUSES,
    TICKETS,
    Api,
    Hands,
    ids,
    listed,
    refusal,
    set_status,
    wrong_fields,
)

SEED_ITEM = {
    *("id", "user_id", "subject", "status", "priority", "message_count"),
    *("last_message_at", "created_at", "updated_at"),
}


async def open_many(api: Api, count: int) -> list[str]:
    return [(await api.open(f"Ticket {number}"))["id"] for number in range(count)]


async def test_an_empty_list_is_empty(api: Api) -> None:
    found = await listed(api.as_(MALLORY), TICKETS)
    assert (found["tickets"], found["total"], found["next_cursor"]) == ([], 0, None)


async def test_items_carry_the_fields_of_the_contract_and_no_messages(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    await cleo.reply(ticket["id"])
    found = await listed(cleo, TICKETS)
    item = found["tickets"][0]
    assert item.keys() >= SEED_ITEM
    assert "messages" not in item
    assert (item["message_count"], found["total"]) == (2, 1)
    assert (found["page"], found["page_size"]) == (1, 20)


async def test_only_own_tickets_are_listed_even_for_admins(api: Api) -> None:
    mine = await open_many(api.as_(CLEO), 2)
    theirs = await open_many(api.as_(RICK), 1)
    assert await ids(api.as_(CLEO), TICKETS) == mine[::-1]
    assert await ids(api.as_(RICK), TICKETS) == theirs
    assert await ids(api, TICKETS) == []
    asked = await ids(api.as_(RICK), TICKETS, user_id="cleo", user_email="cleo@example.org")
    assert asked == theirs


async def test_nobody_lists_without_a_token(api: Api) -> None:
    assert refusal(await api.as_(None).get(TICKETS)) == (401, "not_authenticated")
    assert refusal(await api.as_(None).get(TICKETS + "?page=0")) == (401, "not_authenticated")


async def test_the_ticket_with_the_newest_message_comes_first(api: Api) -> None:
    hands = Hands()
    cleo = api.as_(CLEO)
    found = []
    for _ in range(3):
        hands.turn()
        found += await open_many(cleo, 1)
    hands.turn()
    await cleo.reply(found[0])
    hands.turn()
    await api.patch(found[1], priority="high")
    assert await ids(cleo, TICKETS) == [found[0], found[2], found[1]]


async def test_tickets_of_one_moment_come_by_id(api: Api) -> None:
    Hands()
    found = await open_many(api.as_(CLEO), 5)
    assert await ids(api.as_(CLEO), TICKETS) == sorted(found, reverse=True)


async def test_pages_part_the_list_without_gap_or_overlap(api: Api) -> None:
    cleo = api.as_(CLEO)
    found = (await open_many(cleo, 7))[::-1]
    for size in (1, 3, 7, 100):
        pages = math.ceil(len(found) / size)
        seen: list[str] = []
        for page in range(1, pages + 1):
            answer = await listed(cleo, TICKETS, page=page, page_size=size)
            assert (answer["page"], answer["page_size"], answer["total"]) == (page, size, 7)
            seen += [ticket["id"] for ticket in answer["tickets"]]
        assert seen == found


async def test_a_page_past_the_end_is_empty_and_tells_the_true_total(api: Api) -> None:
    await open_many(api.as_(CLEO), 3)
    for page in (2, 4, 2**31, 2**63 - 1):
        found = await listed(api.as_(CLEO), TICKETS, page=page)
        assert (found["tickets"], found["total"], found["page"]) == ([], 3, page)


async def test_twenty_to_a_page_unless_asked_otherwise(api: Api) -> None:
    await open_many(api.as_(CLEO), 21)
    found = await listed(api.as_(CLEO), TICKETS)
    assert (len(found["tickets"]), found["total"]) == (20, 21)
    assert found["next_cursor"]


async def test_status_takes_one_several_or_all(api: Api) -> None:
    cleo = api.as_(CLEO)
    by_status = dict(zip(STATUSES, await open_many(cleo, 4), strict=True))
    for status, ticket_id in by_status.items():
        await set_status(api, ticket_id, status)
    for status, ticket_id in by_status.items():
        assert await ids(cleo, TICKETS, status=status) == [ticket_id]
    both = {by_status["open"], by_status["closed"]}
    for asked in ("open,closed", "closed, open", "open,open,closed,", ["open", "closed"]):
        assert set(await ids(cleo, TICKETS, status=asked)) == both
    for asked in ("all", "all,open", ["open", "all"], ",".join(STATUSES)):
        found = await listed(cleo, TICKETS, status=asked)
        assert (len(found["tickets"]), found["total"]) == (4, 4)


async def test_counts_come_when_asked_for_and_ignore_the_status_filter(api: Api) -> None:
    cleo = api.as_(CLEO)
    for status in ("open", "closed", "closed"):
        await set_status(api, (await cleo.open(f"Was {status}"))["id"], status)
    await api.as_(RICK).open()
    expected = {"open": 1, "in_progress": 0, "resolved": 0, "closed": 2}
    assert "counts" not in await listed(cleo, TICKETS)
    assert (await listed(cleo, TICKETS, include="counts"))["counts"] == expected
    filtered = await listed(cleo, TICKETS, include="counts", status="open")
    assert (filtered["counts"], filtered["total"]) == (expected, 1)
    searched = await listed(cleo, TICKETS, include="counts", search="was open")
    assert searched["counts"] == {"open": 1, "in_progress": 0, "resolved": 0, "closed": 0}


async def test_a_user_searches_own_tickets_only(api: Api) -> None:
    mine = (await api.as_(CLEO).open("Invoice of March"))["id"]
    theirs = await api.as_(RICK).open("Invoice of April")
    assert await ids(api.as_(CLEO), TICKETS, search="invoice") == [mine]
    assert await ids(api.as_(CLEO), TICKETS, search=theirs["id"]) == []
    assert await ids(api.as_(CLEO), TICKETS, search=f"#{theirs['number']}") == []


async def test_a_cursor_walks_the_own_list(api: Api) -> None:
    cleo = api.as_(CLEO)
    found = (await open_many(cleo, 5))[::-1]
    await api.as_(RICK).open()
    seen: list[str] = []
    params: dict[str, object] = {"page_size": 2}
    for _ in range(3):
        answer = await listed(cleo, TICKETS, **params)
        seen += [ticket["id"] for ticket in answer["tickets"]]
        params["cursor"] = answer["next_cursor"]
    assert seen == found
    assert params["cursor"] is None


async def test_a_cursor_is_worth_nothing_to_somebody_else(api: Api) -> None:
    await open_many(api.as_(CLEO), 3)
    cursor = (await listed(api.as_(CLEO), TICKETS, page_size=1))["next_cursor"]
    answer = await api.as_(MALLORY).get(TICKETS, params={"cursor": cursor})
    assert wrong_fields(answer) == ["cursor"]
    assert wrong_fields(await api.get(TICKETS, params={"cursor": cursor})) == ["cursor"]


async def test_parameters_that_only_admins_have_are_ignored(api: Api) -> None:
    mine = await open_many(api.as_(CLEO), 2)
    found = await ids(
        api.as_(CLEO),
        TICKETS,
        sort="rubbish",
        order="asc",
        priority="x",
        needs_reply="maybe",
    )
    assert found == mine[::-1]


async def test_wrong_parameters_are_named(api: Api) -> None:
    wrong = {
        "page": ["0", "-1", "x", "", "1.0", "1e3", "0x1", "9223372036854775808", "٣", "1" * 26],
        "page_size": ["0", "101", "-5", "", "ten", "9" * 30],
        "status": ["OPEN", "pending", "open;closed", "", ",", "open,x", "%00", "null"],
        "cursor": ["", "x", "AAAA", "é", "=" * 8],
    }
    for name, values in wrong.items():
        for value in values:
            answer = await api.as_(CLEO).get(TICKETS, params={name: value})
            assert wrong_fields(answer) == [name], (name, value)
    several = await api.get(TICKETS + "?page=0&page_size=0&status=x&search=" + "x" * 201)
    assert set(wrong_fields(several)) == {"page", "page_size", "status", "search"}
    assert wrong_fields(await api.get(TICKETS + "?status=%ff")) == ["status"]
