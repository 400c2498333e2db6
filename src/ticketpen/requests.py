"""Reading requests: JSON bodies, their fields, and query strings. Every refusal names the field."""

import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NoReturn, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from ticketpen.clock import Moment, parse_moment
from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.text import clean_line, clean_text, is_storable

Choice = TypeVar("Choice", bound=StrEnum)

LARGEST_INTEGER: Final = 2**63 - 1
# Forms carry files; JSON does not. Parsed, thirty megabytes of it are a gigabyte, and take seconds
# in which nobody is answered.
JSON_LIMIT: Final = 1024 * 1024
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


class BodyReader(Protocol):
    """What is needed of a request to read its JSON; Litestar's Request is one."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers, found in any case."""
        ...

    def stream(self) -> AsyncIterator[bytes]:
        """The body as it arrives."""
        ...


async def read_json_object(
    request: BodyReader, *, types: Iterable[str] = ("application/json",)
) -> dict[str, object]:
    """The JSON object in the body.

    Raises Problem: `unsupported_media_type` for a Content-Type not in `types`, `body_too_large`
    beyond JSON_LIMIT bytes, `malformed_request` for bytes that are not UTF-8 or not JSON,
    `invalid_value` for what is no object and for NUL or lone surrogates in its strings."""
    allowed = tuple(types)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in allowed:
        raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {' or '.join(allowed)}.")
    return parse_json_object(await _read_body(request))


async def _read_body(request: BodyReader) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > JSON_LIMIT:
            raise Problem(Code.BODY_TOO_LARGE, f"A JSON body may have at most {JSON_LIMIT} bytes.")
    return bytes(body)


