import json
from collections.abc import AsyncIterator, Callable, Mapping
from enum import StrEnum
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.errors import Code, Problem
from ticketpen.requests import (
    JSON_LIMIT,
    Fields,
    QueryParameters,
    parse_json_object,
    read_json_object,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Sent:
    """A request, as much of it as reading JSON needs."""

    def __init__(self, body: bytes, content_type: str | None = "application/json") -> None:
        self._body = body
        self.headers: Mapping[str, str] = {"content-type": content_type} if content_type else {}

    async def stream(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 65_536):
            yield self._body[start : start + 65_536]


def outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except Problem as problem:
        return problem


def code_of(problem: pytest.ExceptionInfo[Problem]) -> Code:
    return problem.value.code


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"]
)
async def test_a_json_object_is_read(content_type: str) -> None:
    assert await read_json_object(Sent(b'{"a": [1]}', content_type)) == {"a": [1]}


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", [None, "", "text/plain", "multipart/form-data"])
async def test_another_content_type_is_refused_before_the_body_is_read(
    content_type: str | None,
) -> None:
    with pytest.raises(Problem) as caught:
        await read_json_object(Sent(b"\xff", content_type))
    assert code_of(caught) is Code.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.anyio
async def test_json_may_have_a_megabyte_and_no_byte_more() -> None:
    body = b'{"a": "' + b"x" * (JSON_LIMIT - 9) + b'"}'
    assert len((await read_json_object(Sent(body)))["a"]) == JSON_LIMIT - 9  # type: ignore[arg-type]
    with pytest.raises(Problem) as caught:
        await read_json_object(Sent(body + b" "))
    assert code_of(caught) is Code.BODY_TOO_LARGE


@pytest.mark.anyio
async def test_a_route_may_take_further_types() -> None:
    types = ("application/json", "application/merge-patch+json")
    assert await read_json_object(Sent(b"{}", types[1]), types=types) == {}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b'{"a": NaN}', b'{"a": Infinity}', b"\xff", b"\xef\xbb\xbf{}"),
        *(b'{"a": "\n"}', b"[" * 100_000, b'{"a": ' + b"9" * 10_000 + b"}"),
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_json_object(body)
    assert code_of(caught) is Code.MALFORMED_REQUEST


@pytest.mark.parametrize("body", [b"[]", b"null", b'"a"', b"1", b"true"])
def test_json_that_is_no_object_is_a_wrong_value(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_json_object(body)
    assert code_of(caught) is Code.INVALID_VALUE


@pytest.mark.parametrize(
    "text",
    ['{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": [{"b": "\\uDFFF"}]}', '{"a": {"\\u0000": 1}}'],
)
def test_nul_and_half_a_surrogate_pair_name_their_field(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_json_object(text.encode())
    assert [error.field for error in caught.value.errors] == ["a"]


def test_a_bad_field_name_does_not_come_back_in_the_answer() -> None:
    with pytest.raises(Problem) as caught:
        parse_json_object(b'{"\\ud800": 1}')
    assert [error.field for error in caught.value.errors] == ["body"]


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse_json_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


@given(st.binary())
def test_no_body_gives_anything_but_an_object_or_a_problem(body: bytes) -> None:
    read = outcome(lambda: parse_json_object(body))
    assert read.status in (400, 422) if isinstance(read, Problem) else isinstance(read, dict)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "role", "disabled", "scopes"]), JSON))
def test_fields_of_any_shape_give_values_or_name_the_wrong_ones(values: dict[str, object]) -> None:
    fields = Fields(values)
    name = fields.line("name", 10)
    role = fields.choice("role", Colour)
    scopes = fields.choices("scopes", Colour)
    disabled = fields.boolean("disabled")
    problem = outcome(fields.raise_if_wrong)
    if isinstance(problem, Problem):
        assert problem.status == 422
        assert {error.field for error in problem.errors} <= {"name", "role", "disabled", "scopes"}
    else:
        assert name == values["name"]
        assert role == values.get("role")
        assert disabled == values.get("disabled")
        assert (scopes is None) == (values.get("scopes") is None)


def test_every_wrong_field_is_named_at_once() -> None:
    fields = Fields({"role": None, "text": "", "disabled": "true", "scopes": ["red", []]})
    fields.line("name", 10)
    fields.text("text", 10)
    fields.choice("role", Colour)
    fields.boolean("disabled")
    fields.choices("scopes", Colour)
    fields.string("password", 12, 20)
    with pytest.raises(Problem) as caught:
        fields.raise_if_wrong()
    assert [error.field for error in caught.value.errors] == [
        *("name", "text", "role", "disabled", "scopes", "password")
    ]


