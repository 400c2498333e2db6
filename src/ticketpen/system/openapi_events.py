"""The operations on the log of events."""

from typing import Final

from ticketpen.errors import Code
from ticketpen.identity.caller import Scope
from ticketpen.system import openapi_examples as examples
from ticketpen.system.openapi_parts import (
    Access,
    Answer,
    Operation,
    json_content,
    query,
    whole_number,
)
from ticketpen.system.openapi_tickets import CURSOR, STAFF_PATH, TICKET_ID
from ticketpen.tickets.history import DEFAULT_LIMIT, MAX_LIMIT

TAG: Final = "Events"


def event_operations() -> tuple[Operation, ...]:
    """All operations on the log."""
    after = query(
        "after",
        "Where to go on: `next_after` of the answer before.",
        CURSOR,
    )
    limit = query("limit", "Most events in the answer.", whole_number(1, MAX_LIMIT, DEFAULT_LIMIT))
    answer = Answer(200, "Events.", (json_content("EventList", events=examples.EVENTS),))
    return (
        Operation(
            method="GET",
            path=f"{STAFF_PATH}/{{ticket_id}}/events",
            id="listTicketEvents",
            tag=TAG,
            summary="A ticket's history",
            description="What happened to it, the oldest first.",
            access=Access.ADMIN,
            scope=Scope.TICKETS_READ,
            parameters=(TICKET_ID, after, limit),
            answers=(answer,),
            errors=(Code.TICKET_NOT_FOUND, Code.INVALID_VALUE),
        ),
        Operation(
            method="GET",
            path="/api/v1/admin/events",
            id="listEvents",
            tag=TAG,
            summary="The whole log",
            description="Every event in order, none ever skipped. `next_after` is always there: at "
            "the end it says where to go on later.",
            access=Access.ADMIN,
            scope=Scope.TICKETS_READ,
            parameters=(after, limit),
            answers=(answer,),
            errors=(Code.INVALID_VALUE,),
        ),
    )
