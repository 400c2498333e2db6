"""The one clock. Times are integers: microseconds since 1970 in UTC; on the wire RFC 3339."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

Moment = NewType("Moment", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _system_clock() -> int:
    return time.time_ns() // 1000


_source: Callable[[], int] = _system_clock


def now() -> Moment:
    """The current moment."""
    return Moment(_source())


def set_source(source: Callable[[], int] | None) -> None:
    """Replace the clock (tests); None brings the system's back."""
    global _source
    _source = source or _system_clock


_minutes: dict[int, str] = {}


def rfc3339(moment: int) -> str:
    """`2026-04-08T12:00:00.123456Z`: always six digits and Z."""
    second, micro = divmod(moment, SECOND)
    minute, second = divmod(second, 60)
    prefix = _minutes.get(minute)
    if prefix is None:
        # A page of a list formats sixty times: the calendar arithmetic is done once a minute.
        if len(_minutes) > 50_000:
            _minutes.clear()
        prefix = (_EPOCH + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:")
        _minutes[minute] = prefix
    return f"{prefix}{second:02d}.{micro:06d}Z"


def parse_moment(text: str) -> Moment:
    """An ISO 8601 time: no zone means UTC, a bare date is 00:00, a blank where `+` was meant
    (`+` in a query string is a blank) is accepted. Raises ValueError."""
    text = text.strip().upper()  # RFC 3339 takes `t` and `z` too, Python does not
    head, blank, zone = text.rpartition(" ")
    if blank and len(zone) in (2, 4, 5) and "T" in head.replace(" ", "T"):
        text = f"{head}+{zone}"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return Moment((delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds)
