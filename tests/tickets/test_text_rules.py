"""Texts: what is kept verbatim, what becomes LF, what is refused. The same on both databases."""

import pytest

from tests.tickets.make import (
    CLEO,
    TICKETS,
    Api,
    everything,
    part,
    read,
    send_raw,
    wrong_fields,
)
from ticketpen.settings import Settings

VERBATIM = [
    "  leading and trailing blanks  ",
    "\n\nlines\n\n\tand tabs\n",
    "e\u0301 is not made é, ﬁ stays ﬁ",
    "👩‍👩‍👧 \U0010ffff \ue000 \ufffe",
    "عربي \u202eabc\u202c עברית",
    "'; DROP TABLE tickets; -- \" \\ %s {} $1 :name ?",
    "<b>&amp;</b> <script>alert(1)</script>",
    "\ufeffmark, \u200b zero width, \u00ad soft hyphen",
    "\x01\x02\x1b[31m\x7f\x80\x9f controls",
    "next\x85line \u2028 separator \u2029 paragraph \x0b \x0c",
]
BLANK = ["", " ", "\t\r\n", "\u00a0\u2003\u3000", "\u200b\u200d\ufeff\u2060", "\u115f\u1160"]
BLANK += ["\u2800", "\u3164\uffa0", "\u00ad", "\x1b\x7f", "\u2028\u2029", "\U000e0001\U000e0020"]
INVALID_UTF8 = [b"\xff", b"ab\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe4"]
NOT_IN_A_LINE = ["a\nb", "a\rb", "a\r\nb", "a\tb", "a\x1bb", "a\x01b", "a\x85b", "a\u2028b"]
NOT_IN_A_LINE += ["a\u2029b", "end\n", "\x0b\x0c x"]


async def test_bodies_are_kept_to_the_letter(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open(message=VERBATIM[0])
    for text in VERBATIM[1:]:
        written = await cleo.reply(ticket["id"], text)
        assert written.json()["body"] == text
    found = await read(cleo, ticket["id"], TICKETS)
    assert [message["body"] for message in found["messages"]] == VERBATIM


async def test_subjects_are_kept_to_the_letter_in_one_line(api: Api) -> None:
    cleo = api.as_(CLEO)
    for subject in (
        " blank ends ",
        "e\u0301ﬁ👩‍👩‍👧",
        "' \" \\ % _ <b>",
        "\u202ertl\u202c \x7f\x80",
    ):
        ticket = await cleo.open(subject)
        assert (await read(cleo, ticket["id"], TICKETS))["subject"] == subject


async def test_every_line_end_becomes_a_line_feed(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open(message="one\r\ntwo\rthree\nfour\n\r\r\n")
    assert ticket["messages"][0]["body"] == "one\ntwo\nthree\nfour\n\n\n"


async def test_length_counts_code_points_after_line_ends_were_folded(api: Api) -> None:
    cleo = api.as_(CLEO)
    folded = await cleo.open(message="\r\n" * 2500 + "x" * 2500)
    assert len(folded["messages"][0]["body"]) == 5000
    wide = await cleo.open("😀" * 255, "😀" * 5000)
    assert wide["subject"] == "😀" * 255
    joined = "e\u0301" * 128
    answer = await cleo.post_form(TICKETS, {"subject": joined, "message": "m"})
    assert wrong_fields(answer) == ["subject"]
    answer = await cleo.post_form(TICKETS, {"subject": "s", "message": "\r\n" * 2500 + "x" * 2501})
    assert wrong_fields(answer) == ["message"]


@pytest.mark.parametrize("field", ["subject", "message", "body"])
async def test_a_text_of_which_nothing_is_seen_is_refused(
    api: Api, settings: Settings, field: str
) -> None:
    cleo = api.as_(CLEO)
    path = TICKETS
    if field == "body":
        path = f"{TICKETS}/{(await cleo.open())['id']}/messages"
    before = await everything(settings)
    for text in BLANK:
        answer = await cleo.post_form(path, {"subject": "s", "message": "m"} | {field: text})
        assert wrong_fields(answer) == [field], repr(text)
    assert await everything(settings) == before


@pytest.mark.parametrize("field", ["subject", "message"])
async def test_text_that_cannot_be_stored_alike_everywhere_is_refused(
    api: Api, settings: Settings, field: str
) -> None:
    before = await everything(settings)
    for raw in (b"a\0b", b"\0", *INVALID_UTF8):
        texts = {"subject": b"s", "message": b"m"} | {field: raw}
        parts = [part(name, value) for name, value in texts.items()]
        answer = await send_raw(api, TICKETS, parts)
        assert wrong_fields(answer) == [field], raw
    assert await everything(settings) == before


async def test_a_subject_is_one_line_without_control_characters(api: Api) -> None:
    for subject in NOT_IN_A_LINE:
        answer = await api.post_form(TICKETS, {"subject": subject, "message": "m"})
        assert wrong_fields(answer) == ["subject"], repr(subject)


async def test_a_letter_beside_invisible_ones_is_enough(api: Api) -> None:
    for text in ("\u200bx", "\u3164.", "\u2800😀"):
        assert (await api.open(text, text))["subject"] == text
