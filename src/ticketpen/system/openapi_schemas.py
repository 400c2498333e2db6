"""The schemas of the API's answers, made from the shapes that are encoded."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from ticketpen.attachments.images import Kind
from ticketpen.errors import PROBLEM_TYPE, Code, ProblemBody
from ticketpen.identity.caller import Role, Scope
from ticketpen.identity.payloads import KeyList, NewKey, Session
from ticketpen.people.payloads import PersonList
from ticketpen.system.openapi_parts import Schema, one_of, reference
from ticketpen.tickets.events import EventType
from ticketpen.tickets.payloads import EventList, TicketList, TicketPayload, Time
from ticketpen.tickets.ticket import MAX_BODY, MAX_SUBJECT, Priority, Sender, Status

_ANSWERS: Final = (
    TicketPayload,
    TicketList,
    EventList,
    Session,
    PersonList,
    KeyList,
    NewKey,
    ProblemBody,
)
_WORDS: Final[tuple[type[StrEnum], ...]] = (Status, Priority, Sender, Role, Scope, Code, EventType)
_SUFFIXES: Final = ("Payload", "View", "Body")
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
# What the types of the shapes do not say of their fields.
_SAID: Final[dict[str, dict[str, Schema]]] = {
    "Attachment": {
        "filename": {"description": "Its name in addresses: safe ASCII."},
        "original_name": {"description": "The name it was sent with."},
        "size": {"description": "Bytes, as served."},
        "content_type": one_of(Kind),
        "thumbnail_url": {"description": "Null until there can be one."},
        "width": {"description": "Pixels, as displayed."},
        "height": {"description": "Pixels, as displayed."},
    },
    "Message": {
        "sender_name": {"description": "As it is now: the name, else the address, else the id."},
        "sender_email": {"description": "As it is now."},
        "body": {"maxLength": MAX_BODY},
    },
    "TicketItem": {
        "user_name": {"description": "As it is now: the name, else the address, else the id."},
        "user_email": {"description": "As it is now."},
        "subject": {"maxLength": MAX_SUBJECT},
        "message_count": {"description": "Messages that the user can see."},
    },
    "TicketList": {
        "total": {"description": "Tickets in all pages."},
        "page": {"description": "Null in an answer to a `cursor`."},
        "next_cursor": {"description": "The `cursor` of the next page; null at the end."},
        "total_relation": {"enum": ["eq", "gte"]},
    },
    "Event": {
        "type": reference("EventType"),
        "changes": {
            "type": "object",
            "description": "By field: what it was and what it is. Ids, numbers and words of closed "
            "sets only; never text, names or addresses.",
            "additionalProperties": {
                "type": "object",
                "properties": {"from": {}, "to": {}},
                "required": ["from", "to"],
                "additionalProperties": False,
            },
        },
    },
    "Session": {
        "token": {"description": "A bearer token."},
        "expires_at": {"description": "The latest end; 14 idle days end it before."},
    },
    "User": {"role": reference("Role")},
    "Person": {
        "role": reference("Role"),
        "scopes": {
            "anyOf": [{"type": "array", "items": reference("Scope")}, {"type": "null"}],
            "description": "Null: all that the role allows.",
        },
        "has_password": {"description": "They can log in here."},
    },
    "PersonList": {
        "total": _COUNT | {"description": "People in all pages."},
        "page": {"minimum": 1},
        "page_size": {"minimum": 1},
    },
    "Key": {"hint": {"description": "Its first characters, to tell keys apart."}},
    "NewKey": {"secret": {"description": "The key itself, shown this once."}},
    "Problem": {
        "type": {"pattern": f"^{PROBLEM_TYPE}[a-z_]+$", "description": "A URN of the code."},
        "title": {"description": "What the code means, in short."},
        "status": {"minimum": 400, "maximum": 599},
        "detail": {"description": "What is wrong here and how to go on, for a person."},
        "request_id": {"description": "To find the request in the log: `X-Request-ID`."},
        "errors": {"description": "Every wrong field, with `invalid_value`."},
    },
}


def answer_schemas() -> dict[str, Schema]:
    """By name, for `components`."""
    _, made = msgspec.json.schema_components(_ANSWERS, ref_template="#/components/schemas/{name}")
    schemas = {_plain_name(name): _mend(schema, name) for name, schema in made.items()}
    # msgspec sorts the words of a set; their order means something.
    for words in _WORDS:
        said = " ".join((words.__doc__ or "").split())
        schemas[words.__name__] = {**one_of(words), "description": said}
    for name, fields in _SAID.items():
        for field, said_of_it in fields.items():
            _say(schemas[name]["properties"], field, said_of_it)
    # A struct that extends another has its fields too.
    for name, extended in (("Ticket", "TicketItem"), ("NewKey", "Key")):
        schemas[name]["properties"] |= schemas[extended]["properties"]
    return schemas


def _say(properties: Schema, field: str, said: Schema) -> None:
    known = properties[field]
    properties[field] = {**said} if "$ref" in said or "anyOf" in said else known | said


def _mend(schema: Schema, name: str) -> Schema:
    mended: Schema = _rebuild(schema)
    mended.pop("title")
    mended["description"] = " ".join(mended.get("description", name).split())
    time = msgspec.json.schema(Time)
    for field, value in mended.get("properties", {}).items():
        if value.get("default", "") in (None, []):
            # Left out of the answer, not sent as null or as an empty list.
            value = _without_null(value)
        if field.endswith("_at"):
            nullable = {"type": ["string", "null"]} if "null" in str(value) else {}
            value = {**time, "format": "date-time", **nullable}
        mended["properties"][field] = value
    return mended


def _rebuild(value: Any) -> Any:
    if isinstance(value, list):
        return [_rebuild(item) for item in value]
    if not isinstance(value, dict):
        return value
    rebuilt = {name: _rebuild(item) for name, item in value.items()}
    if "$ref" in rebuilt:
        place, _, name = rebuilt["$ref"].rpartition("/")
        rebuilt["$ref"] = f"{place}/{_plain_name(name)}"
    if rebuilt.get("anyOf", [])[1:] == [{"type": "null"}] and "type" in rebuilt["anyOf"][0]:
        only = rebuilt.pop("anyOf")[0]
        rebuilt |= only | {"type": [only["type"], "null"]}
    return rebuilt


def _without_null(schema: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name != "default"}
    if {"type": "null"} in kept.get("anyOf", ()):
        kept |= kept.pop("anyOf")[0]
    return kept


def _plain_name(name: str) -> str:
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
