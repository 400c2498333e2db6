"""/api/v1/admin/tickets and /api/v1/admin/events: what staff call."""

from typing import Any, Final

import msgspec
from litestar import Request

from ticketpen.answers import ReadyAnswer, json_answer
from ticketpen.errors import Problem
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import Route, admin, caller_of
from ticketpen.outbox.idempotency import Receipt
from ticketpen.requests import Fields, QueryParameters, find_header, read_json_object
from ticketpen.state import state_of
from ticketpen.tickets.etags import etag_of, is_named
from ticketpen.tickets.filters import read_admin_list
from ticketpen.tickets.finding import check_caller, get_any_head, get_any_ticket, list_tickets
from ticketpen.tickets.forms import BODY
from ticketpen.tickets.history import list_history, list_log, read_log_request
from ticketpen.tickets.payloads import View
from ticketpen.tickets.replying import NewReply, reply_as_admin
from ticketpen.tickets.routes import (
    Files,
    Texts,
    mount_path,
    respond_with_ticket,
    submit,
    ticket_headers,
)
from ticketpen.tickets.ticket import Message, Priority, Status, Ticket
from ticketpen.tickets.triage import Change, triage_ticket

AnyRequest = Request[Any, Any, Any]
PATCH_TYPES: Final = ("application/json", "application/merge-patch+json")


@Route(
    "/api/v1/admin/tickets",
    http_method="GET",
    guards=[admin(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="listTickets",
)
async def get_tickets(request: AnyRequest) -> ReadyAnswer:
    """All tickets, filtered, sorted, searched."""
    state, caller = state_of(request), caller_of(request)
    try:
        asked = read_admin_list(request.scope, state.cursors)
    except Problem:
        await check_caller(state.database, caller, Scope.TICKETS_READ)
        raise
    page = await list_tickets(state.database, caller, asked, state.cursors)
    return json_answer(msgspec.json.encode(page))


@Route(
    "/api/v1/admin/tickets/{ticket_id:str}",
    http_method="GET",
    guards=[admin(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="getTicket",
)
async def get_ticket(request: AnyRequest) -> ReadyAnswer:
    """Any ticket with all its messages."""
    state = state_of(request)
    ticket = await get_any_ticket(
        state.database, caller_of(request), request.path_params["ticket_id"]
    )
    view = View(mount_path(request, state))
    return respond_with_ticket(request, ticket, view, for_admin=True)


@Route(
    "/api/v1/admin/tickets/{ticket_id:str}",
    http_method="PATCH",
    guards=[admin(Scope.TICKETS_WRITE)],
    operation_id="triageTicket",
)
async def patch_ticket(request: AnyRequest) -> ReadyAnswer:
    """Set status, priority or both."""
    state, caller = state_of(request), caller_of(request)
    ticket = await get_any_ticket(state.database, caller, request.path_params["ticket_id"])
    fields = Fields(await read_json_object(request, types=PATCH_TYPES))
    change = Change(fields.choice("status", Status), fields.choice("priority", Priority))
    fields.raise_if_wrong()
    wanted = find_header(request.scope, b"if-match")

    def is_current(found: Ticket) -> bool:
        return wanted is None or is_named(etag_of(found, for_admin=True), wanted)

    strict = wanted is not None and wanted.strip() != "*"
    changed = await triage_ticket(state, caller, ticket, change, is_current if strict else None)
    view = View(mount_path(request, state))
    headers = ticket_headers(etag_of(changed, for_admin=True))
    return json_answer(msgspec.json.encode(view.ticket(changed)), 200, headers)


@Route(
    "/api/v1/admin/tickets/{ticket_id:str}/messages",
    http_method="POST",
    guards=[admin(Scope.TICKETS_WRITE)],
    operation_id="replyToTicket",
)
async def post_message(request: AnyRequest) -> ReadyAnswer:
    """Answer a ticket; an open one is in progress then."""
    state, caller = state_of(request), caller_of(request)
    view = View(mount_path(request, state))
    head = await get_any_head(state.database, request.path_params["ticket_id"])

    async def deed(texts: Texts, files: Files, receipt: Receipt[Message] | None) -> Message:
        return await reply_as_admin(state, caller, head, NewReply(texts[BODY], files), receipt)

    return await submit(request, (BODY,), deed, lambda m: msgspec.json.encode(view.message(m)))


@Route(
    "/api/v1/admin/tickets/{ticket_id:str}/events",
    http_method="GET",
    guards=[admin(Scope.TICKETS_READ)],
    operation_id="listTicketEvents",
)
async def get_ticket_events(request: AnyRequest) -> ReadyAnswer:
    """What happened to a ticket, oldest first."""
    state = state_of(request)
    head = await get_any_head(state.database, request.path_params["ticket_id"])
    asked = read_log_request(QueryParameters.of(request.scope), state.cursors)
    found = await list_history(state.database, head.id, asked, state.cursors)
    return json_answer(msgspec.json.encode(found))


@Route(
    "/api/v1/admin/events",
    http_method="GET",
    guards=[admin(Scope.TICKETS_READ)],
    operation_id="listEvents",
)
async def get_events(request: AnyRequest) -> ReadyAnswer:
    """The whole log in order; ask again with `next_after` for what came since."""
    state = state_of(request)
    asked = read_log_request(QueryParameters.of(request.scope), state.cursors)
    found = await list_log(state.database, asked, state.cursors)
    return json_answer(msgspec.json.encode(found))


ROUTES: Final = [
    get_tickets,
    get_ticket,
    patch_ticket,
    post_message,
    get_ticket_events,
    get_events,
]
