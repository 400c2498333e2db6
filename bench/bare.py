"""The yardstick: one bare ASGI function that runs the same SQL and encodes the same answers.

No auth, no validation, no routing: the address itself says who asks for what (`requests.py` makes
them). Started by `python -m bench.bare PORT` with the settings of `TICKETPEN_*`."""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from bench.bare_reads import BareReads, Header
from bench.bare_writes import BareWrites, Form
from bench.engines import choose_engine
from bench.servers import serve_bare
from ticketpen.cursors import Cursors
from ticketpen.settings import Settings, load_settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_JSON: Header = (b"content-type", b"application/json")


class Bare:
    """The app."""

    def __init__(self, settings: Settings) -> None:
        self._engine = choose_engine(settings)
        self._files = settings.files_path
        self._reads = BareReads(self._engine, Cursors(settings.key_for("cursor")))
        self._writes = BareWrites(self._engine, self._files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        _, deed, caller_id, *rest = scope["path"].split("/")
        status, headers = 200, [_JSON]
        if deed == "own":
            body = await self._reads.list_own(caller_id)
        elif deed == "all":
            body = await self._reads.list_all(caller_id)
        elif deed == "get":
            body = await self._reads.get_own(caller_id, rest[0])
        elif deed == "any":
            body = await self._reads.get_any(caller_id, rest[0])
        elif deed == "file":
            key, headers = await self._reads.find_file(caller_id, *rest)
            body = _read(self._files / key)
        else:
            status = 201
            form = await _read_form(scope, receive)
            if deed == "create":
                body = await self._writes.create(caller_id, form)
            else:
                body = await self._writes.reply(caller_id, rest[0], form)
        if deed != "file":
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def open(self) -> None:
        """Connect."""
        await self._engine.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._engine.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})


async def _read_form(scope: Scope, receive: Receive) -> Form:
    form = Form(next(value for name, value in scope["headers"] if name == b"content-type"))
    more = True
    while more:
        message = await receive()
        form.take(message["body"])
        more = message["more_body"]
    return form


def _read(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    chosen = load_settings()
    serve_bare(Bare(chosen), chosen, int(sys.argv[1]))
