"""Pages of other origins: which may call, and what their browsers are told.

Exact origins only, never `*`: calls carry cookies."""

from collections.abc import Mapping
from typing import Final

from ticketpen.edge.asgi import Header

ORIGIN: Final = b"origin"
REQUEST_METHOD: Final = b"access-control-request-method"

VARY: Final[Header] = (b"vary", b"origin")
_CREDENTIALS: Final[Header] = (b"access-control-allow-credentials", b"true")
_EXPOSED: Final[Header] = (
    b"access-control-expose-headers",
    b"ETag, X-Request-ID, Idempotency-Replayed, Retry-After, Content-Disposition",
)
_PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID",
    ),
    (b"access-control-max-age", b"600"),
)


class Cors:
    """The origins that may call, and the headers for them."""

    def __init__(self, origins: frozenset[str]) -> None:
        # Caches must keep the answers for different origins apart, also those for none.
        self._others: tuple[Header, ...] = (VARY,) if origins else ()
        self._answers: Mapping[bytes, tuple[Header, ...]] = {
            origin.encode(): (
                (b"access-control-allow-origin", origin.encode()),
                _CREDENTIALS,
                _EXPOSED,
                VARY,
            )
            for origin in origins
        }

    def answer_headers(self, origin: bytes | None) -> tuple[Header, ...]:
        """What every answer to a page of `origin` carries (None: no `Origin` header)."""
        return self._others if origin is None else self._answers.get(origin, self._others)

    def find_preflight(self, headers: Mapping[bytes, bytes]) -> tuple[Header, ...] | None:
        """What the answer to a preflight carries besides `answer_headers`; None when it is no
        preflight or the origin may not call: then it is answered like any OPTIONS."""
        if REQUEST_METHOD not in headers or headers.get(ORIGIN) not in self._answers:
            return None
        return _PREFLIGHT
