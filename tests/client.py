"""Call the API as a client does, in this process; every answer is held against /openapi.json."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.cast import ADA, Actor
from tests.openapi_check import check_answer
from ticketpen.app import create_app
from ticketpen.clock import SECOND, now
from ticketpen.settings import Settings

ORIGIN: Final = "http://tickets.test"
TICKETS: Final = "/api/v1/support/tickets"
ADMIN_TICKETS: Final = "/api/v1/admin/tickets"
LIFETIME: Final = 3_600

File = tuple[str, bytes, str]


def token_for(settings: Settings, actor: Actor, **claims: object) -> str:
    """A token as the host would issue it; `claims` replace or, when None, remove."""
    payload: dict[str, Any] = {
        "sub": actor.id,
        "name": actor.name,
        "email": actor.email,
        "role": actor.role,
        "exp": now() // SECOND + LIFETIME,
    } | claims
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, payload, OctKey.import_key(settings.jwt_key))


class Api:
    """The running app as one caller sees it; `as_` gives another caller's view."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient, token: str | None) -> None:
        self.settings = settings
        self.http = http
        self._token = token

    def as_(self, actor: Actor | None, **claims: object) -> Self:
        """The same app, called by somebody else, or by nobody."""
        token = None if actor is None else token_for(self.settings, actor, **claims)
        return type(self)(self.settings, self.http, token)

    def with_token(self, token: str) -> Self:
        """The same app, called with this bearer token."""
        return type(self)(self.settings, self.http, token)

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        """Any request; the answer is checked against the API's own description."""
        own = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        answer = await self.http.request(method, path, headers=own | dict(headers or {}), **more)
        check_answer(
            method, str(answer.request.url.path), answer.status_code, answer.headers, answer.content
        )
        return answer

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """GET."""
        return await self.request("GET", path, **more)

    async def post_form(
        self,
        path: str,
        fields: Mapping[str, str],
        files: Sequence[File] = (),
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """POST as multipart/form-data, also without files."""
        parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
        parts += [("files", file) for file in files]
        return await self.request("POST", path, files=parts, headers=headers)

    async def open(
        self,
        subject: str = "Cannot create API key",
        message: str = "It says 500.",
        files: Sequence[File] = (),
    ) -> dict[str, Any]:
        """Open a ticket; the answer's JSON."""
        answer = await self.post_form(TICKETS, {"subject": subject, "message": message}, files)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def reply(self, ticket_id: str, body: str = "Any news?") -> httpx2.Response:
        """Write to an own ticket."""
        return await self.post_form(f"{TICKETS}/{ticket_id}/messages", {"body": body})

    async def answer(self, ticket_id: str, body: str = "We are on it.") -> httpx2.Response:
        """Write as an admin."""
        return await self.post_form(f"{ADMIN_TICKETS}/{ticket_id}/messages", {"body": body})

    async def patch(
        self, ticket_id: str, headers: Mapping[str, str] | None = None, **change: object
    ) -> httpx2.Response:
        """Set status or priority."""
        return await self.request(
            "PATCH", f"{ADMIN_TICKETS}/{ticket_id}", json=change, headers=headers
        )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Api]:
    """The app between its start and its stop; called by Ada until `as_` says otherwise."""
    app = create_app(settings)
    lifespan = app.app.lifespan()  # type: ignore[attr-defined]
    async with lifespan:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            yield Api(settings, http, token_for(settings, ADA))
