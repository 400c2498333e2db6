"""The operations on log-ins, people and API keys."""

from typing import Any, Final

from ticketpen.errors import Code
from ticketpen.identity.admin_routes import NAME_LENGTH as KEY_NAME_LENGTH
from ticketpen.identity.admin_routes import PERSON_ID_LENGTH
from ticketpen.identity.caller import Role, Scope
from ticketpen.identity.passwords import MAX_LENGTH, MIN_LENGTH
from ticketpen.people.accounts import EMAIL_LENGTH, NAME_LENGTH
from ticketpen.people.admin_routes import MAX_PAGE_SIZE, MAX_SEARCH
from ticketpen.system import openapi_examples as examples
from ticketpen.system.openapi_parts import (
    JSON,
    UUID,
    WITHOUT_NUL,
    Access,
    Answer,
    Content,
    Operation,
    Schema,
    json_content,
    line,
    one_of,
    path,
    query,
    reference,
    whole_number,
    word,
)

LOG_IN: Final = "Log-in"
PEOPLE: Final = "People"
KEYS: Final = "API keys"
_PEOPLE_PATH: Final = "/api/v1/admin/people"
_KEYS_PATH: Final = "/api/v1/admin/keys"
_DONE: Final = "Done."

_PASSWORD: Final[Schema] = {"type": "string", "minLength": MIN_LENGTH, "maxLength": MAX_LENGTH}
_NEW_PASSWORD: Final[Schema] = {**_PASSWORD, "pattern": WITHOUT_NUL}
_OLD_PASSWORD: Final[Schema] = {**_NEW_PASSWORD, "minLength": 1}
# As `accounts.clean_email`: one @, no blanks, one line.
_ADDRESS: Final[Schema] = {
    "type": "string",
    "minLength": 3,
    "maxLength": EMAIL_LENGTH,
    "pattern": r"^[^\s@\u0000-\u0020\u0085]+@[^\s@\u0000-\u0020\u0085]+$",
}
_SCOPES: Final[Schema] = {"type": "array", "items": reference("Scope")}
_SOME_SCOPES: Final[Schema] = {
    "type": ["array", "null"],
    "items": reference("Scope"),
    "description": "What an admin may do; null: everything.",
}


def people_operations() -> tuple[Operation, ...]:
    """All operations on log-ins, people and API keys."""
    return (
        *_log_in_operations(),
        *_account_operations(),
        *_people_operations(),
        *_key_operations(),
    )


def request_schemas() -> dict[str, Schema]:
    """The JSON bodies of these operations, by name."""
    person: Schema = {
        "name": line(NAME_LENGTH),
        "email": _ADDRESS,
        "role": reference("Role"),
        "scopes": _SOME_SCOPES,
    }
    return {
        "Credentials": _object(
            "An own account's e-mail address and password.",
            {
                "email": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": EMAIL_LENGTH,
                    "pattern": WITHOUT_NUL,
                },
                "password": _OLD_PASSWORD,
            },
            ["email", "password"],
        ),
        "OwnChange": _object("What to change of oneself.", {"name": line(NAME_LENGTH)}),
        "PasswordChange": _object(
            "A new password, proved by the present one.",
            {"current_password": _OLD_PASSWORD, "new_password": _NEW_PASSWORD},
            ["current_password", "new_password"],
        ),
        "PersonToAdd": _object(
            "A new person; without a password they cannot log in here.",
            person | {"password": {**_NEW_PASSWORD, "type": ["string", "null"]}},
            ["name", "email"],
        ),
        "PersonChange": _object(
            "What to change of a person; what is not named stays.",
            person | {"disabled": {"type": "boolean"}},
        ),
        "KeyToMake": _object(
            "A new key: whom it acts as, what it is called, and what it may do.",
            {
                "person_id": line(PERSON_ID_LENGTH),
                "name": line(KEY_NAME_LENGTH),
                "scopes": _SCOPES | {"minItems": 1},
            },
            ["person_id", "name", "scopes"],
        ),
    }


def _object(description: str, properties: Schema, required: list[str] | None = None) -> Schema:
    schema: Schema = {"type": "object", "description": description, "properties": properties}
    return schema if required is None else schema | {"required": required}


def _body(name: str, **named: Any) -> tuple[Content, ...]:
    return (Content(JSON, reference(name), named),)


def _log_in_operations() -> tuple[Operation, ...]:
    return (
        Operation(
            method="POST",
            path="/api/v1/auth/login",
            id="logIn",
            tag=LOG_IN,
            summary="Log in",
            description="Begins a session of an own account. Its token works as a bearer token, "
            "and comes as a cookie too. After ten failures in a minute the account is refused "
            "for a while from this address.",
            body=_body(
                "Credentials", ada={"email": "ada@example.com", "password": "correct horse staple"}
            ),
            answers=(
                Answer(
                    200,
                    "The session.",
                    (json_content("Session", ada=examples.SESSION),),
                    headers=("Set-Cookie",),
                ),
            ),
            errors=(
                Code.INVALID_VALUE,
                Code.INVALID_CREDENTIALS,
                Code.CROSS_SITE_REQUEST,
                Code.RATE_LIMITED,
            ),
        ),
        Operation(
            method="POST",
            path="/api/v1/auth/logout",
            id="logOut",
            tag=LOG_IN,
            summary="Log out",
            description="Ends the session of the request. Tokens and keys are no sessions: they "
            "stay.",
            access=Access.SIGNED_IN,
            parameters=(
                query("all", "`true`: end every session of the caller.", {"type": "boolean"}),
            ),
            answers=(Answer(204, _DONE, headers=("Set-Cookie",)),),
            errors=(Code.INVALID_VALUE,),
        ),
    )


