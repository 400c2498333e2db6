"""One HTTP/1.1 connection: uvicorn's protocol, with the deadlines and limits it lacks.

A client that sends its head or body too slowly, reads its answer too slowly, or never stops is cut;
one that is refused amid its body is let finish, so that it sees the refusal and no reset."""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final

import httptools
import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ticketpen.edge.headers import missing_headers
from ticketpen.errors import PROBLEM_TYPE, Code, Problem, ProblemBody
from ticketpen.ids import new_id
from ticketpen.settings import Settings

KEEP_ALIVE: Final = 75.0
"""Seconds between two requests: longer than proxies keep theirs (60), or they meet resets."""

_TICK: Final = 1.0
# The edge answers a late body itself; this is for bodies that nobody reads.
_BODY_GRACE: Final = 5.0
_LINGER: Final = 5.0
# Requests that are on the wire when the server is told to stop are still answered.
_LAST_CALL: Final = 0.2
_SLOWEST_READER: Final = 1024  # bytes a second


class _State(Enum):
    IDLE = auto()  # between requests, and while an answer is made
    HEAD = auto()
    BODY = auto()


class Connection(HttpToolsProtocol):
    """Reads `settings` and `is_going` from uvicorn's config (`server.ServerConfig`)."""

    _tick: asyncio.TimerHandle

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        settings: Settings = config.settings
        self._header_limit = settings.header_limit
        self._header_timeout = settings.header_timeout
        self._body_timeout = settings.body_timeout
        self._state = _State.IDLE
        self._head_size = 0
        self._deadline: float | None = None
        self._is_deaf = False  # what still comes is not looked at
        self._is_lingering = False  # said all; waits for the client to close
        self._is_going = False
        self._stalled: tuple[float, int] | None = None
        self._refusal: tuple[int, Problem] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._closer = _Closer(self, transport)
        self._deadline = self.loop.time() + self._header_timeout
        self._tick = self.loop.call_later(_TICK, self._look)
        if self.config.is_going:  # type: ignore[attr-defined]
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, or we closed."""
        self._tick.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._is_deaf:
            return
        if self._state is not _State.BODY:
            self._head_size += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # an offer (of HTTP/2, say) that need not be taken
        except httptools.HttpParserError:
            self._refuse(*self._refusal or _MALFORMED)
            return
        if self._state is _State.HEAD and self._head_size > self._header_limit:
            self._refuse(*_too_large(self._header_limit))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._state = _State.HEAD
        self._deadline = self.loop.time() + self._header_timeout

    def on_headers_complete(self) -> None:
        """The head of a request is here: its answer begins."""
        limit = self._header_limit
        # Only a head that came with more bytes than its limit is worth adding up.
        if self._head_size > limit and _size_of(self.url, self.headers) > limit:
            self._refusal = _too_large(limit)
            raise ValueError  # the parser makes its own error of it
        self._state = _State.BODY
        self._deadline = self.loop.time() + self._body_timeout + _BODY_GRACE
        super().on_headers_complete()
        self.cycle.transport = self._closer  # type: ignore[assignment]
        if self._is_going:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        super().on_message_complete()
        self._state = _State.IDLE
        self._head_size = 0
        self._deadline = self._next_request_by() if self.cycle.response_complete else None

    def on_response_complete(self) -> None:
        """An answer was given (in place of uvicorn's: our deadlines need no timer a request)."""
        self.server_state.total_requests += 1
        if self._is_lingering or self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._state is _State.IDLE:
            self._deadline = self._next_request_by()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        self._stalled = self.loop.time(), self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        self._stalled = None

    def shutdown(self) -> None:
        """Answer what was asked, then close."""
        self.config.is_going = True  # type: ignore[attr-defined]
        self._is_going = True
        if self.cycle is not None:
            self.cycle.keep_alive = False
        self.loop.call_later(_LAST_CALL, self._close_if_unused)

    def close_politely(self) -> None:
        """Close; when the client is still sending, only after it has had the time to look up."""
        if self._state is _State.IDLE or self.transport.is_closing():
            self.transport.close()
            return
        self._is_deaf = self._is_lingering = True
        self._deadline = self.loop.time() + _LINGER
        self.flow.resume_reading()
        self.transport.write_eof()

    def _next_request_by(self) -> float:
        return self.loop.time() + KEEP_ALIVE

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _close_if_unused(self) -> None:
        if not self._is_answering() and not self._is_lingering:
            self.transport.close()

    def _look(self) -> None:
        """Every second: is the client too slow?"""
        now = self.loop.time()
        self._tick = self.loop.call_later(_TICK, self._look)
        self._look_at_reader(now)
        if self._deadline is None or now < self._deadline:
            return
        if self.flow.read_paused:  # we are the slow ones
            self._deadline = now + self._body_timeout
        elif self._is_lingering or self._state is _State.BODY:
            self.transport.abort()
        elif self._state is _State.HEAD:
            self._refuse(*_LATE)
        else:
            self.transport.close()

    def _look_at_reader(self, now: float) -> None:
        if self._stalled is None:
            return
        since, size = self._stalled
        if now - since < self._body_timeout:
            return
        left = self.transport.get_write_buffer_size()
        if size - left < _SLOWEST_READER * (now - since):
            self.transport.abort()
        else:
            self._stalled = now, left

    def _refuse(self, status: int, problem: Problem) -> None:
        """Answer without the app, and hear no more."""
        self._is_deaf = True
        if self._is_answering():
            if self._state is not _State.BODY:  # the answers to earlier requests go first
                self.cycle.keep_alive = False
                return
            # The app may wait for the rest of this body: for it, the client has left.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.abort()
                return
        request_id = new_id()
        structlog.get_logger("ticketpen").info("refused", request_id=request_id, status=status)
        self.transport.write(_refusal(status, problem, request_id))
        self._state = _State.HEAD
        self.close_politely()


class _Closer:
    """The transport as an answer sees it: closing it is polite."""

    __slots__ = ("_connection", "is_closing", "write")

    def __init__(self, connection: Connection, transport: asyncio.Transport) -> None:
        self._connection = connection
        self.write = transport.write
        self.is_closing = transport.is_closing

    def close(self) -> None:
        self._connection.close_politely()


_MALFORMED: Final = 400, Problem(Code.MALFORMED_REQUEST, "This is no HTTP/1.1 request.")
_LATE: Final = 408, Problem(Code.REQUEST_TIMEOUT, "The request's head arrived too slowly.")


def _too_large(limit: int) -> tuple[int, Problem]:
    return 431, Problem(Code.MALFORMED_REQUEST, f"The request's head is over {limit} bytes.")


def _size_of(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


def _refusal(status: int, problem: Problem, request_id: str) -> bytes:
    body = msgspec.json.encode(
        ProblemBody(
            type=PROBLEM_TYPE + problem.code,
            title=HTTPStatus(status).phrase,
            status=status,
            detail=problem.detail,
            code=problem.code,
            request_id=request_id,
        )
    )
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
        *missing_headers([], "http"),
    ]
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    return b"%s%s\r\n%s" % (STATUS_LINE[status], lines, body)
