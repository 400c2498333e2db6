"""What a search finds: one table of texts and questions, the same answers on both databases."""

from typing import Any

import pytest

from tests.cast import Actor
from tests.tickets.make import CLEO, RICK, TICKETS, Api, ids, listed, read

# A short name of each ticket: who opened it, its subject, its body.
TEXTS = {
    "key": ("cleo", "Cannot create API key", "I get a 500 error when clicking Create Key."),
    "creme": ("cleo", "Crème brûlée", "Naïve façade, São Paulo, Ångström, Straße, ΣΊΣΥΦΟΣ."),
    "percent": ("rick", "Discount of 100%", "The rate is 19% and snake_case stays; 50_50."),
    "quotes": ("rick", 'He said "no"', "It's O'Brien's \\ back\\slash; DROP TABLE -- x*"),
    "mail": ("rick", "Mail does not arrive", "Sent to jane.doe+tag@mail.example.com twice."),
    "cjk": ("cleo", "中文没有空格的标题", "日本語のテキスト"),
    "script": ("rick", "Новая Ёлка", "مرحبا שלום ภาษาไทย हिन्दी"),
    "newer": ("rick", "Letters of 2019", "\U0001e100\U0001e101 \U00010f30\U00010f31 emoji 👩‍💻 x²"),
    "operators": ("cleo", "AND OR NOT NEAR", "near(a b) a:b* ^start {col} +plus -minus"),
    "numbers": ("cleo", "Version 2.10.3", "Error 0x1F at 1,000 of 12345678"),
    "long": ("rick", "Long word", "w" * 200 + " Donaudampfschifffahrtsgesellschaft"),
    "key2": ("rick", "Key ring", "My api needs another create button, keyed by keyboards."),
}
FOUND = {
    "api": {"key", "key2"},
    "API KEY": {"key", "key2"},
    "key": {"key", "key2"},
    "keyb": {"key2"},
    "eyboard": set(),
    "create api click": {"key"},
    "create api button 500": set(),
    "500": {"key"},
    "creme": {"creme"},
    "CRÈME BRULE": {"creme"},
    "cre\u0300me": {"creme"},
    "sao paulo": {"creme"},
    "strasse": {"creme"},
    "Straß": {"creme"},
    "σισυφος": {"creme"},
    "angstrom": {"creme"},
    "100%": {"percent"},
    "%": set(),
    "_": set(),
    "a%cre": {"creme", "key", "key2"},
    "snake_case": {"percent"},
    "50_50": {"key", "percent"},
    "19_50": {"percent"},
    '"no"': {"quotes", "operators", "mail"},
    "'": set(),
    "o'brien": {"quotes"},
    "back\\slash": {"quotes"},
    "x*": {"quotes", "newer"},
    "drop table --": {"quotes"},
    "jane.doe+tag@mail.example.com": {"mail"},
    "mail example twice": {"mail"},
    "中文": {"cjk"},
    "没有": set(),
    "日本語": {"cjk"},
    "елка": {"script"},
    "НОВ": {"script"},
    "مرحبا שלום": {"script"},
    "ภาษา": {"script"},
    "हिन्दी": {"script"},
    "\U0001e100": {"newer"},
    "\U0001e100\U0001e101": {"newer"},
    "\U00010f30\U00010f31": {"newer"},
    "\U0001e101": set(),
    "👩‍💻": set(),
    "x2": {"newer"},
    "near": {"operators"},
    "and or not": {"operators"},
    "NOT key": set(),
    "near:b": {"operators"},
    "^start": {"operators"},
    "{col} +plus": {"operators"},
    "2.10": {"numbers"},
    "0x1f 1,000": {"numbers"},
    "1234": {"numbers"},
    "w" * 64: {"long"},
    "w" * 199: {"long"},
    "donaudampf": {"long"},
    "gesellschaft": set(),
    "cleo": {"key", "creme", "cjk", "operators", "numbers"},
    "marchetti api": {"key"},
    "Rick Hall key": {"key2"},
    "cleo@example.org": {"key", "creme", "cjk", "operators", "numbers"},
    "example.org key": {"key", "key2"},
    "example.com": {"mail"},
    "cleo keyboards": set(),
    " \t api \n": {"key", "key2"},
}


@pytest.fixture
async def library(api: Api) -> dict[str, dict[str, Any]]:
    actors = {"cleo": api.as_(CLEO), "rick": api.as_(RICK)}
    return {
        name: await actors[who].open(subject, body) for name, (who, subject, body) in TEXTS.items()
    }


async def test_every_question_finds_the_same_tickets_on_both_databases(
    api: Api, library: dict[str, dict[str, Any]]
) -> None:
    names = {ticket["id"]: name for name, ticket in library.items()}
    answers = {}
    for question in FOUND:
        found = await listed(api, search=question, page_size=100)
        answers[question] = {names[ticket["id"]] for ticket in found["tickets"]}
        assert found["total"] == len(answers[question]), question
    assert answers == FOUND