def test_what_is_missing_reads_as_none() -> None:
    fields = Fields({"name": None})
    assert fields.choice("role", Colour) is None
    assert fields.choices("scopes", Colour) is None
    assert fields.boolean("disabled") is None
    assert "name" in fields
    assert "other" not in fields
    fields.raise_if_wrong()


def test_a_password_is_taken_verbatim() -> None:
    assert Fields({"password": "  \n secret  "}).string("password", 5, 20) == "  \n secret  "


@given(st.lists(st.tuples(st.text(min_size=1), st.text().filter(lambda t: "\0" not in t))))
def test_a_query_string_reads_as_it_was_written(pairs: list[tuple[str, str]]) -> None:
    query = QueryParameters(urlencode(pairs).encode())
    for name, _ in pairs:
        values = [value for n, value in pairs if n == name]
        assert query.all(name) == values
        assert query.first(name) == values[0]
        assert query.last(name) == values[-1]
    query.raise_if_wrong()


def test_a_repeated_parameter_equals_a_comma_list() -> None:
    query = QueryParameters(b"status=open,%20closed&status=resolved&status=,")
    assert query.items("status") == ["open", "closed", "resolved"]
    assert query.items("tag") == []


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("+7", 7), ("007", 7), ("100", 100)])
def test_a_whole_number_is_read(text: str, value: int) -> None:
    query = QueryParameters(b"page=" + quote(text).encode())
    assert query.integer("page", 1, 1, 100) == value
    query.raise_if_wrong()


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "101", "1.0", "1e2", "٣", "1_0", " 1", "0x1", "9" * 26, "nan"]
)
def test_what_is_no_whole_number_in_bounds_is_wrong(text: str) -> None:
    query = QueryParameters(b"page=" + quote(text).encode())
    assert query.integer("page", 1, 1, 100) == 1
    with pytest.raises(Problem) as caught:
        query.raise_if_wrong()
    assert [error.field for error in caught.value.errors] == ["page"]


@pytest.mark.parametrize("text", [str(2**63), "9" * 19])
def test_a_number_that_does_not_fit_64_bits_is_wrong(text: str) -> None:
    query = QueryParameters(b"page=" + text.encode())
    query.integer("page", 1, 1)
    assert query.errors


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False)]
)
def test_booleans_have_four_words(text: str, value: bool) -> None:
    assert QueryParameters(b"a=" + text.encode()).boolean("a") is value


@pytest.mark.parametrize("text", ["", "True", "yes", "2"])
def test_another_word_is_no_boolean(text: str) -> None:
    query = QueryParameters(b"a=" + text.encode())
    assert query.boolean("a") is None
    assert query.errors


def test_words_and_times_are_read_or_wrong() -> None:
    query = QueryParameters(b"a=red&b=pink&c=2026-01-01T01:00:00+01:00&d=yesterday")
    assert query.choice("a", Colour) is Colour.RED
    assert query.choice("none", Colour) is None
    assert query.moment("c") == 1767225600_000000
    assert query.moment("none") is None
    assert not query.errors
    assert query.choice("b", Colour) is None
    assert query.moment("d") is None
    assert [error.field for error in query.errors] == ["b", "d"]


@pytest.mark.parametrize("raw", [b"a=%ff", b"a=\xff", b"a=%00", b"a=%C3"])
def test_bytes_that_are_no_text_are_wrong_only_where_they_are_asked_for(raw: bytes) -> None:
    query = QueryParameters(b"page=2&" + raw)
    assert query.integer("page", 1, 1) == 2
    query.raise_if_wrong()
    assert query.last("a") is None
    with pytest.raises(Problem) as caught:
        query.raise_if_wrong()
    assert caught.value.status == 422


@given(st.binary())
def test_no_query_string_breaks_the_reading(raw: bytes) -> None:
    query = QueryParameters.of({"query_string": b"a=" + raw})
    for read in (query.last, query.items, query.boolean, query.moment):
        read("a")
    query.integer("a", 1, 1)
    query.choice("a", Colour)
    assert all(error.field == "a" for error in query.errors)
    json.dumps([error.message for error in query.errors])
