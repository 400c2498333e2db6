"""The operations on tickets: what users may do with their own, and staff with all."""

from typing import Any, Final

from ticketpen.attachments.images import Kind
from ticketpen.errors import Code
from ticketpen.identity.caller import Scope
from ticketpen.settings import Settings
from ticketpen.system import openapi_examples as examples
from ticketpen.system.openapi_parts import (
    MULTIPART,
    UUID,
    Access,
    Answer,
    Content,
    Operation,
    Parameter,
    Schema,
    header,
    json_content,
    line,
    one_of,
    path,
    query,
    reference,
    text,
    whole_number,
    word,
)
from ticketpen.tickets.admin_routes import PATCH_TYPES
from ticketpen.tickets.filters import MAX_PAGE_SIZE, MAX_SEARCH, Order, Sort
from ticketpen.tickets.forms import BODY, MESSAGE, SUBJECT
from ticketpen.tickets.ticket import MAX_BODY, MAX_SUBJECT, Priority, Status

OWN: Final = "Own tickets"
STAFF: Final = "Tickets"
OWN_PATH: Final = "/api/v1/support/tickets"
STAFF_PATH: Final = "/api/v1/admin/tickets"

DEFAULT_PAGE_SIZE: Final = 20
CURSOR: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}
_NO_TICKET: Final = Code.TICKET_NOT_FOUND
_FILE_ERRORS: Final = (
    Code.TOO_MANY_FILES,
    Code.INVALID_FILE_TYPE,
    Code.FILE_TOO_LARGE,
    Code.INVALID_FILE,
)
TICKET_ID: Final = path("ticket_id", "The ticket's id, in any case.", UUID, examples.TICKET_ID)
IF_NONE_MATCH: Final = header(
    "If-None-Match",
    "ETags that the caller has; when one of them is the present one, the answer is 304.",
    {"type": "string"},
    '"u3"',
)
_PAGE: Final = query(
    "page",
    "The page, counted from 1. One past the end is empty; `total` stays true.",
    whole_number(1, default=1),
)
_PAGE_SIZE: Final = query(
    "page_size",
    "Items on a page.",
    whole_number(1, MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE),
)
_CURSOR: Final = query(
    "cursor",
    "Where to go on: `next_cursor` of the answer before, with the same filters and order, and "
    "without `page`. Walk `sort=created_at` to export everything.",
    CURSOR,
)
_INCLUDE: Final = query(
    "include",
    "`counts` adds how many tickets have each status under the same filters minus `status`.",
    {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["counts"]}},
)
_SEARCH: Final = query(
    "search",
    "Every word must be found, each as the beginning of a word; case and accents do not matter. "
    "An exact ticket id or number comes first. Looks at subject, messages, user name and e-mail "
    "address.",
    word(MAX_SEARCH),
    "api key",
)
# Without its limit: beside `search` it is not looked at.
_Q: Final = query(
    "q", f"The same as `search` (at most {MAX_SEARCH} characters), if there is no `search`.", word()
)


def ticket_operations(settings: Settings) -> tuple[Operation, ...]:
    """All operations on tickets, with the limits of these settings."""
    return (*_own_operations(settings), *_staff_operations(settings))


def request_schemas() -> dict[str, Schema]:
    """The JSON bodies of these operations, by name."""
    return {
        "TicketChange": {
            "type": "object",
            "description": "What to change of a ticket; what is not named stays.",
            "properties": {"status": reference("Status"), "priority": reference("Priority")},
        }
    }


