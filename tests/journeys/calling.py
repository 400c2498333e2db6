"""Call real servers as people do, over connections of their own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import httpx2

from tests.cast import Actor
from tests.client import ADMIN_TICKETS, TICKETS, File, token_for
from ticketpen.settings import Settings

RETRY: Final = 0.02
"""Seconds before a request is sent again that was told to come again."""


class Person:
    """Somebody with a token. `url` says where the server is now: it may move."""

    def __init__(
        self, http: httpx2.AsyncClient, settings: Settings, actor: Actor, url: str
    ) -> None:
        self.http = http
        self.settings = settings
        self.actor = actor
        self.url = url
        self._headers = {"Authorization": f"Bearer {token_for(settings, actor)}"}

    def as_(self, actor: Actor) -> Self:
        """Somebody else, over the same connections."""
        return type(self)(self.http, self.settings, actor, self.url)

    def at(self, url: str) -> Self:
        """The same person at another server."""
        return type(self)(self.http, self.settings, self.actor, url)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        """Any request. Raises httpx2.TransportError when no answer came."""
        return await self.http.request(
            method, self.url + path, headers=self._headers | dict(headers or {}), **more
        )

    async def read(self, path: str, **params: Any) -> dict[str, Any]:
        """GET what must be there; its JSON."""
        answer = await self.request("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ticket(self, ticket_id: str) -> dict[str, Any]:
        """A ticket as admins see it."""
        return await self.read(f"{ADMIN_TICKETS}/{ticket_id}")

    async def history(self, ticket_id: str) -> list[dict[str, Any]]:
        """The events of a ticket, oldest first."""
        found = await self.read(f"{ADMIN_TICKETS}/{ticket_id}/events", limit=1000)
        return list(found["events"])

    async def open(
        self, subject: str, message: str, files: Sequence[File] = (), key: str | None = None
    ) -> httpx2.Response:
        """Open a ticket."""
        return await self.post(TICKETS, {"subject": subject, "message": message}, files, key)

    async def reply(
        self, ticket_id: str, body: str, files: Sequence[File] = (), key: str | None = None
    ) -> httpx2.Response:
        """Write to a ticket: an admin as an admin, a user as its owner."""
        root = ADMIN_TICKETS if self.actor.role == "admin" else TICKETS
        return await self.post(f"{root}/{ticket_id}/messages", {"body": body}, files, key)

    async def patch(
        self, ticket_id: str, headers: Mapping[str, str] | None = None, **change: str
    ) -> httpx2.Response:
        """Set status or priority."""
        path = f"{ADMIN_TICKETS}/{ticket_id}"
        return await self.request("PATCH", path, json=change, headers=headers)

    async def post(
        self, path: str, fields: Mapping[str, str], files: Sequence[File], key: str | None
    ) -> httpx2.Response:
        """POST a form."""
        parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
        parts += [("files", file) for file in files]
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.request("POST", path, files=parts, headers=headers)

    async def post_until_done(
        self, path: str, fields: Mapping[str, str], key: str
    ) -> httpx2.Response:
        """POST a form again and again until no other request holds its key."""
        while True:
            answer = await self.post(path, fields, (), key)
            if answer.status_code != 409:
                return answer
            await asyncio.sleep(RETRY)
