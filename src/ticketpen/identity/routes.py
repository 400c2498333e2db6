"""/api/v1/auth: log in and out, who am I, change name and password."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import Cookie

from ticketpen.clock import SECOND
from ticketpen.identity.caller import Caller, Scope
from ticketpen.identity.cross_site import check_same_site
from ticketpen.identity.guards import caller_of, cookie_name, signed_in
from ticketpen.identity.login import Credentials, PasswordChange, change_password, log_in
from ticketpen.identity.passwords import MAX_LENGTH, MIN_LENGTH
from ticketpen.identity.payloads import session_of, user_of
from ticketpen.identity.sessions import ABSOLUTE, end_session, end_sessions
from ticketpen.people.accounts import EMAIL_LENGTH, NAME_LENGTH, Change, change_person, clean_name
from ticketpen.requests import Fields, QueryParameters, read_json_object
from ticketpen.state import state_of

AnyRequest = Request[Any, Any, Any]
JSON: Final = "application/json"
# Whoever gets hold of a stored answer must not find a session in it.
PRIVATE: Final = {"Cache-Control": "no-store"}


@post("/api/v1/auth/login", status_code=200, operation_id="logIn")
async def post_login(request: AnyRequest) -> Response[bytes]:
    """Begin a session of an own account; the token also comes as a cookie."""
    state = state_of(request)
    check_same_site(request.scope, state.settings)
    fields = Fields(await read_json_object(request))
    email = fields.string("email", 1, EMAIL_LENGTH)
    password = fields.string("password", 1, MAX_LENGTH)
    fields.raise_if_wrong()
    given = Credentials(email.strip(), password, client_address(request))
    logged_in = await log_in(state.database, state.settings, given)
    request.scope["ticketpen.caller_id"] = logged_in.account.id  # type: ignore[typeddict-unknown-key]
    return Response(
        msgspec.json.encode(session_of(logged_in)),
        media_type=JSON,
        headers=PRIVATE,
        cookies=[session_cookie(request, logged_in.session.token, ABSOLUTE // SECOND)],
    )


@post("/api/v1/auth/logout", status_code=204, guards=[signed_in(None)], operation_id="logOut")
async def post_logout(request: AnyRequest) -> Response[None]:
    """End the session of the request; with `?all=1` every session of the caller."""
    state, caller = state_of(request), caller_of(request)
    query = QueryParameters.of(request.scope)
    everywhere = query.boolean("all")
    query.raise_if_wrong()
    if everywhere:
        await end_sessions(state.database, caller.id)
    elif caller.session_hash is not None:
        await end_session(state.database, caller.session_hash)
    gone = session_cookie(request, "", 0)
    return Response(None, status_code=204, headers=PRIVATE, cookies=[gone])


@get("/api/v1/auth/me", guards=[signed_in(None)], operation_id="getMe")
async def get_me(request: AnyRequest) -> Response[bytes]:
    """Who the caller is and what they may do."""
    return _respond_with_user(caller_of(request))


@patch("/api/v1/auth/me", guards=[signed_in(Scope.SETTINGS_WRITE)], operation_id="changeMe")
async def patch_me(request: AnyRequest) -> Response[bytes]:
    """Change the caller's own name. A token that tells a name brings that one back."""
    caller = caller_of(request)
    fields = Fields(await read_json_object(request))
    if "name" in fields:
        name = fields.line("name", NAME_LENGTH)
        fields.raise_if_wrong()
        change = Change(name=clean_name(name))
        person = await change_person(state_of(request).database, caller.id, change)
        caller = msgspec.structs.replace(caller, name=person.name)
    return _respond_with_user(caller)


@post(
    "/api/v1/auth/password",
    status_code=204,
    guards=[signed_in(Scope.SETTINGS_WRITE)],
    operation_id="changePassword",
)
async def post_password(request: AnyRequest) -> Response[None]:
    """Change the password of the caller's own account; every other session ends."""
    state = state_of(request)
    fields = Fields(await read_json_object(request))
    current = fields.string("current_password", 1, MAX_LENGTH)
    new = fields.string("new_password", MIN_LENGTH, MAX_LENGTH)
    fields.raise_if_wrong()
    change = PasswordChange(current, new, client_address(request))
    await change_password(state.database, state.settings, caller_of(request), change)
    return Response(None, status_code=204, headers=PRIVATE)


def client_address(request: AnyRequest) -> str:
    """The network address of the caller; behind trusted proxies the one they tell of."""
    told = request.scope.get("ticketpen.client")
    if isinstance(told, str):
        return told
    peer = request.scope["client"]
    return peer[0] if peer else ""


def session_cookie(request: AnyRequest, token: str, max_age: int) -> Cookie:
    """The session cookie. No script reads it, and no other site's form sends it."""
    settings = state_of(request).settings
    name = cookie_name(settings)
    return Cookie(
        key=name,
        value=token,
        path="/" if name.startswith("__Host-") else settings.mount_path or "/",
        max_age=max_age,
        # Also when nobody has told us our address: what came by HTTPS goes on by HTTPS.
        secure=settings.public_url.startswith("https://") or request.scope["scheme"] == "https",
        httponly=True,
        samesite="lax",
    )


def _respond_with_user(caller: Caller) -> Response[bytes]:
    return Response(msgspec.json.encode(user_of(caller)), media_type=JSON, headers=PRIVATE)


ROUTES: Final = [post_login, post_logout, get_me, patch_me, post_password]