def _own_operations(settings: Settings) -> tuple[Operation, ...]:
    return (
        _open(settings),
        Operation(
            method="GET",
            path=OWN_PATH,
            id="listOwnTickets",
            tag=OWN,
            summary="List own tickets",
            description="The one with the newest message first.",
            access=Access.SIGNED_IN,
            scope=Scope.TICKETS_READ,
            parameters=(
                _PAGE,
                _PAGE_SIZE,
                _words("status", Status),
                _SEARCH,
                _Q,
                _INCLUDE,
                _CURSOR,
            ),
            answers=(_LISTED,),
            errors=(Code.INVALID_VALUE,),
        ),
        Operation(
            method="GET",
            path=f"{OWN_PATH}/{{ticket_id}}",
            id="getOwnTicket",
            tag=OWN,
            summary="Get an own ticket",
            description="With all its messages, the oldest first.",
            access=Access.SIGNED_IN,
            scope=Scope.TICKETS_READ,
            parameters=(TICKET_ID, IF_NONE_MATCH),
            answers=(_SHOWN, _UNCHANGED),
            errors=(_NO_TICKET,),
        ),
        _reply(
            settings,
            path=f"{OWN_PATH}/{{ticket_id}}/messages",
            id="replyToOwnTicket",
            tag=OWN,
            summary="Reply to an own ticket",
            description="A resolved ticket is open again then. A closed one takes no messages.",
            access=Access.SIGNED_IN,
            example=examples.USER_MESSAGE,
        ),
    )


def _open(settings: Settings) -> Operation:
    return Operation(
        method="POST",
        path=OWN_PATH,
        id="openTicket",
        tag=OWN,
        summary="Open a ticket",
        description="With its first message and screenshots. It is `open`, of `normal` priority.",
        access=Access.SIGNED_IN,
        scope=Scope.TICKETS_WRITE,
        is_repeatable=True,
        body=(
            _form(
                {SUBJECT: line(MAX_SUBJECT), MESSAGE: text(MAX_BODY)},
                {SUBJECT: examples.SUBJECT, MESSAGE: examples.QUESTION},
                settings,
            ),
        ),
        answers=(Answer(201, "The ticket.", (json_content("Ticket", opened=examples.OPENED),)),),
        errors=(*_FILE_ERRORS, Code.INVALID_VALUE),
    )


def _staff_operations(settings: Settings) -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET",
            path=STAFF_PATH,
            id="listTickets",
            tag=STAFF,
            summary="List all tickets",
            description="Filtered, searched and sorted. `total` is exact up to 10,000; beyond that "
            "it may be 10,000 with `total_relation` `gte` under a search or combined filters.",
            access=Access.ADMIN,
            scope=Scope.TICKETS_READ,
            parameters=_list_parameters(),
            answers=(_LISTED,),
            errors=(Code.INVALID_VALUE,),
        ),
        Operation(
            method="GET",
            path=f"{STAFF_PATH}/{{ticket_id}}",
            id="getTicket",
            tag=STAFF,
            summary="Get any ticket",
            description="With all its messages, the oldest first.",
            access=Access.ADMIN,
            scope=Scope.TICKETS_READ,
            parameters=(TICKET_ID, IF_NONE_MATCH),
            answers=(_SHOWN, _UNCHANGED),
            errors=(_NO_TICKET,),
        ),
        Operation(
            method="PATCH",
            path=f"{STAFF_PATH}/{{ticket_id}}",
            id="triageTicket",
            tag=STAFF,
            summary="Set status or priority",
            description="Any status may follow any other. With nothing to change nothing moves, "
            "and nothing is written to the log.",
            access=Access.ADMIN,
            scope=Scope.TICKETS_WRITE,
            parameters=(TICKET_ID, _IF_MATCH),
            body=_change_bodies(),
            answers=(_SHOWN,),
            errors=(_NO_TICKET, Code.STALE, Code.INVALID_VALUE),
        ),
        _reply(
            settings,
            path=f"{STAFF_PATH}/{{ticket_id}}/messages",
            id="replyToTicket",
            tag=STAFF,
            summary="Answer a ticket",
            description="An open ticket is in progress then. A closed one takes no messages.",
            access=Access.ADMIN,
            example=examples.ADMIN_MESSAGE,
        ),
    )


