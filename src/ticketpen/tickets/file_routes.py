"""Download of an attachment: the answer is an ASGI app of its own, which streams the bytes."""

from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import Request, get
from litestar.types import ASGIApp, Receive, Send
from litestar.types import Scope as ASGIScope

from ticketpen.attachments.serving import Served, ServedFile, Wanted, plan, read_body
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import caller_of, signed_in
from ticketpen.state import state_of
from ticketpen.storage import Storage
from ticketpen.tickets.finding import get_file

AnyRequest = Request[Any, Any, Any]


@get(
    "/api/v1/support/tickets/{ticket_id:str}/attachments/{message_id:str}/{filename:str}",
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
    return _Whole(served, body)


class _Whole:
    """Headers and a body that is there."""

    def __init__(self, served: Served, body: bytes) -> None:
        self._served = served
        self._body = body

    async def __call__(self, _scope: ASGIScope, _receive: Receive, send: Send) -> None:
        await _start(self._served, send)
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


class _Streamed:
    """Headers and a body that comes in chunks."""

    def __init__(self, served: Served, chunks: AsyncIterator[bytes]) -> None:
        self._served = served
        self._chunks = chunks

    async def __call__(self, _scope: ASGIScope, _receive: Receive, send: Send) -> None:
        await _start(self._served, send)
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _start(served: Served, send: Send) -> None:
    await send(
        {"type": "http.response.start", "status": served.status, "headers": served.headers}
    )


def _wanted(request: AnyRequest) -> Wanted:
    headers = request.headers
    query = request.scope["query_string"]
    choice = dict(parse_qsl(query.decode("latin-1"))).get("download") if query else None
    return Wanted(
        as_download=choice in ("1", "true"),
        range=headers.get("range"),
        if_range=headers.get("if-range"),
        if_none_match=headers.get("if-none-match"),
    )


ROUTES: Final = [download]
