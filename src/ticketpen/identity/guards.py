"""From a request to a caller, before its body is read; and the guards on the route lines.

The order: 401, then `admin_required`, then `scope_required`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from ticketpen.clock import MINUTE, now
from ticketpen.errors import Code, Problem
from ticketpen.identity import api_keys, policy, sessions
from ticketpen.identity.caller import Caller, Channel, Scope, scopes_from
from ticketpen.identity.cross_site import check_same_site
from ticketpen.identity.jwt import VerifiedToken
from ticketpen.identity.rates import RateLimit
from ticketpen.people.profiles import Told, find_profile, follow_token, is_news
from ticketpen.people.queries import Profile
from ticketpen.settings import Settings
from ticketpen.state import AppState, state_of

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import ASGIApp

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

CALLER: Final = "ticketpen.caller"
CALLER_ID: Final = "ticketpen.caller_id"
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
# For so long what a token tells is not compared with what is stored, where the route's own
# statement sees whether its holder was disabled.
COMPARED_FOR: Final = MINUTE


class Route(HTTPRouteHandler):
    """A route of ours: its function takes the request and nothing else, and returns an ASGI app
    that answers. So the app can call it without the framework's own steps (`app.py`)."""

    async def answer(self, request: "Request[Any, Any, Any]") -> "ASGIApp":
        """Run the guards in order, then the function. Raises what they raise."""
        for guard in self.resolve_guards():
            await guard(request, self)  # type: ignore[misc]
        found: ASGIApp = await self.fn(request)
        return found


def signed_in(scope: Scope | None, *, standing_in_query: bool = False) -> Guard:
    """Everybody who proves who they are; a key needs `scope` (None: any key will do).

    `standing_in_query`: the route's statement reads `people.queries.standing`, and the route
    gives it to `policy.check_standing`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = await authenticate(connection, trusting=standing_in_query)
        policy.check_user_path(caller, scope)

    return guard


def admin(scope: Scope, *, standing_in_query: bool = False) -> Guard:
    """Admins with `scope`. `standing_in_query` as for `signed_in`."""

    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = await authenticate(connection, trusting=standing_in_query, needed=scope)
        policy.check_admin_path(caller, scope)

    return guard


def caller_of(connection: Connection) -> Caller:
    """The caller that the guard let in."""
    caller: Caller = connection.scope[CALLER]  # type: ignore[typeddict-item]
    return caller


async def authenticate(
    connection: Connection, *, trusting: bool = False, needed: Scope | None = None
) -> Caller:
    """Who is calling: by `Authorization: Bearer`, else by the session cookie.

    `trusting`: a token compared within the last minute needs no look-up for a read, unless the
    scopes known of an admin lack `needed`.
    Raises Problem `not_authenticated`, `token_expired`, `cross_site_request`, `rate_limited`."""
    state = state_of(connection)
    token = _bearer(connection)
    if token is None:
        caller = await _by_cookie(connection, state)
    elif token.startswith(api_keys.PREFIX):
        caller = await api_keys.find_caller(state.database, token)
    elif token.startswith(sessions.PREFIX):
        caller = await sessions.find_caller(state.database, token, Channel.SESSION)
    else:
        verified = state.verifier.verify(token)
        is_read = _is_read(connection)
        known = _known_caller(verified, needed) if trusting and is_read else None
        caller = known or await _compare(state, verified, is_read=is_read)
    connection.scope[CALLER] = caller  # type: ignore[typeddict-unknown-key]
    connection.scope[CALLER_ID] = caller.id  # type: ignore[typeddict-unknown-key]
    if state.settings.rate_limit:
        RateLimit.of(connection.app.state).count(caller.id, state.settings.rate_limit)
    return caller


def cookie_name(settings: Settings) -> str:
    """The session cookie's name: bound to the host where HTTPS and the root path allow it."""
    is_bound = settings.public_url.startswith("https://") and not settings.mount_path
    return "__Host-ticketpen_session" if is_bound else "ticketpen_session"


def _bearer(connection: Connection) -> str | None:
    """The token of the Authorization header; None without one, or with one of another scheme,
    which is for a proxy in front of us."""
    found: str | None = None
    for name, value in connection.scope["headers"]:
        if name != b"authorization":
            continue
        scheme, _, token = value.partition(b" ")
        if scheme.lower() == b"bearer":
            if found is not None:
                raise policy.not_authenticated("Send one Authorization header, not several.")
            found = token.strip().decode("latin-1")
    return found


async def _by_cookie(connection: Connection, state: AppState) -> Caller:
    token = connection.cookies.get(cookie_name(state.settings))
    if not token:
        raise policy.not_authenticated("Send a token as Authorization: Bearer, or log in.")
    caller = await sessions.find_caller(state.database, token, Channel.COOKIE)
    if not _is_read(connection):
        check_same_site(connection.scope, state.settings)
    return caller


def _is_read(connection: Connection) -> bool:
    return connection.scope.get("method") in SAFE_METHODS


def _known_caller(token: VerifiedToken, needed: Scope | None) -> Caller | None:
    """The caller that the token made lately, if that is enough."""
    caller = token.caller
    if caller is None or token.compared_at is None:
        return None
    if not 0 <= now() - token.compared_at < COMPARED_FOR:
        return None
    # The stored scopes may have grown since.
    if needed is not None and caller.is_admin and needed not in caller.scopes:
        return None
    return caller


async def _compare(state: AppState, token: VerifiedToken, *, is_read: bool) -> Caller:
    """Read the person's row, write what the token tells if that is news, and make the caller."""
    told = Told(token.id, token.name, token.email, token.role.value)
    stored = await find_profile(state.database, told.id)
    if stored is not None and stored.disabled_at is not None:
        token.caller = None
        raise policy.disabled()
    is_followed = True
    if is_news(told, stored):
        is_followed = await _follow(state, told, stored, is_read=is_read)
    scopes = None if stored is None else stored.scopes
    caller = Caller(
        id=token.id,
        name=token.name if stored is None else token.name or stored.name,
        email=token.email if stored is None else token.email or stored.email,
        role=token.role,
        channel=Channel.TOKEN,
        scopes=scopes_from(scopes),
        stored_scopes=scopes,
    )
    if is_followed:
        token.caller, token.compared_at = caller, now()
    return caller


async def _follow(state: AppState, told: Told, stored: Profile | None, *, is_read: bool) -> bool:
    """Store what the token tells; whether that worked."""
    try:
        await follow_token(state.database, told, stored)
    except Problem as problem:
        # On a full disk people can still read; their profile is followed by a later request.
        if problem.code is not Code.UNAVAILABLE or not is_read:
            raise
        return False
    return True
