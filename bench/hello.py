"""uvicorn's hello-world: what ratios are carried to another machine by.

Started by `python -m bench.hello PORT`."""

import sys
from typing import Any

from bench.servers import serve_plain

_BODY = b"Hello, world!"
_HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(_BODY))]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """ASGI."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    status = 404 if scope["path"] == "/refused" else 200
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


if __name__ == "__main__":
    serve_plain(hello, int(sys.argv[1]))
