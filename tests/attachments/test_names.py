"""The name that people see and the name that stands in an address."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.attachments.images import Kind
from ticketpen.attachments.names import display_name, ending_is_allowed, stored_name

SHOWN = {
    "screenshot.png": "screenshot.png",
    "Bildschirmfoto 2026-04-08 um 12.00.00.png": "Bildschirmfoto 2026-04-08 um 12.00.00.png",
    "C:\\fakepath\\error.jpg": "error.jpg",
    "/etc/../passwd.png": "passwd.png",
    "a/b\\c.webp": "c.webp",
    " spaced .png ": "spaced .png",
    "invoice\u202egnp.exe": "invoicegnp.exe",
    "zero\u200bwidth\ufeff.png": "zerowidth.png",
    "null\0byte.png": "nullbyte.png",
    "line\r\nbreak\u2028s.png": "linebreaks.png",
    "half\ud800pair.png": "halfpair.png",
    "u\u0308ber.png": "\u00fcber.png",
    "u\u200d\u0308ber.png": "\u00fcber.png",
    "屏幕截图.png": "屏幕截图.png",
    "🙂.png": "🙂.png",
    ".png": ".png",
    "no ending": "no ending",
    "": "screenshot",
    ".": "screenshot",
    "..": "screenshot",
    "folder/": "screenshot",
    "a/..": "screenshot",
    "\u202e": "screenshot",
    ".\u200b.": "screenshot",
    "   ": "screenshot",
}

# What names are attacked with, beside any character at all.
CHARACTERS = st.characters() | st.sampled_from("./\\ \0\u202e\u0308é屏🙂PNGpngjw")
TEXTS = st.text(CHARACTERS, max_size=400)
NAMES = st.builds(lambda stem, ending: stem + ending, TEXTS, st.sampled_from(["", ".png", ".JPEG"]))


@pytest.mark.parametrize("raw", SHOWN)
def test_the_shown_name_is_the_base_name_without_tricks(raw: str) -> None:
    assert display_name(raw) == SHOWN[raw]


@pytest.mark.parametrize("letter", ["a", "é", "屏", "🙂"])
def test_a_long_name_keeps_its_ending_and_whole_characters(letter: str) -> None:
    name = display_name(letter * 300 + ".jpeg")
    assert name.endswith(letter + ".jpeg")
    assert 255 - len(letter.encode()) < len(name.encode()) <= 255


def test_a_long_name_without_an_ending_is_cut_at_its_end() -> None:
    assert display_name("a" * 300) == "a" * 255
    assert display_name("a. " + "b" * 300) == "a. " + "b" * 252


def test_a_name_of_a_megabyte_takes_no_time() -> None:
    assert display_name("a\u0316\u0301" * 300_000 + ".png").endswith(".png")


@given(NAMES)
def test_any_name_becomes_one_that_can_be_shown(raw: str) -> None:
    name = display_name(raw)
    assert name.strip() == name
    assert name not in ("", ".", "..")
    assert len(name.encode()) <= 255
    assert unicodedata.is_normalized("NFC", name)
    assert not re.search(r"[/\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", name)
    assert display_name(name) == name


@pytest.mark.parametrize("name", ["a.png", "a.JPG", "a.b.Jpeg", "a.WEBP", ".png"])
def test_the_four_endings_are_allowed_in_any_case(name: str) -> None:
    assert ending_is_allowed(name)


@pytest.mark.parametrize("name", ["a.gif", "a.svg", "a.png.html", "png", "a.png ", "a.jpg2", ""])
def test_every_other_ending_is_not_allowed(name: str) -> None:
    assert not ending_is_allowed(name)


STORED = {
    "screenshot.png": "screenshot.png",
    "Photo.JPG": "Photo.JPG",
    "Übergröße (2).jpeg": "Ubergroe-2.jpeg",
    "a.b..c.webp": "a-b-c.webp",
    "屏幕截图.png": "screenshot.png",
    ".png": "screenshot.png",
    "..png": "screenshot.png",
    "%2e%2e%2fx.png": "2e-2e-2fx.png",
    "／etc／passwd.png": "etc-passwd.png",
    "a_b-c.png": "a_b-c.png",
    "no ending": "no-ending.png",
    "page.html": "page-html.png",
}


@pytest.mark.parametrize("display", STORED)
def test_the_stored_name_is_safe_and_still_readable(display: str) -> None:
    name = stored_name(display, Kind.PNG)
    assert re.fullmatch("[0-9a-f]{8}", name[:8])
    assert name[8:] == "_" + STORED[display]


@pytest.mark.parametrize(("kind", "ending"), [*zip(Kind, [".png", ".jpg", ".webp"], strict=True)])
def test_a_name_without_an_ending_gets_the_one_of_its_kind(kind: Kind, ending: str) -> None:
    assert stored_name("screenshot", kind).endswith("_screenshot" + ending)
    assert stored_name("a.jpeg", kind).endswith("_a.jpeg")


def test_two_files_of_one_name_are_stored_under_two() -> None:
    assert len({stored_name("a.png", Kind.PNG) for _ in range(100)}) == 100


@given(NAMES, st.sampled_from(Kind))
def test_any_name_becomes_one_that_can_be_stored(raw: str, kind: Kind) -> None:
    name = stored_name(display_name(raw), kind)
    assert re.fullmatch(r"[0-9a-f]{8}_[A-Za-z0-9_-]+\.[A-Za-z]+", name)
    assert len(name) <= 100
    assert ending_is_allowed(name)
