"""Download of an attachment: an ASGI route, since an ordinary handler serves half as fast."""

from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import asgi
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Receive, Send
from litestar.types import Scope as ASGIScope

from ticketpen.attachments.serving import ServedFile, Wanted, plan, read_body
from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import caller_of, signed_in
from ticketpen.state import state_of
from ticketpen.tickets.finding import get_file

ALLOWED: Final = ("GET", "HEAD")


async def only_reading(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    """A guard that comes first: an ASGI route gets every method, and 405 needs no caller."""
    method = connection.scope.get("method")
    if method not in ALLOWED:
        raise Problem(
            Code.METHOD_NOT_ALLOWED,
            f"{method} is not allowed here.",
            headers={"Allow": ", ".join(ALLOWED)},
        )


@asgi(
    "/api/v1/support/tickets/{ticket_id:str}/attachments/{message_id:str}/{filename:str}",
    guards=[only_reading, signed_in(Scope.TICKETS_READ, standing_in_query=True)],
    opt={"operation_id": "downloadAttachment"},
    copy_scope=False,
)
async def download(scope: ASGIScope, receive: Receive, send: Send) -> None:
    """A screenshot of a ticket the caller owns, or of any for an admin."""
    connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope, receive, send)
    state = state_of(connection)
    path = scope["path_params"]
    row = await get_file(
        state.database,
        caller_of(connection),
        path["ticket_id"],
        path["message_id"],
        path["filename"],
    )
    file = ServedFile(
        row.original_name or "", row.content_type, row.size, row.sha256, row.storage_key
    )
    served = plan(file, _wanted(connection))
    body = b""
    if served.length and scope.get("method") == "GET":
        found = await read_body(state.storage, file, served)
        if not isinstance(found, bytes):
            await _send(send, served.status, served.headers)
            async for chunk in found:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        body = found
    await _send(send, served.status, served.headers)
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


def _wanted(connection: ASGIConnection[Any, Any, Any, Any]) -> Wanted:
    headers = connection.headers
    query = connection.scope["query_string"]
    choice = dict(parse_qsl(query.decode("latin-1"))).get("download") if query else None
    return Wanted(
        as_download=choice in ("1", "true"),
        range=headers.get("range"),
        if_range=headers.get("if-range"),
        if_none_match=headers.get("if-none-match"),
    )


ROUTES: Final = [download]
