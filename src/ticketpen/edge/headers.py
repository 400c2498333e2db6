"""Headers of every answer that keep browsers from doing more with it than was meant."""

from functools import lru_cache
from typing import Final

from ticketpen.edge.asgi import Header

_ALWAYS: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# No includeSubDomains: the host's other names are not ours to promise for.
_OVER_TLS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")


def missing_headers(brought: list[Header], scheme: str) -> tuple[Header, ...]:
    """The protective headers that an answer does not bring itself."""
    return _missing(frozenset(dict(brought)), scheme == "https")


@lru_cache(maxsize=256)
def _missing(brought: frozenset[bytes], over_tls: bool) -> tuple[Header, ...]:
    wanted = (*_ALWAYS, _OVER_TLS) if over_tls else _ALWAYS
    return tuple(header for header in wanted if header[0] not in brought)
