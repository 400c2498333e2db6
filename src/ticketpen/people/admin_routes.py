"""/api/v1/admin/people: whom we know, added, changed and disabled by admins."""

import hmac
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
from litestar import Request, Response, get, patch, post

from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.identity.caller import ALL_SCOPES, Caller, Role, Scope, scopes_from
from ticketpen.identity.guards import admin, caller_of
from ticketpen.identity.passwords import MAX_LENGTH, MIN_LENGTH
from ticketpen.identity.policy import check_grant, scopes_of_person
from ticketpen.outbox.idempotency import Answer, Attempt, fingerprint, once
from ticketpen.people import accounts
from ticketpen.people.accounts import Change, Listing, NewPerson
from ticketpen.people.payloads import PersonList, view_of
from ticketpen.people.queries import Person
from ticketpen.requests import Fields, QueryParameters, read_json_object
from ticketpen.state import state_of
from ticketpen.text import is_storable

AnyRequest = Request[Any, Any, Any]
PATH: Final = "/api/v1/admin/people"
JSON: Final = "application/json"
MAX_PAGE_SIZE: Final = 100
MAX_SEARCH: Final = 200


@get(PATH, guards=[admin(Scope.SETTINGS_READ)], operation_id="listPeople")
async def get_people(request: AnyRequest) -> Response[bytes]:
    """One page of people, the newest first."""
    query = QueryParameters.of(request.scope)
    listing = Listing(
        page=query.integer("page", 1, 1),
        page_size=query.integer("page_size", 20, 1, MAX_PAGE_SIZE),
        search=(query.last("search") or "").strip(),
        role=query.choice("role", Role),
        disabled=query.boolean("disabled"),
    )
    if len(listing.search) > MAX_SEARCH:
        query.wrong("search", f"must have at most {MAX_SEARCH} characters.")
    query.raise_if_wrong()
    people, total = await accounts.list_people(state_of(request).database, listing)
    page = PersonList([view_of(p) for p in people], total, listing.page, listing.page_size)
    return Response(msgspec.json.encode(page), media_type=JSON)


@post(
    PATH,
    status_code=201,
    guards=[admin(Scope.SETTINGS_WRITE)],
    operation_id="addPerson",
)
async def post_person(request: AnyRequest) -> Response[bytes]:
    """Add a person; with a password they can log in here."""
    state, caller = state_of(request), caller_of(request)
    body = await read_json_object(request)
    new = _read_new(body)
    check_grant(caller, _scopes_after(new.role, new.scopes))
    answer = await once(
        state.database,
        state.settings.idempotency_lease,
        _attempt(request, caller, body),
        lambda person: Answer(201, msgspec.json.encode(view_of(person))),
        lambda receipt: accounts.add_person(state.database, new, receipt),
    )
    headers = {"Idempotency-Replayed": "true"} if answer.replayed else {}
    return Response(answer.body, media_type=JSON, status_code=answer.status, headers=headers)


@get(
    PATH + "/{person_id:path}",
    guards=[admin(Scope.SETTINGS_READ)],
    operation_id="getPerson",
)
async def get_person(request: AnyRequest) -> Response[bytes]:
    """One person."""
    person = await accounts.get_person(state_of(request).database, _person_id(request))
    return Response(msgspec.json.encode(view_of(person)), media_type=JSON)


@patch(
    PATH + "/{person_id:path}",
    guards=[admin(Scope.SETTINGS_WRITE)],
    operation_id="changePerson",
)
async def patch_person(request: AnyRequest) -> Response[bytes]:
    """Change a person: name, email, role, scopes, disabled."""
    state, caller = state_of(request), caller_of(request)
    # Before the body is read: an unknown person is 404 whatever is sent.
    person = await accounts.get_person(state.database, _person_id(request))
    change = _read_change(await read_json_object(request))
    _check_change(caller, person, change)
    person = await accounts.change_person(state.database, person.id, change)
    return Response(msgspec.json.encode(view_of(person)), media_type=JSON)


def _person_id(request: AnyRequest) -> str:
    """The id as it was sent: those of a host may be addresses, and routing folds `//`."""
    raw = request.scope.get("raw_path") or b""
    sent = raw.partition(b"?")[0].partition(PATH.encode() + b"/")[2]
    person_id = unquote_to_bytes(sent).decode("utf-8", "replace")
    person_id = person_id or str(request.path_params["person_id"]).removeprefix("/")
    if not is_storable(person_id):
        raise Problem(Code.NOT_FOUND, "There is no such person.")
    return person_id


def _read_new(body: dict[str, object]) -> NewPerson:
    fields = Fields(body)
    name = fields.line("name", accounts.NAME_LENGTH)
    email = fields.line("email", accounts.EMAIL_LENGTH)
    role = fields.choice("role", Role) or Role.USER
    scopes = fields.choices("scopes", Scope)
    password = None
    if body.get("password") is not None:
        password = fields.string("password", MIN_LENGTH, MAX_LENGTH)
    fields.raise_if_wrong()
    return NewPerson(accounts.clean_name(name), accounts.clean_email(email), role, scopes, password)


def _read_change(body: dict[str, object]) -> Change:
    fields = Fields(body)
    changes: dict[str, Any] = {}
    if "name" in fields:
        changes["name"] = fields.line("name", accounts.NAME_LENGTH)
    if "email" in fields:
        changes["email"] = fields.line("email", accounts.EMAIL_LENGTH)
    if "role" in fields:
        changes["role"] = fields.choice("role", Role)
    if "scopes" in fields:
        changes["scopes"] = fields.choices("scopes", Scope)
    if "disabled" in fields:
        changes["disabled"] = fields.boolean("disabled")
    fields.raise_if_wrong()
    if "email" in changes:
        changes["email"] = accounts.clean_email(changes["email"])
    return Change(**changes)


def _check_change(caller: Caller, person: Person, change: Change) -> None:
    """Nobody gives away more than they hold, and no admin locks themself out."""
    role = Role(person.role) if change.role is msgspec.UNSET else change.role
    held = scopes_from(person.scopes)
    scopes = held if change.scopes is msgspec.UNSET else change.scopes
    granted = _scopes_after(role, scopes)
    if granted - scopes_of_person(person.role, person.scopes):
        check_grant(caller, granted)
    # Of whoever is no admin too: the next token of their host may make them one again.
    check_grant(caller, (ALL_SCOPES if scopes is None else scopes) - held)
    if person.id == caller.id:
        errors = []
        if change.disabled is True:
            errors.append(FieldError("disabled", "cannot be set on yourself."))
        if role is not Role.ADMIN:
            errors.append(FieldError("role", "cannot be taken from yourself."))
        if errors:
            raise invalid(*errors)


def _scopes_after(role: Role, scopes: frozenset[Scope] | None) -> frozenset[Scope]:
    if role is not Role.ADMIN:
        return frozenset()
    return scopes_from(None) if scopes is None else scopes


def _attempt(request: AnyRequest, caller: Caller, body: dict[str, object]) -> Attempt:
    key = request.headers.get("idempotency-key")
    if key is None:
        return Attempt(caller.id, None, "")
    if isinstance(body.get("password"), str):
        # The fingerprint is stored: no quick hash of a password may be.
        secret = state_of(request).settings.key_for("idempotency")
        password = str(body["password"]).encode()
        body = body | {"password": hmac.digest(secret, password, "sha256").hex()}
    parts = [(name, msgspec.json.encode(value).decode()) for name, value in body.items()]
    return Attempt(caller.id, key, fingerprint(request.method, request.scope["path"], [*parts]))


ROUTES: Final = [get_people, post_person, get_person, patch_person]
