"""Ids: UUIDv7, sorted by time, in one form."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ticketpen.clock import Moment
from ticketpen.ids import find_id, new_id, new_secret

MOMENTS = st.integers(0, 2**47 * 1000).map(Moment)


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_with_its_time(moment: Moment) -> None:
    made = uuid.UUID(new_id(moment))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == moment // 1000


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_time(one: Moment, other: Moment) -> None:
    if one // 1000 != other // 1000 or abs(one - other) > 1:
        assert (new_id(one) < new_id(other)) == (one < other) or one == other


def test_ids_of_one_moment_differ() -> None:
    assert len({new_id(Moment(1)) for _ in range(1000)}) == 1000


def test_an_id_in_capitals_is_the_same_id() -> None:
    made = new_id()
    assert find_id(made.upper()) == made


@given(st.text(max_size=40))
def test_anything_else_is_no_id(text: str) -> None:
    assert find_id(text) is None


def test_a_url_safe_form_of_a_uuid_is_no_id() -> None:
    made = new_id()
    for form in (made.replace("-", ""), f"{{{made}}}", f"urn:uuid:{made}", f"{made}\n", made[:-1]):
        assert find_id(form) is None


def test_a_secret_has_the_bits_that_were_asked_for() -> None:
    assert len(new_secret(256)) == 43
    assert new_secret() != new_secret()
