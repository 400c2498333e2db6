"""Every road into the app, from its own table of routes: a new route is walked without a word."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx2
import msgspec
from litestar.handlers import HTTPRouteHandler

from tests.client import Api
from ticketpen.app import ROUTES

PUBLIC: Final = frozenset(
    ("/api/v1/auth/login", "/healthz", "/readyz", "/metrics", "/openapi.json")
)
"""What anybody may ask for; beside the pages under /docs."""


class Road(msgspec.Struct, frozen=True):
    """A method and a path with `{…}` in it."""

    method: str
    template: str

    @property
    def is_public(self) -> bool:
        return self.template in PUBLIC or self.template.startswith("/docs")

    @property
    def is_for_admins(self) -> bool:
        return self.template.startswith("/api/v1/admin/")

    def fill(self, values: Mapping[str, str]) -> str:
        """The path with its parameters."""
        parts = self.template.split("/")
        return "/".join(
            values[part[1:-1].partition(":")[0]] if part.startswith("{") else part for part in parts
        )


def every_road() -> Iterator[Road]:
    """All of them; HEAD beside every GET."""
    for handler in ROUTES:
        assert isinstance(handler, HTTPRouteHandler)
        for template in handler.paths:
            for method in handler.http_methods:
                yield Road(str(method), template)
                if method == "GET":
                    yield Road("HEAD", template)


PRIVATE: Final = sorted(
    {road for road in every_road() if not road.is_public}, key=lambda r: (r.template, r.method)
)


async def go(api: Api, road: Road, path: str, **more: Any) -> httpx2.Response:
    """Ask with a body that the road would take, were the caller somebody else."""
    if road.method in ("GET", "HEAD", "DELETE"):
        return await api.request(road.method, path, **more)
    if road.template.endswith(("/messages", "/support/tickets")):
        fields = {"subject": "s", "message": "m", "body": "b"}
        parts = [(name, (None, value)) for name, value in fields.items()]
        return await api.request(road.method, path, files=parts, **more)
    body = {
        "status": "closed",
        "name": "Mallory",
        "email": "mallory@example.net",
        "person_id": "mallory",
        "scopes": ["tickets:read"],
        "current_password": "x",
        "new_password": "correct horse battery",
    }
    return await api.request(road.method, path, json=body, **more)
