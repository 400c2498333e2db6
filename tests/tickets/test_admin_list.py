"""GET /api/v1/admin/tickets: all tickets, and every filter."""

from tests.cast import Actor
from tests.pictures import png
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
    picture,
    refusal,
    set_status,
    wrong_fields,
)
from ticketpen.clock import SECOND, rfc3339

SEED_FIELDS = {
    *("id", "user_id", "subject", "status", "priority", "message_count"),
    *("last_message_at", "created_at", "updated_at", "user_name", "user_email"),
}
BAD_TIMES = ["", "yesterday", "2026-13-01", "2026-04-08T25:00", "1", "2026-04-08T12:00:00+99:99"]


async def some(api: Api, *subjects: str) -> list[str]:
    return [(await api.as_(CLEO).open(subject))["id"] for subject in subjects]


async def test_admins_see_the_tickets_of_everybody_with_names_and_addresses(api: Api) -> None:
    first = await api.as_(CLEO).open()
    second = await api.as_(RICK, email=None).open()
    found = await listed(api)
    assert [t["id"] for t in found["tickets"]] == [second["id"], first["id"]]
    assert found["total"] == 2
    assert all(t.keys() >= SEED_FIELDS and "messages" not in t for t in found["tickets"])
    assert found["tickets"][1]["user_name"] == "Cleo Marchetti"
    assert found["tickets"][1]["user_email"] == "cleo@example.org"
    assert found["tickets"][0]["user_email"] is None
    assert (found["page"], found["page_size"], found["next_cursor"]) == (1, 20, None)


async def test_the_list_of_all_is_for_admins(api: Api) -> None:
    assert refusal(await api.as_(None).get(ADMIN_TICKETS)) == (401, "not_authenticated")
    assert refusal(await api.as_(CLEO).get(ADMIN_TICKETS)) == (403, "admin_required")


async def test_status_and_priority_take_lists_and_all(api: Api) -> None:
    found = await some(api, "a", "b", "c", "d")
    for number, ticket_id in enumerate(found):
        await api.patch(ticket_id, status=STATUSES[number], priority=PRIORITIES[number])
    for name, words in (("status", STATUSES), ("priority", PRIORITIES)):
        for number, word in enumerate(words):
            assert await ids(api, **{name: word}) == [found[number]]
        for asked in (f"{words[0]},{words[3]}", [words[3], words[0]], f" {words[0]} ,{words[3]},"):
            assert set(await ids(api, **{name: asked})) == {found[0], found[3]}
        for asked in ("all", ["all", words[0]], ",".join(words)):
            assert len(await ids(api, **{name: asked})) == 4
    assert await ids(api, status="open,resolved", priority="high,urgent") == [found[2]]
    assert await ids(api, status="open", priority="urgent") == []


async def test_a_person_is_found_by_exact_id_or_by_address_in_any_case(api: Api) -> None:
    by_cleo = await some(api, "a")
    spaced = Actor("id with, comma & more", "Max", "Straße@Example.org", "user")
    by_other = (await api.as_(spaced).open())["id"]
    assert await ids(api, user_id="cleo") == by_cleo
    assert await ids(api, user_id="Cleo") == []
    assert await ids(api, user_id="cle") == []
    assert await ids(api, user_id=spaced.id) == [by_other]
    assert await ids(api, user_email="CLEO@Example.ORG") == by_cleo
    assert await ids(api, user_email="strasse@example.org") == [by_other]
    assert await ids(api, user_email="example.org") == []
    assert await ids(api, user_email="%") == []
    assert await ids(api, user_id="cleo", user_email="cleo@example.org") == by_cleo
    assert await ids(api, user_id="cleo", user_email="rick@example.org") == []


async def test_after_is_inclusive_and_before_is_exclusive(api: Api) -> None:
    hands = Hands()
    found, moments = [], []
    for _ in range(3):
        moments.append(rfc3339(hands.turn()))
        found += await some(api, "x")
    assert await ids(api, created_after=moments[1]) == found[:0:-1]
    assert await ids(api, created_before=moments[1]) == found[:1]
    assert await ids(api, created_after=moments[1], created_before=moments[2]) == [found[1]]
    later = rfc3339(hands.turn())
    await api.patch(found[0], priority="low")
    assert await ids(api, updated_after=later) == [found[0]]
    assert set(await ids(api, updated_before=later)) == set(found[1:])
    assert await ids(api, updated_before=moments[2], updated_after=moments[1]) == [found[1]]
    assert await ids(api, created_after=moments[2], created_before=moments[0]) == []


async def test_times_are_read_in_every_common_writing(api: Api) -> None:
    hands = Hands()
    hands.moment = type(hands.moment)(1_775_649_600 * SECOND)  # 2026-04-08T12:00:00Z
    token = api.as_(CLEO, exp=4_000_000_000)
    admin = api.as_(Actor("ada", "Ada", "ada@example.com", "admin"), exp=4_000_000_000)
    ticket_id = (await token.open())["id"]
    same = ["2026-04-08T12:00:00Z", "2026-04-08T12:00:00.000000Z", "2026-04-08T12:00:00z"]
    same += ["2026-04-08T14:00:00+02:00", "2026-04-08T14:00:00 02:00", "2026-04-08T14:00:00 0200"]
    same += ["2026-04-08T12:00", "2026-04-08 12:00:00", "2026-04-08T06:30:00-05:30", "20260408T12"]
    for text in same:
        assert await ids(admin, created_after=text) == [ticket_id], text
        assert await ids(admin, created_before=text) == [], text
    assert await ids(admin, created_after="2026-04-08") == [ticket_id]
    assert await ids(admin, created_after="2026-04-09") == []
    plus = await admin.get(ADMIN_TICKETS + "?created_after=2026-04-08T14:00:00+02:00")
    assert plus.json()["total"] == 1
    for text in ("0001-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"):
        assert (await listed(admin, created_before=text))["total"] == int(text > "2026")


