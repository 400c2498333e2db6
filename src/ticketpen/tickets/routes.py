"""/api/v1/support/tickets: what users call. Decode, call one verb, answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request

from ticketpen.answers import Header, ReadyAnswer, json_answer
from ticketpen.attachments.intake import CheckedFile, check_files
from ticketpen.errors import Problem
from ticketpen.forms import FormLimits, read_form
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import Route, caller_of, signed_in
from ticketpen.outbox.idempotency import Answer, Receipt, once
from ticketpen.requests import find_header
from ticketpen.state import AppState, state_of
from ticketpen.tickets.etags import etag_of, is_named
from ticketpen.tickets.filters import read_user_list
from ticketpen.tickets.finding import check_caller, get_own_head, get_own_ticket, list_tickets
from ticketpen.tickets.forms import BODY, MESSAGE, SUBJECT, check_submission
from ticketpen.tickets.opening import NewTicket, open_ticket
from ticketpen.tickets.payloads import View
from ticketpen.tickets.replying import NewReply, reply_as_user
from ticketpen.tickets.ticket import Message, Ticket

AnyRequest = Request[Any, Any, Any]
Texts = Mapping[str, str]
Files = Sequence[CheckedFile]
Value = TypeVar("Value")


@Route(
    "/api/v1/support/tickets",
    http_method="POST",
    guards=[signed_in(Scope.TICKETS_WRITE)],
    operation_id="openTicket",
)
async def post_ticket(request: AnyRequest) -> ReadyAnswer:
    """Open a ticket with a first message and up to three screenshots."""
    state, caller = state_of(request), caller_of(request)
    view = user_view(request, state)

    async def deed(texts: Texts, files: Files, receipt: Receipt[Ticket] | None) -> Ticket:
        return await open_ticket(
            state, caller, NewTicket(texts[SUBJECT], texts[MESSAGE], files), receipt
        )

    return await submit(
        request, (SUBJECT, MESSAGE), deed, lambda t: msgspec.json.encode(view.ticket(t))
    )


@Route(
    "/api/v1/support/tickets",
    http_method="GET",
    guards=[signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="listOwnTickets",
)
async def get_tickets(request: AnyRequest) -> ReadyAnswer:
    """The caller's own tickets, the one with the newest message first."""
    state, caller = state_of(request), caller_of(request)
    try:
        asked = read_user_list(request.scope, caller.id, state.cursors)
    except Problem:
        await check_caller(state.database, caller, None)
        raise
    page = await list_tickets(state.database, caller, asked, state.cursors)
    return json_answer(msgspec.json.encode(page))


@Route(
    "/api/v1/support/tickets/{ticket_id:str}",
    http_method="GET",
    guards=[signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="getOwnTicket",
)
async def get_ticket(request: AnyRequest) -> ReadyAnswer:
    """One of the caller's tickets with all its messages."""
    state, caller = state_of(request), caller_of(request)
    ticket = await get_own_ticket(state.database, caller, request.path_params["ticket_id"])
    return respond_with_ticket(request, ticket, user_view(request, state), for_admin=False)


@Route(
    "/api/v1/support/tickets/{ticket_id:str}/messages",
    http_method="POST",
    guards=[signed_in(Scope.TICKETS_WRITE)],
    operation_id="replyToOwnTicket",
)
async def post_message(request: AnyRequest) -> ReadyAnswer:
    """Write to one of the caller's tickets, unless it is closed."""
    state, caller = state_of(request), caller_of(request)
    view = user_view(request, state)
    # Before the body is read: a stranger is answered 404 whatever they send.
    head = await get_own_head(state.database, caller, request.path_params["ticket_id"])

    async def deed(texts: Texts, files: Files, receipt: Receipt[Message] | None) -> Message:
        return await reply_as_user(state, caller, head, NewReply(texts[BODY], files), receipt)

    return await submit(request, (BODY,), deed, lambda m: msgspec.json.encode(view.message(m)))


async def submit(
    request: AnyRequest,
    fields: Sequence[str],
    deed: Callable[[Texts, Files, Receipt[Value] | None], Awaitable[Value]],
    encode: Callable[[Value], bytes],
) -> ReadyAnswer:
    """Read a form with the text `fields` and files, do the deed once for its Idempotency-Key, and
    answer 201 with what it made."""
    state, caller = state_of(request), caller_of(request)
    async with await read_form(request, FormLimits.from_settings(state.settings)) as form:
        sent = check_submission(form, fields, request, caller)

        async def run(receipt: Receipt[Value] | None) -> Value:
            # Files are looked at when the key is known to be good: 422 comes before 400 for files.
            files = await check_files(sent.files, state.settings)
            return await deed(sent.texts, files, receipt)

        answer = await once(
            state.database,
            state.settings.idempotency_lease,
            sent.attempt,
            lambda made: Answer(201, encode(made)),
            run,
        )
    return respond(answer)


def user_view(request: AnyRequest, state: AppState) -> View:
    """How a user sees tickets."""
    return View(mount_path(request, state), staff_email_shown=state.settings.staff_email_shown)


def mount_path(request: AnyRequest, state: AppState) -> str:
    """What stands before `/api` in a browser's address."""
    return state.settings.mount_path or str(request.scope.get("root_path", "")).rstrip("/")


def respond(answer: Answer) -> ReadyAnswer:
    """A kept or fresh answer to a POST."""
    headers = [(b"idempotency-replayed", b"true")] if answer.replayed else []
    return json_answer(answer.body, answer.status, headers)


def respond_with_ticket(
    request: AnyRequest, ticket: Ticket, view: View, *, for_admin: bool
) -> ReadyAnswer:
    """The ticket with its ETag, or 304 when the caller has this version."""
    etag = etag_of(ticket, for_admin=for_admin)
    headers = ticket_headers(etag)
    known = find_header(request.scope, b"if-none-match")
    if known is not None and request.method == "GET" and is_named(etag, known):
        return ReadyAnswer(304, headers, b"")
    return json_answer(msgspec.json.encode(view.ticket(ticket)), 200, headers)


def ticket_headers(etag: str) -> list[Header]:
    """What stands above every single ticket."""
    return [(b"etag", etag.encode()), (b"cache-control", b"private, no-cache")]


ROUTES: Final = [post_ticket, get_tickets, get_ticket, post_message]
