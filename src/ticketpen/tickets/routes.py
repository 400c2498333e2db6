"""/api/v1/support/tickets: what users call. Decode, call one verb, answer."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post

from ticketpen.attachments.intake import check_files
from ticketpen.forms import FormLimits, read_form
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import caller_of, signed_in
from ticketpen.outbox.idempotency import Answer, Receipt, once
from ticketpen.state import AppState, state_of
from ticketpen.tickets.etags import etag_of, is_named
from ticketpen.tickets.filters import read_user_list
from ticketpen.tickets.finding import get_own_head, get_own_ticket, list_tickets
from ticketpen.tickets.forms import BODY, MESSAGE, SUBJECT, check_submission
from ticketpen.tickets.opening import NewTicket, open_ticket
from ticketpen.tickets.payloads import View
from ticketpen.tickets.replying import NewReply, reply_as_user
from ticketpen.tickets.ticket import Message, Ticket

AnyRequest = Request[Any, Any, Any]
JSON: Final = "application/json"


@post(
    "/api/v1/support/tickets",
    guards=[signed_in(Scope.TICKETS_WRITE)],
    operation_id="openTicket",
)
async def post_ticket(request: AnyRequest) -> Response[bytes]:
    """Open a ticket with a first message and up to three screenshots."""
    state, caller = state_of(request), caller_of(request)
    view = user_view(request, state)
    async with await read_form(request, FormLimits.from_settings(state.settings)) as form:
        sent = check_submission(form, (SUBJECT, MESSAGE), request, caller)

        # Files are looked at when the key is known to be good: 422 comes before 400 for files.
        async def run(receipt: Receipt[Ticket] | None) -> Ticket:
            files = await check_files(sent.files, state.settings)
            new = NewTicket(sent.texts[SUBJECT], sent.texts[MESSAGE], files)
            return await open_ticket(state, caller, new, receipt)

        answer = await once(
            state.database,
            state.settings.idempotency_lease,
            sent.attempt,
            lambda ticket: Answer(201, msgspec.json.encode(view.ticket(ticket))),
            run,
        )
    return respond(answer)


@get(
    "/api/v1/support/tickets",
    guards=[signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="listOwnTickets",
)
async def get_tickets(request: AnyRequest) -> Response[bytes]:
    """The caller's own tickets, the one with the newest message first."""
    state, caller = state_of(request), caller_of(request)
    asked = read_user_list(request.scope, caller.id, state.cursors)
    page = await list_tickets(state.database, caller, asked, state.cursors)
    return Response(msgspec.json.encode(page), media_type=JSON)


@get(
    "/api/v1/support/tickets/{ticket_id:str}",
    guards=[signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="getOwnTicket",
)
async def get_ticket(request: AnyRequest) -> Response[bytes]:
    """One of the caller's tickets with all its messages."""
    state, caller = state_of(request), caller_of(request)
    ticket = await get_own_ticket(state.database, caller, request.path_params["ticket_id"])
    return respond_with_ticket(request, ticket, user_view(request, state), for_admin=False)


@post(
    "/api/v1/support/tickets/{ticket_id:str}/messages",
    guards=[signed_in(Scope.TICKETS_WRITE)],
    operation_id="replyToOwnTicket",
)
async def post_message(request: AnyRequest) -> Response[bytes]:
    """Write to one of the caller's tickets, unless it is closed."""
    state, caller = state_of(request), caller_of(request)
    view = user_view(request, state)
    # Before the body is read: a stranger is answered 404 whatever they send.
    head = await get_own_head(state.database, caller, request.path_params["ticket_id"])
    async with await read_form(request, FormLimits.from_settings(state.settings)) as form:
        sent = check_submission(form, (BODY,), request, caller)

        # Files are looked at when the key is known to be good: 422 comes before 400 for files.
        async def run(receipt: Receipt[Message] | None) -> Message:
            files = await check_files(sent.files, state.settings)
            new = NewReply(sent.texts[BODY], files)
            return await reply_as_user(state, caller, head, new, receipt)

        answer = await once(
            state.database,
            state.settings.idempotency_lease,
            sent.attempt,
            lambda message: Answer(201, msgspec.json.encode(view.message(message))),
            run,
        )
    return respond(answer)


def user_view(request: AnyRequest, state: AppState) -> View:
    """How a user sees tickets."""
    return View(
        mount_path(request, state), staff_email_shown=state.settings.staff_email_shown
    )


def mount_path(request: AnyRequest, state: AppState) -> str:
    """What stands before `/api` in a browser's address."""
    return state.settings.mount_path or str(request.scope.get("root_path", "")).rstrip("/")


def respond(answer: Answer) -> Response[bytes]:
    """A kept or fresh answer to a POST."""
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, media_type=JSON, status_code=answer.status, headers=headers)


def respond_with_ticket(
    request: AnyRequest, ticket: Ticket, view: View, *, for_admin: bool
) -> Response[bytes]:
    """The ticket with its ETag, or 304 when the caller has this version."""
    etag = etag_of(ticket, for_admin=for_admin)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    known = request.headers.get("if-none-match")
    if known is not None and request.method == "GET" and is_named(etag, known):
        return Response(b"", status_code=304, media_type=JSON, headers=headers)
    body = msgspec.json.encode(view.ticket(ticket))
    return Response(body, media_type=JSON, headers=headers)


ROUTES: Final = [post_ticket, get_tickets, get_ticket, post_message]
