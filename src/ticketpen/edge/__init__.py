"""What wraps every request: its id, who sent it, limits, protective headers, the log line.

Plain ASGI around the app, whatever serves it and whatever mounts it."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ticketpen.clock import now
from ticketpen.edge.answers import internal_error
from ticketpen.edge.asgi import App, Header, Receive, Scope, Send
from ticketpen.edge.client import FORWARDED_FOR, FORWARDED_PROTO, Proxies
from ticketpen.edge.cors import ORIGIN, REQUEST_METHOD, Cors
from ticketpen.edge.exchange import CLIENT_LEFT, PROBE, Exchange
from ticketpen.edge.limits import CONTENT_LENGTH, BodyReader
from ticketpen.edge.log import RequestLine, request_log, request_writer
from ticketpen.errors import Problem, unavailable
from ticketpen.ids import new_id
from ticketpen.settings import Settings

if TYPE_CHECKING:
    from ticketpen.edge.metrics import RequestMetrics

__all__ = ["Edge"]

_REQUEST_ID: Final = b"x-request-id"
_SAFE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_WANTED: Final = frozenset(
    (_REQUEST_ID, CONTENT_LENGTH, ORIGIN, REQUEST_METHOD, FORWARDED_FOR, FORWARDED_PROTO)
)
# A label and a log field must not be whatever a client makes up.
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Edge:
    """The app with everything around it. Puts into the scope: `ticketpen.request_id`,
    `ticketpen.client` (the caller's address, or ""), `ticketpen.head` (True for a HEAD request,
    which the app sees as GET), `ticketpen.metrics` (None when they are off). Reads from it:
    `ticketpen.caller_id` and `path_template`, for the log."""

    def __init__(self, app: App, settings: Settings) -> None:
        """Raises SettingsError for trusted proxies that are no addresses."""
        self.app = app
        self._body_limit = settings.body_limit
        self._body_timeout = settings.body_timeout
        self._proxies = Proxies(settings.trusted_proxies)
        self._cors = Cors(settings.origins)
        self._metrics = _choose_metrics(settings)
        self._log = request_log()
        self._write_line = request_writer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. Other scopes than http pass through untouched."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = now()
        headers = _pick(scope["headers"])
        method: str = scope["method"]
        scope = self._extend(scope, headers)
        exchange = Exchange(
            scope,
            BodyReader(receive, self._body_limit, self._body_timeout),
            send,
            self._cors.answer_headers(headers.get(ORIGIN)),
        )
        try:
            await self._run(scope, headers, exchange)
        finally:
            self._record(scope, method, exchange, now() - began)

    def _extend(self, outer: Scope, headers: Mapping[bytes, bytes]) -> Scope:
        # A copy: the server and a host that mounts us keep their own view of method and client.
        scope = dict(outer)
        asked = headers.get(_REQUEST_ID)
        scope["ticketpen.request_id"] = (
            asked.decode() if asked and _SAFE_ID.fullmatch(asked) else new_id()
        )
        method = scope["method"]
        if method == "HEAD":
            scope["method"] = "GET"
            scope["ticketpen.head"] = True
        elif method == "OPTIONS":
            scope["method"] = PROBE
        scope["ticketpen.metrics"] = self._metrics
        peer = scope.get("client")
        scope["ticketpen.client"] = peer[0] if peer else ""
        if peer and self._proxies and self._proxies.is_trusted(peer[0]):
            client = self._proxies.client_of(peer[0], headers)
            scope["ticketpen.client"] = client
            scope["client"] = tuple(peer) if client == peer[0] else (client, 0)
            scope["scheme"] = self._proxies.scheme_of(headers) or scope["scheme"]
        return scope

    async def _run(self, scope: Scope, headers: Mapping[bytes, bytes], exchange: Exchange) -> None:
        try:
            if CONTENT_LENGTH in headers:
                exchange.check_declared(headers[CONTENT_LENGTH])
            if scope["method"] == PROBE and (allowed := self._cors.find_preflight(headers)):
                await exchange.answer_empty(allowed)
                return
            await self.app(scope, exchange.receive, exchange.send)
            if exchange.status == 0 and not exchange.is_gone:
                raise RuntimeError("the app did not answer")
        except asyncio.CancelledError:
            if exchange.status == 0 and not exchange.is_gone:
                await exchange.answer(unavailable("The server is going down. Send it again."))
            raise
        except Exception as error:
            if exchange.is_gone:
                return
            if isinstance(error, Problem) and exchange.status == 0:
                await exchange.answer(error)
                return
            self._log.exception("failed", request_id=exchange.request_id)
            if exchange.status != 0:
                raise  # the server must cut the connection: half an answer is on its way
            await exchange.answer(internal_error())

    def _record(self, scope: Scope, method: str, exchange: Exchange, micros: int) -> None:
        method = method if method in _METHODS else "OTHER"
        route: str | None = scope.get("path_template")
        left = exchange.is_gone or exchange.is_cut
        status = CLIENT_LEFT if left else exchange.status
        caller_id: str | None = scope.get("ticketpen.caller_id")
        self._write_line(
            RequestLine(exchange.request_id, caller_id, method, route, status, micros / 1000)
        )
        if self._metrics is not None:
            self._metrics.count(method, route or "", status, micros / 1_000_000)


def _pick(headers: Iterable[Header]) -> dict[bytes, bytes]:
    """The headers the edge reads; a repeated one joined by commas."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _WANTED:
            found[name] = b"%s,%s" % (found[name], value) if name in found else value
    return found


def _choose_metrics(settings: Settings) -> "RequestMetrics | None":
    if not settings.metrics_token:
        return None
    from ticketpen.edge.metrics import RequestMetrics

    return RequestMetrics()
