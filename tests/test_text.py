import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.errors import Code, Problem
from ticketpen.text import clean_line, clean_text, is_blank, is_storable, with_plain_newlines

ANY_TEXT = st.text(st.characters())  # lone surrogates too


def outcome(clean: Callable[[str, object, int], str], text: str, length: int) -> str | Problem:
    try:
        return clean("subject", text, length)
    except Problem as problem:
        return problem


BLANKS = [
    "",
    " ",
    "\t\n\r",
    "\u00a0\u2003\u3000",
    "\u200b\ufeff\u2060",
    "\u115f\u1160\u2800\u3164\uffa0",
]


Clean = Callable[[str, object, int], str]


def problem_of(value: object, clean: Clean = clean_text, length: int = 10) -> Problem:
    with pytest.raises(Problem) as caught:
        clean("subject", value, length)
    return caught.value


@pytest.mark.parametrize("text", BLANKS)
def test_what_nobody_can_see_is_blank(text: str) -> None:
    assert is_blank(text)
    assert problem_of(text).code is Code.INVALID_VALUE


@pytest.mark.parametrize("text", [".", " a ", "\u200bx", "\u0301", "💡", "ㅤ한"])
def test_one_visible_character_is_enough(text: str) -> None:
    assert not is_blank(text)
    assert clean_text("message", text, 10) == text


@given(ANY_TEXT)
def test_blank_means_every_character_is_unseen(text: str) -> None:
    seen = [
        c
        for c in text
        if unicodedata.category(c)[0] != "Z"
        and unicodedata.category(c) not in ("Cc", "Cf")
        and c not in "\u115f\u1160\u2800\u3164\uffa0"
    ]
    assert is_blank(text) == (not seen)


@given(ANY_TEXT)
def test_newlines_become_lf_and_nothing_else_changes(text: str) -> None:
    plain = with_plain_newlines(text)
    assert "\r" not in plain
    assert plain.replace("\n", "") == text.replace("\r", "").replace("\n", "")
    assert with_plain_newlines(plain) == plain


def test_length_counts_code_points_after_the_newlines_became_lf() -> None:
    assert clean_text("message", "12345678\r\na", 10) == "12345678\na"
    assert clean_text("message", "💡" * 10, 10) == "💡" * 10
    assert "at most 10 characters" in problem_of("💡" * 11).detail


@given(ANY_TEXT, st.integers(1, 20))
def test_kept_text_is_visible_storable_and_within_its_length(text: str, length: int) -> None:
    kept = outcome(clean_text, text, length)
    if isinstance(kept, Problem):
        assert kept.status == 422
        assert [error.field for error in kept.errors] == ["subject"]
    else:
        assert kept == with_plain_newlines(text)
        assert not is_blank(kept)
        assert len(kept) <= length
        kept.encode("utf-8")


@given(ANY_TEXT)
def test_a_kept_line_is_verbatim_and_one_line_for_everybody(text: str) -> None:
    kept = outcome(clean_line, text, 1000)
    if isinstance(kept, Problem):
        assert kept.status == 422
    else:
        assert kept == text
        assert not any(c < " " for c in kept)
        assert len(kept.splitlines()) == 1


@pytest.mark.parametrize("character", ["\0", "\n", "\r", "\t", "\x1f", "\x85", "\u2028", "\u2029"])
def test_a_line_takes_no_breaks_and_no_controls(character: str) -> None:
    assert problem_of(f"a{character}b", clean_line).status == 422


@pytest.mark.parametrize("text", ["a\0b", "a\ud800", "\udfff"])
def test_nul_and_half_a_surrogate_pair_are_refused_everywhere(text: str) -> None:
    assert not is_storable(text)
    assert problem_of(text).status == 422
    assert problem_of(text, clean_line).status == 422


@pytest.mark.parametrize("value", [None, 1, True, ["a"], {"a": 1}])
def test_what_is_no_text_is_refused(value: object) -> None:
    assert "must be text" in problem_of(value).detail
    assert "must be text" in problem_of(value, clean_line).detail
