import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from tests.edge.make import settings
from tests.edge.serve import read_to_end

Place = tuple[str, int]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Where the tiny app is served by Granian, a server that is not ours."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TINY_SETTINGS": msgspec.json.encode(settings(body_limit=1_000)).decode(),
    }
    arguments = ["--interface", "asgi", "--factory", "--no-ws", "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "granian", *arguments, "tests.edge.serve:make_tiny"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert any("Started worker" in line for line in process.stdout)
            while True:  # it says so a moment before it listens
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    assert process.poll() is None
            yield "127.0.0.1", port
        finally:
            process.terminate()


def ask(place: Place, request: bytes) -> bytes:
    with socket.create_connection(place, timeout=20) as opened:
        opened.sendall(request)
        return read_to_end(opened)


@pytest.mark.parametrize(
    ("head", "body", "status", "answered"),
    [
        (b"GET /client", b"", 200, b'["127.0.0.1", "http", "GET"]'),
        (b"HEAD /client", b"", 200, b""),
        (b"POST /", b"hello", 200, b"hello"),
        (b"POST /", b"x" * 1_001, 413, None),
    ],
)
def test_the_app_is_the_same_under_another_server(
    place: Place, head: bytes, body: bytes, status: int, answered: bytes | None
) -> None:
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    answer = ask(
        place, head + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + length + b"\r\n" + body
    )
    start, _, rest = answer.partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 %d " % status)
    assert b"x-request-id: " in start
    if answered is None:
        assert b"body_too_large" in rest
    else:
        assert rest == answered
