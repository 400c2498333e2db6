"""What a ticket's events tell."""

from collections.abc import Sequence
from typing import Any

Events = Sequence[dict[str, Any]]


def values_of(history: Events, field: str) -> list[Any]:
    """Every value that a field had, in order. Fails when a change does not begin where the one
    before it ended."""
    changes = [event["changes"][field] for event in history if field in event["changes"]]
    values = [change["to"] for change in changes]
    assert [change["from"] for change in changes] == [None, *values[:-1]], changes
    return values


def messages_of(history: Events) -> list[str]:
    """The ids of the messages that were posted after the first, in order."""
    return [e["changes"]["message"]["to"] for e in history if e["type"] == "message.posted"]
