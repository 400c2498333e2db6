"""/api/v1/admin/keys: API keys, made and revoked by admins."""

from typing import Any, Final

import msgspec
from litestar import Request, Response, delete, get, post

from ticketpen.errors import Code, Problem
from ticketpen.identity import api_keys
from ticketpen.identity.caller import Scope
from ticketpen.identity.guards import admin, caller_of
from ticketpen.identity.payloads import KeyList, key_of, new_key_of
from ticketpen.identity.policy import check_grant
from ticketpen.ids import find_id
from ticketpen.requests import Fields, read_json_object
from ticketpen.state import state_of

AnyRequest = Request[Any, Any, Any]
JSON: Final = "application/json"
NAME_LENGTH: Final = 255
PERSON_ID_LENGTH: Final = 255


@get("/api/v1/admin/keys", guards=[admin(Scope.SETTINGS_READ)], operation_id="listKeys")
async def get_keys(request: AnyRequest) -> Response[bytes]:
    """All keys, revoked ones too, the newest first."""
    keys = await api_keys.list_keys(state_of(request).database)
    return Response(msgspec.json.encode(KeyList([key_of(key) for key in keys])), media_type=JSON)


@post(
    "/api/v1/admin/keys",
    status_code=201,
    guards=[admin(Scope.SETTINGS_WRITE)],
    operation_id="createKey",
)
async def post_key(request: AnyRequest) -> Response[bytes]:
    """Make a key for a person. Its secret is in this answer and nowhere else."""
    fields = Fields(await read_json_object(request))
    person_id = fields.line("person_id", PERSON_ID_LENGTH)
    name = fields.line("name", NAME_LENGTH)
    scopes = fields.choices("scopes", Scope)
    if not scopes and not any(error.field == "scopes" for error in fields.errors):
        fields.wrong("scopes", "must name at least one scope.")
    fields.raise_if_wrong()
    new = api_keys.NewKey(person_id, name.strip(), scopes or frozenset())
    check_grant(caller_of(request), new.scopes)
    key, secret = await api_keys.create_key(state_of(request).database, new)
    return Response(
        msgspec.json.encode(new_key_of(key, secret)),
        media_type=JSON,
        status_code=201,
        headers={"Cache-Control": "no-store"},
    )


@delete(
    "/api/v1/admin/keys/{key_id:str}",
    status_code=204,
    guards=[admin(Scope.SETTINGS_WRITE)],
    operation_id="revokeKey",
)
async def delete_key(request: AnyRequest) -> None:
    """Revoke a key at once."""
    key_id = find_id(request.path_params["key_id"])
    if key_id is None:
        raise Problem(Code.NOT_FOUND, "There is no such key.")
    await api_keys.revoke_key(state_of(request).database, key_id)


ROUTES: Final = [get_keys, post_key, delete_key]
