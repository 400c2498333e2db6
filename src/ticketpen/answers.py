"""Answers whose bytes are ready. Each is an ASGI app of its own: the web framework sends it as it
stands, where an answer of the framework's would be built twice."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

Header = tuple[bytes, bytes]

_JSON: Final[Header] = (b"content-type", b"application/json")


class ReadyAnswer:
    """A status, all of its headers, and the whole body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    async def __call__(
        self,
        _scope: Any,
        _receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """ASGI."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def json_answer(body: bytes, status: int = 200, headers: Sequence[Header] = ()) -> ReadyAnswer:
    """JSON that is encoded already, with further `headers`."""
    length = (b"content-length", b"%d" % len(body))
    return ReadyAnswer(status, (_JSON, length, *headers), body)