def _change_bodies() -> tuple[Content, ...]:
    shown = {"resolve": {"status": Status.RESOLVED}, "rank": {"priority": Priority.HIGH}}
    return tuple(Content(type_, reference("TicketChange"), shown) for type_ in PATCH_TYPES)


def _reply(settings: Settings, *, example: Any, **fields: Any) -> Operation:
    return Operation(
        method="POST",
        scope=Scope.TICKETS_WRITE,
        parameters=(TICKET_ID,),
        is_repeatable=True,
        body=(_form({BODY: text(MAX_BODY)}, {BODY: example["body"]}, settings),),
        answers=(Answer(201, "The message.", (json_content("Message", written=example),)),),
        errors=(_NO_TICKET, *_FILE_ERRORS, Code.INVALID_VALUE, Code.TICKET_CLOSED),
        **fields,
    )


def _form(fields: dict[str, Schema], example: dict[str, str], settings: Settings) -> Content:
    files: Schema = {
        "type": "array",
        "maxItems": settings.files_limit,
        "description": f"PNG, JPEG or WebP, each of at most {settings.file_limit:,} bytes, with a "
        "name that ends in .png, .jpg, .jpeg or .webp. `files[]` is another name of this field.",
        "items": {
            "type": "string",
            "format": "binary",
            "contentMediaType": "application/octet-stream",
            "maxLength": settings.file_limit,
        },
    }
    schema: Schema = {
        "type": "object",
        "properties": {
            name: field | {"examples": [example[name]]} for name, field in fields.items()
        }
        | {"files": files},
        "required": list(fields),
    }
    encoding = {"files": {"contentType": ", ".join(Kind)}}
    return Content(MULTIPART, schema, {"text": example}, encoding)


def _list_parameters() -> tuple[Parameter, ...]:
    time: Schema = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
    note = "ISO 8601; without a zone it is UTC, a bare date is its 00:00."
    return (
        _PAGE,
        _PAGE_SIZE,
        _words("status", Status),
        _words("priority", Priority),
        _SEARCH,
        _Q,
        query("user_id", "Tickets of the user with this id.", word(), "cleo"),
        query("user_email", "Tickets of the user with this address, in any case.", word()),
        query("created_after", f"Opened at this time or later. {note}", time, "2026-04-01"),
        query("created_before", f"Opened before this time. {note}", time),
        query("updated_after", f"Changed at this time or later. {note}", time),
        query("updated_before", f"Changed before this time. {note}", time),
        query(
            "needs_reply",
            "`true`: open or in progress, and the user wrote last. `false`: all others.",
            {"type": "boolean"},
        ),
        query("has_attachments", "With or without screenshots.", {"type": "boolean"}),
        query(
            "sort",
            "What to sort by; ties by id. `relevance` needs `search`.",
            one_of(Sort) | {"default": Sort.LAST_MESSAGE_AT},
        ),
        query("order", "Which way.", one_of(Order) | {"default": Order.DESC}),
        _INCLUDE,
        _CURSOR,
    )


def _words(name: str, words: type[Status] | type[Priority]) -> Parameter:
    items: Schema = {"type": "string", "enum": ["all", *words]}
    return query(
        name,
        "One or several of the words, with commas; `all` is no filter.",
        {"type": "array", "minItems": 1, "items": items},
    )


_IF_MATCH: Final = header(
    "If-Match",
    "Change the ticket only if its ETag is still this one (from the admin's answers), or `*`.",
    {"type": "string"},
    '"a3"',
)
_SHOWN: Final = Answer(
    200, "The ticket.", (json_content("Ticket", ticket=examples.TICKET),), headers=("ETag",)
)
_UNCHANGED: Final = Answer(304, "The caller has this version.", headers=("ETag",))
_LISTED: Final = Answer(200, "One page.", (json_content("TicketList", page=examples.TICKETS),))
