"""Times: microseconds inside, RFC 3339 with six digits outside."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.clock import Moment, now, parse_moment, rfc3339, set_source

NOON = Moment(1_775_649_600_000_000)  # 2026-04-08T12:00:00Z


def test_a_time_always_has_six_digits_and_z() -> None:
    assert rfc3339(NOON) == "2026-04-08T12:00:00.000000Z"
    assert rfc3339(NOON + 123_456) == "2026-04-08T12:00:00.123456Z"


@given(st.integers(0, 253_402_300_799_999_999))
def test_a_time_reads_back_as_it_was_written(moment: int) -> None:
    assert parse_moment(rfc3339(moment)) == moment
    as_library = datetime.fromtimestamp(moment // 1_000_000, UTC)
    assert rfc3339(moment)[:19] == as_library.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-08T12:00:00Z",
        "2026-04-08T12:00:00",  # no zone: UTC
        "2026-04-08T14:00:00+02:00",
        "2026-04-08T14:00:00 02:00",  # what `+` becomes in a query string
        "2026-04-08T14:00:00 0200",
        "2026-04-08 12:00:00",
        "20260408T120000Z",
        "2026-04-08t12:00:00z",
    ],
)
def test_the_same_moment_in_other_words(text: str) -> None:
    assert parse_moment(text) == NOON


def test_a_bare_date_is_midnight() -> None:
    assert rfc3339(parse_moment("2026-04-08")) == "2026-04-08T00:00:00.000000Z"


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "12:00", "1775649600", "2026-04-08T25"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the words are the library's
        parse_moment(text)


def test_the_clock_can_be_replaced() -> None:
    set_source(lambda: NOON)
    assert now() == NOON
