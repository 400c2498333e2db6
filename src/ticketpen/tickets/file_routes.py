"""Download of an attachment: the answer is an ASGI app of its own, which streams the bytes."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as ASGIScope

from ticketpen.answers import ReadyAnswer
from ticketpen.attachments.serving import Served, ServedFile, Wanted, plan, read_body
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import Route, caller_of, signed_in
from ticketpen.requests import find_header
from ticketpen.state import state_of
from ticketpen.tickets.finding import get_file

AnyRequest = Request[Any, Any, Any]


@Route(
    "/api/v1/support/tickets/{ticket_id:str}/attachments/{message_id:str}/{filename:str}",
    http_method="GET",
    guards=[signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    operation_id="downloadAttachment",
)
async def download(request: AnyRequest) -> ASGIApp:
    """A screenshot of a ticket the caller owns, or of any for an admin."""
    state = state_of(request)
    path = request.path_params
    row = await get_file(
        state.database,
        caller_of(request),
        path["ticket_id"],
        path["message_id"],
        path["filename"],
    )
    file = ServedFile(
        row.original_name or "", row.content_type, row.size, row.sha256, row.storage_key
    )
    served = plan(file, _wanted(request))
    body = b""
    if served.length and "ticketpen.head" not in request.scope:
        found = await read_body(state.storage, file, served)
        if not isinstance(found, bytes):
            return _Streamed(served, found)
        body = found
    return ReadyAnswer(served.status, served.headers, body)


class _Streamed:
    """Headers and a body that comes in chunks."""

    def __init__(self, served: Served, chunks: AsyncIterator[bytes]) -> None:
        self._served = served
        self._chunks = chunks

    async def __call__(self, _scope: ASGIScope, _receive: Receive, send: Send) -> None:
        status, headers = self._served.status, self._served.headers
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _wanted(request: AnyRequest) -> Wanted:
    scope = request.scope
    query = scope["query_string"]
    choice = dict(parse_qsl(query.decode("latin-1"))).get("download") if query else None
    return Wanted(
        as_download=choice in ("1", "true"),
        range=find_header(scope, b"range"),
        if_range=find_header(scope, b"if-range"),
        if_none_match=find_header(scope, b"if-none-match"),
    )


ROUTES: Final = [download]