def _account_operations() -> tuple[Operation, ...]:
    me = Answer(200, "The caller.", (json_content("User", ada=examples.USER),))
    return (
        Operation(
            method="GET",
            path="/api/v1/auth/me",
            id="getMe",
            tag=LOG_IN,
            summary="Who am I",
            access=Access.SIGNED_IN,
            answers=(me,),
        ),
        Operation(
            method="PATCH",
            path="/api/v1/auth/me",
            id="changeMe",
            tag=LOG_IN,
            summary="Change the own name",
            description="A token that tells a name brings that one back with its next request.",
            access=Access.SIGNED_IN,
            scope=Scope.SETTINGS_WRITE,
            body=_body("OwnChange", ada={"name": "Ada Lindqvist"}),
            answers=(me,),
            errors=(Code.INVALID_VALUE, Code.NOT_FOUND),
        ),
        Operation(
            method="POST",
            path="/api/v1/auth/password",
            id="changePassword",
            tag=LOG_IN,
            summary="Change the own password",
            description="Ends every other session of the caller.",
            access=Access.SIGNED_IN,
            scope=Scope.SETTINGS_WRITE,
            body=_body(
                "PasswordChange",
                ada={
                    "current_password": "correct horse staple",
                    "new_password": "battery of nine horses",
                },
            ),
            answers=(Answer(204, _DONE),),
            errors=(
                Code.INVALID_VALUE,
                Code.INVALID_CREDENTIALS,
                Code.RATE_LIMITED,
                Code.NOT_FOUND,
                Code.CONFLICT,
            ),
        ),
    )


def _people_operations() -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET",
            path=_PEOPLE_PATH,
            id="listPeople",
            tag=PEOPLE,
            summary="List people",
            description="The newest first.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_READ,
            parameters=(
                query("page", "The page, counted from 1.", whole_number(1, default=1)),
                query("page_size", "People on a page.", whole_number(1, MAX_PAGE_SIZE, 20)),
                query("search", "Part of the name or address, or the id.", word(MAX_SEARCH)),
                query("role", "Only people of this role.", one_of(Role)),
                query("disabled", "Only people who are disabled, or are not.", {"type": "boolean"}),
            ),
            answers=(
                Answer(200, "One page.", (json_content("PersonList", page=examples.PEOPLE),)),
            ),
            errors=(Code.INVALID_VALUE,),
        ),
        Operation(
            method="POST",
            path=_PEOPLE_PATH,
            id="addPerson",
            tag=PEOPLE,
            summary="Add a person",
            description="Nobody gives away scopes that they do not have.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_WRITE,
            is_repeatable=True,
            body=_body(
                "PersonToAdd",
                ada={"name": "Ada Lindqvist", "email": "ada@example.com", "role": Role.ADMIN},
            ),
            answers=(Answer(201, "The person.", (json_content("Person", ada=examples.PERSON),)),),
            errors=(Code.INVALID_VALUE, Code.CONFLICT),
        ),
        *_person_operations(),
    )


def _person_operations() -> tuple[Operation, ...]:
    shown = Answer(200, "The person.", (json_content("Person", ada=examples.PERSON),))
    person_id = path(
        "person_id",
        "The person's id; a `/` in it is sent as `%2F`.",
        {"type": "string", "minLength": 1},
        "ada",
    )
    return (
        Operation(
            method="GET",
            path=f"{_PEOPLE_PATH}/{{person_id}}",
            id="getPerson",
            tag=PEOPLE,
            summary="Get a person",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_READ,
            parameters=(person_id,),
            answers=(shown,),
            errors=(Code.NOT_FOUND,),
        ),
        Operation(
            method="PATCH",
            path=f"{_PEOPLE_PATH}/{{person_id}}",
            id="changePerson",
            tag=PEOPLE,
            summary="Change a person",
            description="Disabling them ends their sessions, keys and tokens at once. Nobody "
            "disables themself, or stops being an admin by themself.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_WRITE,
            parameters=(person_id,),
            body=_body("PersonChange", disable={"disabled": True}),
            answers=(shown,),
            errors=(Code.NOT_FOUND, Code.INVALID_VALUE, Code.CONFLICT),
        ),
    )


def _key_operations() -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET",
            path=_KEYS_PATH,
            id="listKeys",
            tag=KEYS,
            summary="List API keys",
            description="Revoked ones too, the newest first.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_READ,
            answers=(Answer(200, "All keys.", (json_content("KeyList", keys=examples.KEYS),)),),
        ),
        Operation(
            method="POST",
            path=_KEYS_PATH,
            id="createKey",
            tag=KEYS,
            summary="Make an API key",
            description="It acts as one person and never above them. Its secret is in this answer "
            "and nowhere else.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_WRITE,
            body=_body(
                "KeyToMake",
                export={
                    "person_id": "ada",
                    "name": "Nightly export",
                    "scopes": [Scope.TICKETS_READ],
                },
            ),
            answers=(Answer(201, "The key.", (json_content("NewKey", key=examples.NEW_KEY),)),),
            errors=(Code.INVALID_VALUE,),
        ),
        Operation(
            method="DELETE",
            path=f"{_KEYS_PATH}/{{key_id}}",
            id="revokeKey",
            tag=KEYS,
            summary="Revoke an API key",
            description="At once; a second time changes nothing.",
            access=Access.ADMIN,
            scope=Scope.SETTINGS_WRITE,
            parameters=(path("key_id", "The key's id.", UUID, examples.KEY_ID),),
            answers=(Answer(204, _DONE),),
            errors=(Code.NOT_FOUND,),
        ),
    )
