"""Cursors: what comes back is what was given out, or it is refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.cursors import Cursors

CURSORS = Cursors(b"k" * 32)


class Here(msgspec.Struct, frozen=True, array_like=True):
    number: int
    word: str


class There(msgspec.Struct, frozen=True, array_like=True):
    number: int
    word: str


@given(st.integers(-(2**63), 2**63 - 1), st.text())
def test_a_place_comes_back_as_it_was(number: int, word: str) -> None:
    place = Here(number, word)
    assert CURSORS.read(CURSORS.make(place), Here) == place


@given(st.text())
def test_junk_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        CURSORS.read(text, Here)


@given(st.integers(0, 200), st.sampled_from("ABCxyz019-_"))
def test_a_cursor_with_one_character_changed_is_refused(place: int, letter: str) -> None:
    made = CURSORS.make(Here(7, "seven"))
    place %= len(made) - 1  # the last character may hold bits that are not used
    changed = made[:place] + letter + made[place + 1 :]
    if changed != made:
        with pytest.raises(ValueError, match="not a cursor"):
            CURSORS.read(changed, Here)


def test_a_cursor_of_another_kind_or_key_is_refused() -> None:
    made = CURSORS.make(Here(7, "seven"))
    with pytest.raises(ValueError, match="not a cursor"):
        CURSORS.read(made, There)
    with pytest.raises(ValueError, match="not a cursor"):
        Cursors(b"another key of thirty-two bytes!").read(made, Here)