async def test_needs_reply_is_open_or_in_progress_with_the_users_word_last(api: Api) -> None:
    cases = {}
    for last in ("user", "staff"):
        for status in STATUSES:
            ticket_id = (await some(api, f"{last} {status}"))[0]
            if last == "staff":
                await api.answer(ticket_id)
            await set_status(api, ticket_id, status)
            cases[last, status] = ticket_id
    waiting = {cases["user", "open"], cases["user", "in_progress"]}
    assert set(await ids(api, needs_reply="true")) == waiting
    assert set(await ids(api, needs_reply="1")) == waiting
    rest = set(cases.values()) - waiting
    assert set(await ids(api, needs_reply="false")) == rest
    assert set(await ids(api, needs_reply="0")) == rest
    await api.as_(CLEO).reply(cases["staff", "resolved"])
    assert cases["staff", "resolved"] in await ids(api, needs_reply="true")
    await api.answer(cases["user", "open"])
    assert cases["user", "open"] not in await ids(api, needs_reply="true")


async def test_has_attachments_looks_at_every_message(api: Api) -> None:
    without, at_first, later = await some(api, "a"), [], await some(api, "c")
    at_first.append((await api.as_(CLEO).open(files=[picture(png())]))["id"])
    path = f"{ADMIN_TICKETS}/{later[0]}/messages"
    await api.post_form(path, {"body": "See."}, [picture(png())])
    assert set(await ids(api, has_attachments="true")) == {*at_first, *later}
    assert await ids(api, has_attachments="false") == without


async def test_counts_are_under_the_same_filters_but_status(api: Api) -> None:
    found = await some(api, "a", "b", "c")
    await api.patch(found[0], status="closed", priority="high")
    await api.patch(found[1], priority="high")
    await api.as_(RICK).open()
    expected = {"open": 1, "in_progress": 0, "resolved": 0, "closed": 1}
    answer = await listed(api, priority="high", status="open", include="counts")
    assert (answer["counts"], answer["total"]) == (expected, 1)
    everyone = await listed(api, include="counts")
    assert everyone["counts"] == {"open": 3, "in_progress": 0, "resolved": 0, "closed": 1}
    paged = await listed(api, include="counts", page=9)
    assert paged["counts"] == everyone["counts"]
    by_cursor = await listed(api, page_size=1)
    walked = await listed(api, cursor=by_cursor["next_cursor"], page_size=1, include="counts")
    assert walked["counts"] == everyone["counts"]


async def test_filters_combine(api: Api) -> None:
    hands = Hands()
    start = rfc3339(hands.turn())
    found = await some(api, "Invoice one", "Invoice two", "Printer")
    await api.as_(RICK).open("Invoice three")
    await api.patch(found[1], priority="urgent")
    params = {
        "search": "invoice",
        "user_email": "cleo@example.org",
        "status": "open,in_progress",
        "priority": "normal,urgent",
        "needs_reply": "true",
        "has_attachments": "false",
        "created_after": start,
        "include": "counts",
    }
    answer = await listed(api, **params)
    assert {t["id"] for t in answer["tickets"]} == set(found[:2])
    assert (answer["total"], answer["counts"]["open"]) == (2, 2)
    assert await ids(api, **params, sort="priority") == [found[1], found[0]]


async def test_unknown_parameters_are_ignored(api: Api) -> None:
    found = await some(api, "a")
    assert await ids(api, colour="red", Status="closed", **{"page[size]": "0", "": "x"}) == found


async def test_wrong_parameters_are_named(api: Api) -> None:
    wrong = {
        "page": ["0", "-1", "x", "", "9223372036854775808", "1" * 26],
        "page_size": ["0", "101", "x"],
        "status": ["OPEN", "x", "open,x", ""],
        "priority": ["HIGH", "critical", "1", "low|high", ""],
        "sort": ["", "subject", "id", "-created_at", "created_at desc", "PRIORITY", "relevance"],
        "order": ["", "DESC", "up"],
        "needs_reply": ["", "yes", "True", "2", "null"],
        "has_attachments": ["", "on", "FALSE"],
        "created_after": BAD_TIMES,
        "created_before": BAD_TIMES,
        "updated_after": BAD_TIMES,
        "updated_before": BAD_TIMES,
        "search": ["x" * 201],
        "q": ["x" * 201],
        "cursor": ["", "x", "A" * 40],
    }
    for name, values in wrong.items():
        for value in values:
            answer = await api.get(ADMIN_TICKETS, params={name: value})
            assert wrong_fields(answer) == [name], (name, value)
    for name in ("user_id", "user_email", "search", "q"):
        assert wrong_fields(await api.get(f"{ADMIN_TICKETS}?{name}=a%00b")) == [name]
        assert wrong_fields(await api.get(f"{ADMIN_TICKETS}?{name}=%ff")) == [name]