async def test_q_is_another_name_for_search_and_blank_is_no_search(
    api: Api, library: dict[str, dict[str, Any]]
) -> None:
    assert await ids(api, q="keyb") == [library["key2"]["id"]]
    assert await ids(api, search="keyb", q="nothing") == [library["key2"]["id"]]
    for blank in ("", " ", "\t\n"):
        assert len(await ids(api, search=blank, page_size=100)) == len(TEXTS)


async def test_a_search_takes_two_hundred_characters_and_many_words(
    api: Api, library: dict[str, dict[str, Any]]
) -> None:
    assert await ids(api, search="k " * 100) == await ids(api, search="k")
    assert await ids(api, search="😀" * 200) == []
    many = " ".join(chr(ord("a") + n % 26) * (n // 26 + 1) for n in range(60))
    assert await ids(api, search=many) == []


async def test_the_ticket_that_is_named_comes_first_whatever_the_sort(
    api: Api, library: dict[str, dict[str, Any]]
) -> None:
    named = await api.as_(CLEO).open("Named")
    others = [(await api.as_(RICK).open(f"See {named['number']} again"))["id"] for _ in range(2)]
    by_id = [await api.as_(RICK).open(f"About {named['id']}")]
    for sort in ("last_message_at", "priority", "message_count", "relevance"):
        for order in ("asc", "desc"):
            number = await ids(api, search=f"{named['number']}", sort=sort, order=order)
            assert number[0] == named["id"]
            assert set(number) >= {named["id"], *others}
            sharp = await ids(api, search=f" #{named['number']} ", sort=sort, order=order)
            assert sharp == number
            one = await ids(api, search=named["id"].upper(), sort=sort, order=order)
            assert one == [named["id"], by_id[0]["id"]]


async def test_a_cursor_walks_a_search_that_names_a_ticket_without_meeting_it_twice(
    api: Api,
) -> None:
    named = await api.as_(CLEO).open("Named")
    for _ in range(4):
        await api.as_(CLEO).open(f"See {named['number']}")
    whole = await ids(api, search=f"{named['number']}", order="asc")
    seen: list[str] = []
    params: dict[str, Any] = {"search": f"{named['number']}", "order": "asc", "page_size": 2}
    for _ in range(3):
        page = await listed(api, **params)
        seen += [ticket["id"] for ticket in page["tickets"]]
        params["cursor"] = page["next_cursor"]
    assert seen == whole
    assert seen[0] == named["id"]
    assert len(set(seen)) == 5


async def test_relevance_puts_words_of_the_subject_first(api: Api) -> None:
    cleo = api.as_(CLEO)
    none = (await cleo.open("Something else", "invoice and payment"))["id"]
    both = (await cleo.open("Invoice for the payment", "x"))["id"]
    one = (await cleo.open("An invoiced thing", "payment"))["id"]
    last = (await cleo.open("Another", "invoice, payment"))["id"]
    params = {"search": "invoice payment", "sort": "relevance"}
    found = await ids(api, **params)
    assert found[:2] == [both, one]
    assert found[2:] == [last, none]
    assert await ids(api, **params, order="asc") == found[::-1]
    walked: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        page = await listed(api, **params, page_size=1, **cursor)
        walked += [ticket["id"] for ticket in page["tickets"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert walked == found


async def test_a_reply_is_found_at_once_and_words_may_stand_in_different_messages(
    api: Api,
) -> None:
    ticket = await api.as_(CLEO).open("Printer", "It burns.")
    await api.answer(ticket["id"], "Use an extinguisher")
    await api.as_(CLEO).reply(ticket["id"], "Thanks, ashes remain")
    for question in ("extinguisher", "printer ashes", "burn exting rema", "cleo ashes"):
        assert await ids(api, search=question) == [ticket["id"]], question
    assert await ids(api, search="lindqvist") == []  # whose ticket it is counts, not who answered


async def test_a_new_name_or_address_is_found_and_the_old_one_is_not(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    assert await ids(api, search="marchetti") == [ticket["id"]]
    await api.as_(CLEO, name="Cleo Bianchi", email="bianchi@new.example").get(TICKETS)
    for question, expected in {
        "bianchi": [ticket["id"]],
        "new.example": [ticket["id"]],
        "marchetti": [],
        "example.org": [],
    }.items():
        assert await ids(api, search=question) == expected, question


async def test_people_alone_are_no_tickets(api: Api) -> None:
    nobody = Actor("quiet", "Quentin Quiet", "quentin@example.org", "user")
    await api.as_(nobody).get(TICKETS)
    assert await ids(api, search="quentin") == []


async def test_a_refused_message_is_not_found(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await api.patch(ticket["id"], status="closed")
    await api.as_(CLEO).reply(ticket["id"], "unheard")
    assert await ids(api, search="unheard") == []


async def test_a_ticket_of_very_many_different_words_can_still_be_written_to(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    for number in range(80):
        words = " ".join(chr(0x20000 + number * 77 + n) * 63 for n in range(77))
        assert (await cleo.reply(ticket["id"], words)).status_code == 201
    await cleo.reply(ticket["id"], "needle")
    assert await ids(api, search="needle " + chr(0x20000) * 63) == [ticket["id"]]
    assert (await read(api, ticket["id"]))["message_count"] == 82
