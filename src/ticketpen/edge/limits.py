"""Limits on a request's body: what it declares, what arrives, and how long that may take."""

import asyncio
import re
from typing import Final

from ticketpen.edge.asgi import Message, Receive
from ticketpen.errors import Code, Problem

CONTENT_LENGTH: Final = b"content-length"
_NUMBER: Final = re.compile(rb"[0-9]+")
_LONGEST_NUMBER: Final = 19


class BodyReader:
    """Reads a request's body from the server, and stops at the limits."""

    __slots__ = ("_deadline", "_is_complete", "_limit", "_receive", "_size", "_timeout", "refusal")

    def __init__(self, receive: Receive, limit: int, timeout: float) -> None:
        self._receive = receive
        self._limit = limit
        self._timeout = timeout
        self._deadline: float | None = None
        self._size = 0
        self._is_complete = False
        self.refusal: Problem | None = None
        """What the body was refused with; the rest of it is still on the wire."""

    def check_declared(self, declared: bytes) -> None:
        """Look at `Content-Length` before anything is read.

        Raises Problem `body_too_large`, or `malformed_request` for what is no number (two
        different ones arrive here joined by a comma)."""
        if not _NUMBER.fullmatch(declared):
            self.refusal = Problem(
                Code.MALFORMED_REQUEST, "The Content-Length header is not a number."
            )
            raise self.refusal
        if len(declared) > _LONGEST_NUMBER or int(declared) > self._limit:
            self.refusal = _too_large(self._limit)
            raise self.refusal

    async def receive(self) -> Message:
        """The next ASGI message. Raises Problem `body_too_large`, `request_timeout`."""
        if self.refusal is not None:
            raise self.refusal
        if self._is_complete:
            return await self._receive()
        message = await self._receive_in_time()
        if message["type"] == "http.request":
            self._is_complete = not message.get("more_body", False)
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                self.refusal = _too_large(self._limit)
                raise self.refusal
        return message

    async def _receive_in_time(self) -> Message:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._timeout
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            self.refusal = Problem(
                Code.REQUEST_TIMEOUT,
                f"The whole body did not arrive within {self._timeout:g} seconds.",
            )
            raise self.refusal from None


def _too_large(limit: int) -> Problem:
    return Problem(Code.BODY_TOO_LARGE, f"The body is larger than {limit} bytes.")