def parse_json_object(body: bytes) -> dict[str, object]:
    """As `read_json_object`, for a body already read."""
    try:
        text = body.decode("utf-8")
        # The standard library's parser tells a lone surrogate from broken JSON: 422, not 400.
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise Problem(Code.MALFORMED_REQUEST, "The body is not valid UTF-8.") from None
    except (ValueError, RecursionError):
        raise Problem(Code.MALFORMED_REQUEST, "The body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise invalid(FieldError("body", "must be a JSON object."))
    if "\\u" in text:  # JSON has no other way to write NUL or half of a surrogate pair
        _refuse_unstorable(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unstorable(value: dict[str, object]) -> None:
    wrong = [
        FieldError(
            name if is_storable(name) else "body",
            "must not contain NUL or half of a surrogate pair.",
        )
        for name, item in value.items()
        if not (is_storable(name) and _is_all_storable(item))
    ]
    if wrong:
        raise invalid(*wrong)


def _is_all_storable(value: object) -> bool:
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if not is_storable(item):
                return False
        elif isinstance(item, dict):
            todo += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            todo += item
    return True


class Wrongs:
    """Gathers what is wrong, so that one answer names every field."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def wrong(self, field: str, message: str) -> None:
        """Note one wrong value."""
        self.errors.append(FieldError(field, message))

    def raise_if_wrong(self) -> None:
        """Raises Problem `invalid_value` with all that was noted, if anything was."""
        if self.errors:
            raise invalid(*self.errors)


class Fields(Wrongs):
    """Typed reading of a JSON object. Call `raise_if_wrong` before using what was read: a wrong
    field reads as "" or None. Fields that are never asked for are ignored."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__()
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def line(self, name: str, max_length: int) -> str:
        """A required single line (`text.clean_line`)."""
        try:
            return clean_line(name, self._required(name), max_length)
        except Problem as problem:
            self.errors += problem.errors
            return ""

    def text(self, name: str, max_length: int) -> str:
        """A required text of several lines (`text.clean_text`)."""
        try:
            return clean_text(name, self._required(name), max_length)
        except Problem as problem:
            self.errors += problem.errors
            return ""

    def string(self, name: str, min_length: int, max_length: int) -> str:
        """A required text verbatim, of so many code points: for passwords."""
        try:
            value = self._required(name)
        except Problem as problem:
            self.errors += problem.errors
            return ""
        if not isinstance(value, str) or not is_storable(value):
            self.wrong(name, "must be text.")
        elif not min_length <= len(value) <= max_length:
            self.wrong(name, f"must have {min_length} to {max_length} characters.")
        else:
            return value
        return ""

    def choice(self, name: str, among: type[Choice]) -> Choice | None:
        """One of the words, or None when it is missing. null is wrong."""
        if name not in self.values:
            return None
        value = self.values[name]
        if isinstance(value, str) and value in among.__members__.values():
            return among(value)
        self.wrong(name, f"must be one of {', '.join(among)}.")
        return None

    def choices(self, name: str, among: type[Choice]) -> frozenset[Choice] | None:
        """A list of words, or None when it is missing or null."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, list):
                return frozenset(among(item) for item in value)
        except ValueError:  # one of them is none of the words
            pass
        self.wrong(name, f"must be a list of {', '.join(among)}.")
        return None

    def boolean(self, name: str) -> bool | None:
        """true or false, or None when it is missing. null is wrong."""
        if name not in self.values:
            return None
        value = self.values[name]
        if isinstance(value, bool):
            return value
        self.wrong(name, "must be true or false.")
        return None

    def _required(self, name: str) -> object:
        if name not in self.values:
            raise invalid(FieldError(name, "is required."))
        return self.values[name]


class QueryParameters(Wrongs):
    """Typed reading of a query string. Of a repeated single value the last counts. Parameters
    that are never asked for are ignored, whatever they hold."""

    def __init__(self, query_string: bytes) -> None:
        super().__init__()
        self._raw: dict[str, list[bytes]] = {}
        if query_string:
            for pair in query_string.split(b"&"):
                if pair:
                    name, _, value = pair.partition(b"=")
                    key = _unquoted(name).decode("utf-8", "replace")
                    self._raw.setdefault(key, []).append(value)

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "QueryParameters":
        """Those of an ASGI scope (`request.scope`)."""
        return cls(scope["query_string"])

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    @property
    def is_empty(self) -> bool:
        """Whether there is no parameter at all."""
        return not self._raw

    def all(self, name: str) -> list[str]:
        """Every value, in order. Invalid UTF-8 and NUL are wrong."""
        values = []
        for raw in self._raw.get(name, ()):
            try:
                value = _unquoted(raw).decode("utf-8")
            except UnicodeDecodeError:
                self.wrong(name, "must be valid UTF-8.")
                return []
            if "\0" in value:
                self.wrong(name, "must not contain NUL.")
                return []
            values.append(value)
        return values

    def first(self, name: str) -> str | None:
        """The first value, or None."""
        values = self.all(name) if name in self._raw else None
        return values[0] if values else None

    def last(self, name: str) -> str | None:
        """The last value, or None."""
        values = self.all(name) if name in self._raw else None
        return values[-1] if values else None

    def items(self, name: str) -> list[str]:
        """The trimmed, non-empty items: a repeated parameter equals a comma list."""
        return [
            item
            for value in self.all(name)
            for item in (part.strip() for part in value.split(","))
            if item
        ]

    def integer(self, name: str, default: int, low: int, high: int = LARGEST_INTEGER) -> int:
        """A whole number from `low` to `high`, in ASCII digits; `default` when it is missing."""
        text = self.last(name)
        if text is None:
            return default
        if _INTEGER.fullmatch(text) and low <= (value := int(text)) <= high:
            return value
        bounds = f"of at least {low}" if high == LARGEST_INTEGER else f"from {low} to {high}"
        self.wrong(name, f"must be a whole number {bounds}.")
        return default

    def boolean(self, name: str) -> bool | None:
        """`true`, `false`, `1` or `0`; None when it is missing."""
        text = self.last(name)
        if text is None:
            return None
        if text not in _BOOLEANS:
            self.wrong(name, "must be true or false.")
        return _BOOLEANS.get(text)

    def choice(self, name: str, among: type[Choice]) -> Choice | None:
        """One of the words; None when it is missing."""
        text = self.last(name)
        if text is None:
            return None
        try:
            return among(text)
        except ValueError:
            self.wrong(name, f"must be one of {', '.join(among)}.")
            return None

    def moment(self, name: str) -> Moment | None:
        """An ISO 8601 time (`clock.parse_moment`); None when it is missing."""
        text = self.last(name)
        if text is None:
            return None
        try:
            return parse_moment(text)
        except (ValueError, OverflowError):
            self.wrong(name, "must be a time such as 2026-04-08T12:00:00Z.")
            return None


def _unquoted(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text


def find_header(scope: Mapping[str, Any], name: bytes) -> str | None:
    """The first header of this name (in lower case) of an ASGI scope; the framework would make a
    mapping of all of them first."""
    for found, value in scope["headers"]:
        if found == name:
            return str(value, "latin-1")
    return None
