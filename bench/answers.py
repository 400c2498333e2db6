"""Before anything is measured: ours and the yardstick answer alike, or the ratio means nothing."""

import re
import socket
from typing import Final

import msgspec

from bench.requests import Call, Operation, Tokens, whole_request
from bench.servers import Server

# What differs between two equal writes: ids, times, random digits, the ticket's number.
_CHANGING: Final = re.compile(
    rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
    rb"|[0-9a-f]{8}(?=_screenshot)"
    rb'|(?<="number":)\d+'
)


class Answer(msgspec.Struct, frozen=True):
    """A whole answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(server: Server, request: bytes) -> Answer:
    """Send one request and read its answer."""
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(request)
        head, body = b"", b""
        while b"\r\n\r\n" not in head:
            head += _received(connection)
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        while len(body) < int(headers["content-length"]):
            body += _received(connection)
    return Answer(int(first.split()[1]), headers, body)


def without_changes(operation: Operation, body: bytes) -> bytes:
    """What must be the same: all of a read; of a write, all but what is new each time."""
    return body if operation.is_read else _CHANGING.sub(b"#", body)


def check_alike(
    operation: Operation, call: Call, tokens: Tokens, ours: Server, bare: Server
) -> None:
    """Raises RuntimeError unless both answer the call with the right status and the same body."""
    mine = ask(ours, whole_request(call, tokens, for_ours=True))
    theirs = ask(bare, whole_request(call, tokens, for_ours=False))
    for answer, server in ((mine, ours), (theirs, bare)):
        if answer.status != operation.status:
            raise RuntimeError(
                f"{operation.name} was answered {answer.status}: {answer.body[:500]!r}\n"
                f"{server.last_words()}"
            )
    if without_changes(operation, mine.body) != without_changes(operation, theirs.body):
        raise RuntimeError(
            f"{operation.name} is answered differently:\n{mine.body[:2_000]!r}\n"
            f"{theirs.body[:2_000]!r}"
        )


def _received(connection: socket.socket) -> bytes:
    chunk = connection.recv(65_536)
    if not chunk:
        raise RuntimeError("the server ended the connection")
    return chunk
