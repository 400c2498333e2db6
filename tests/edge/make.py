"""Tiny apps behind an edge, and requests to them without a server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from ticketpen.edge import Edge
from ticketpen.edge.asgi import App, Message, Receive, Scope, Send
from ticketpen.settings import Settings

SECRET = "a-secret-of-the-tests-with-enough-bytes"


def settings(**changes: Any) -> Settings:
    return Settings(secret=SECRET, **changes)


class Answer(msgspec.Struct):
    """What came out of an edge."""

    messages: list[Message]
    scope: Scope

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(m.get("body", b"") for m in self.messages[1:])

    def all(self, name: str) -> list[str]:
        return [v.decode() for n, v in self.messages[0]["headers"] if n == name.encode()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) < 2, f"{name} stands twice"
        return values[0] if values else None

    def problem(self) -> dict[str, Any]:
        assert self.header("content-type") == "application/problem+json"
        found: dict[str, Any] = msgspec.json.decode(self.body)
        assert found["status"] == self.status
        assert found["request_id"] == self.header("x-request-id")
        return found


class Wire:
    """The server's side: what the client sends, what it is sent."""

    def __init__(self, chunks: Iterable[bytes], *, stalls: bool, leaves: bool) -> None:
        self._chunks = list(chunks)
        self._stalls = stalls
        self._leaves = leaves
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if self._chunks:
            chunk = self._chunks.pop(0)
            more = bool(self._chunks) or self._stalls or self._leaves
            return {"type": "http.request", "body": chunk, "more_body": more}
        if self._stalls:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def call(
    app: App,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    chunks: Iterable[bytes] = (b"",),
    **more: Any,
) -> Answer:
    """One request. `more` goes into the scope, but for `stalls` and `leaves`: what the client does
    when its chunks are sent."""
    wire = Wire(chunks, stalls=more.pop("stalls", False), leaves=more.pop("leaves", False))
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/secret-path",
        "raw_path": b"/secret-path",
        "query_string": b"token=secret-query",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in headers],
        "client": ("192.0.2.1", 4711),
        "server": ("192.0.2.2", 80),
        "state": {},
        **more,
    }
    await app(scope, wire.receive, wire.send)
    return Answer(wire.sent, scope)


def answering(
    status: int = 200, headers: Iterable[tuple[str, str]] = (), body: bytes = b"hello"
) -> App:
    """An app that answers the same to everybody, without reading."""
    encoded = [(n.encode(), v.encode()) for n, v in headers]
    encoded.append((b"content-length", str(len(body)).encode()))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["path_template"] = "/things/{id}"
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})

    return app


def looking(look: Callable[[Scope], Any]) -> App:
    """An app that answers with what `look` sees in the scope, as JSON."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(body=msgspec.json.encode(look(scope)))(scope, receive, send)

    return app


async def read_all(receive: Receive) -> bytes:
    """The whole body."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def reading() -> App:
    """An app that answers with the body it was sent."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await answering(body=await read_all(receive))(scope, receive, send)

    return app


def failing(error: BaseException, before: Callable[[Send], Awaitable[None]] | None = None) -> App:
    """An app that raises, maybe after sending something."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if before is not None:
            await before(send)
        raise error

    return app


def behind_edge(app: App, **changes: Any) -> Edge:
    return Edge(app, settings(**changes))
