"""The rules of a ticket's life, as tables; tags and words of status in their order."""

import pytest

from ticketpen.tickets.etags import is_named
from ticketpen.tickets.ticket import (
    PRIORITIES,
    STATUSES,
    Person,
    Sender,
    Status,
    is_unanswered,
    status_after_reply,
    takes_messages,
)

OPEN, IN_PROGRESS, RESOLVED, CLOSED = STATUSES


def test_status_and_priority_rank_by_their_life_and_not_by_alphabet() -> None:
    assert list(STATUSES) == ["open", "in_progress", "resolved", "closed"]
    assert list(PRIORITIES) == ["low", "normal", "high", "urgent"]


@pytest.mark.parametrize("reopen", [True, False])
@pytest.mark.parametrize("before", [OPEN, IN_PROGRESS, RESOLVED])
def test_a_reply_moves_an_open_ticket_of_staff_and_a_resolved_one_of_its_user(
    before: Status, reopen: bool
) -> None:
    by_staff = status_after_reply(before, Sender.ADMIN, reopen=reopen)
    assert by_staff is (IN_PROGRESS if before is OPEN else before)
    by_user = status_after_reply(before, Sender.USER, reopen=reopen)
    assert by_user is (OPEN if before is RESOLVED and reopen else before)


def test_only_a_closed_ticket_takes_no_messages() -> None:
    assert [takes_messages(status) for status in STATUSES] == [True, True, True, False]


def test_staff_owe_an_answer_while_a_ticket_is_alive_and_its_user_spoke_last() -> None:
    assert [is_unanswered(s, user_spoke_last=True) for s in STATUSES] == [True, True, False, False]
    assert not any(is_unanswered(s, user_spoke_last=False) for s in STATUSES)


def test_a_name_is_shown_else_an_address_else_an_id() -> None:
    assert Person("id", "Name", "a@example.org").shown_name == "Name"
    assert Person("id", None, "a@example.org").shown_name == "a@example.org"
    assert Person("id", "", "").shown_name == "id"


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ('"a1"', True),
        ('W/"a1"', True),
        ('"x", "a1"', True),
        ('"x",W/"a1","y"', True),
        ("*", True),
        (" * ", True),
        ("a1", False),
        ('"a11"', False),
        ('"A1"', False),
        ('"x", *', False),
        ("", False),
        ('"', False),
    ],
)
def test_a_tag_is_named_by_value(header: str, named: bool) -> None:
    assert is_named('"a1"', header) is named
