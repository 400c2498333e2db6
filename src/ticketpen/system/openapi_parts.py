"""The words that operations of the API are described with, and the patterns of its texts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from ticketpen.errors import Code
from ticketpen.identity.caller import Scope
from ticketpen.requests import LARGEST_INTEGER

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema (2020-12), or any other object of an OpenAPI document."""

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
MULTIPART: Final = "multipart/form-data"
UUID: Final[Schema] = {"type": "string", "format": "uuid", "minLength": 36, "maxLength": 36}


class Access(StrEnum):
    """Who may call an operation."""

    ANYBODY = "anybody"
    SIGNED_IN = "everybody who is signed in"
    ADMIN = "admins"
    METRICS = "whoever has the metrics token"


class Place(StrEnum):
    """Where a parameter stands."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of the path, the query string, or a header. A list is sent with commas."""

    name: str
    place: Place
    description: str
    schema: Schema
    example: Any = None


class Content(msgspec.Struct, frozen=True):
    """A body of one media type, named examples of it, and how its form fields are encoded."""

    media_type: str
    schema: Schema
    examples: Mapping[str, Any] = {}
    encoding: Schema | None = None


class Answer(msgspec.Struct, frozen=True):
    """A successful answer. `headers`: those it always has; `sometimes`: those it may have."""

    status: int
    description: str
    contents: tuple[Content, ...] = ()
    headers: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path. `errors` are its own; those that follow from access, body and
    method are added to them."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    answers: tuple[Answer, ...]
    description: str = ""
    access: Access = Access.ANYBODY
    scope: Scope | None = None
    parameters: tuple[Parameter, ...] = ()
    body: tuple[Content, ...] = ()
    errors: tuple[Code, ...] = ()
    is_repeatable: bool = False
    """It takes an Idempotency-Key."""


def query(name: str, description: str, schema: Schema, example: Any = None) -> Parameter:
    """A parameter of the query string."""
    return Parameter(name, Place.QUERY, description, schema, example)


def path(name: str, description: str, schema: Schema, example: Any = None) -> Parameter:
    """A parameter of the path."""
    return Parameter(name, Place.PATH, description, schema, example)


def header(name: str, description: str, schema: Schema, example: Any = None) -> Parameter:
    """A header of the request."""
    return Parameter(name, Place.HEADER, description, schema, example)


def reference(name: str) -> Schema:
    """The schema of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(name: str, **examples: Any) -> Content:
    """JSON of the schema of this name, with examples by their names."""
    return Content(JSON, reference(name), examples)


def one_of(words: type[StrEnum]) -> Schema:
    """One of the words."""
    return {"type": "string", "enum": list(words)}


def whole_number(low: int, high: int = LARGEST_INTEGER, default: int | None = None) -> Schema:
    """A whole number between bounds that are allowed themselves."""
    schema: Schema = {"type": "integer", "minimum": low, "maximum": high}
    if high == LARGEST_INTEGER:
        schema["format"] = "int64"
    return schema if default is None else schema | {"default": default}


# What `text.is_blank` finds nothing to see in, as a character class: Z*, Cc, Cf, and the letters
# that draw nothing. Escapes where they fit four digits, else the characters themselves: so that
# every dialect of regular expressions reads it alike.
BLANK: Final = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    r"\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u2800"
    r"\u3000\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
_CONTROLS: Final = r"\u0000-\u001f\u0085\u2028\u2029"
WITHOUT_NUL: Final = r"^[^\u0000]*$"


def text(max_length: int) -> Schema:
    """Text of several lines in which something is to be seen (`text.clean_text`)."""
    pattern = rf"^[^\u0000]*[^{BLANK}][^\u0000]*$"
    return {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": pattern}


def line(max_length: int) -> Schema:
    """A line in which something is to be seen (`text.clean_line`)."""
    pattern = f"^[^{_CONTROLS}]*[^{BLANK}][^{_CONTROLS}]*$"
    return {"type": "string", "minLength": 1, "maxLength": max_length, "pattern": pattern}


def word(max_length: int | None = None) -> Schema:
    """Any text that a query string may hold."""
    schema: Schema = {"type": "string", "pattern": WITHOUT_NUL}
    return schema if max_length is None else schema | {"maxLength": max_length}
