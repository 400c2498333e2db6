"""A real server process around a tiny app. `python -m tests.edge.serve` is that process."""

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from tests.edge.make import answering, read_all, settings
from ticketpen.edge import Edge
from ticketpen.edge.asgi import Receive, Scope, Send
from ticketpen.server import Place, run_app
from ticketpen.settings import Settings, SettingsError

BIG = 64 * 1024 * 1024


async def tiny(scope: Scope, receive: Receive, send: Send) -> None:
    """/: the body back · /early: an answer without reading · /big: a long one · /pid."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["path"] == "/early":
        await answering(body=b"early")(scope, receive, send)
    elif scope["path"] == "/big":
        scope["path_template"] = "/big"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(BIG // 65536):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/pid":
        await answering(body=str(os.getpid()).encode())(scope, receive, send)
    elif scope["path"] == "/metrics":
        await answering(body=scope["ticketpen.metrics"].render())(scope, receive, send)
    elif scope["path"] == "/client":
        seen = [scope["client"][0], scope["scheme"], scope["method"]]
        await answering(body=json.dumps(seen).encode())(scope, receive, send)
    else:
        await answering(body=await read_all(receive))(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    if os.environ.get("TINY_FAILS"):
        error = SettingsError("the schema is older")
        trace = "".join(traceback.format_exception(error))  # as Litestar does
        await send({"type": "lifespan.startup.failed", "message": trace})
        raise error
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def make_tiny() -> Edge:
    return Edge(tiny, msgspec.json.decode(os.environ["TINY_SETTINGS"], type=Settings))


class Serving:
    """A server process, seen from outside."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.log: list[dict[str, Any]] = []
        self.address = str(self.wait_for("listening")["address"])
        host, _, port = self.address.removeprefix("http://").rpartition(":")
        self.place = (host.strip("[]"), int(port))

    def wait_for(self, event: str, **fields: object) -> dict[str, Any]:
        """The next log line of this event, with these fields."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))
            if self.log[-1] | fields | {"event": event} == self.log[-1]:
                return self.log[-1]
        raise AssertionError(f"no {event}: {self.log}")

    def connect(self, data: bytes = b"") -> socket.socket:
        found = socket.create_connection(self.place, timeout=20)
        found.sendall(data)
        return found

    def ask(self, data: bytes) -> bytes:
        """Everything that is answered until the server closes."""
        with self.connect(data) as opened:
            return read_to_end(opened)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def read_to_end(opened: socket.socket) -> bytes:
    found = b""
    while chunk := opened.recv(65536):
        found += chunk
    return found


def read_answer(opened: socket.socket, body: bytes) -> bytes:
    """One answer that ends with `body`; the connection stays open."""
    found = b""
    while not found.endswith(body):
        chunk = opened.recv(65536)
        assert chunk, f"closed after {found!r}"
        found += chunk
    return found


def start(
    host: str = "127.0.0.1", port: int = 0, workers: int = 1,
    environment: dict[str, str] | None = None, **changes: Any,
) -> "subprocess.Popen[str]":  # fmt: skip
    own = {"TINY_SETTINGS": msgspec.json.encode(settings(**changes)).decode()}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.edge.serve", host, str(port), str(workers)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **own, **(environment or {})},
    )  # fmt: skip


@contextmanager
def serving(**given: Any) -> Iterator[Serving]:
    with start(**given) as process:
        try:
            yield Serving(process)
        finally:
            process.kill()


if __name__ == "__main__":
    from tests.edge import serve

    place = Place(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    try:
        run_app(
            serve.make_tiny,
            msgspec.json.decode(os.environ["TINY_SETTINGS"], type=Settings),
            place,
        )
    except SettingsError as error:
        sys.exit(f"error: {error}")
