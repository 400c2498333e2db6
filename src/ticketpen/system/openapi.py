"""The API's description, OpenAPI 3.1, put together from the tables of operations."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from ticketpen import __version__
from ticketpen.errors import MEANINGS, Code, FieldError, Problem, problem_body
from ticketpen.identity.guards import SAFE_METHODS, cookie_name
from ticketpen.settings import Settings
from ticketpen.system import openapi_people, openapi_system, openapi_tickets
from ticketpen.system.openapi_events import event_operations
from ticketpen.system.openapi_examples import REQUEST_ID
from ticketpen.system.openapi_files import DOWNLOAD
from ticketpen.system.openapi_intro import HEADERS, INTRODUCTION, SECURITY_SCHEMES, TAGS
from ticketpen.system.openapi_parts import (
    MULTIPART,
    PROBLEM,
    Access,
    Answer,
    Content,
    Operation,
    Parameter,
    Place,
    Schema,
    header,
)
from ticketpen.system.openapi_schemas import answer_schemas

# What any request can meet, whatever it asks for.
_ALWAYS: Final = (
    Code.MALFORMED_REQUEST,
    Code.BODY_TOO_LARGE,
    Code.INTERNAL_ERROR,
    Code.UNAVAILABLE,
)
_RETRY_AFTER: Final = "Retry-After"
_TOLD_WHEN: Final = (Code.RATE_LIMITED, Code.UNAVAILABLE, Code.IDEMPOTENCY_CONFLICT)
_REQUEST_ID: Final = header(
    "X-Request-ID",
    "An id of the caller's own for the log, echoed in the answer: 1 to 128 letters, digits, "
    "`.`, `_`, `-`. Anything else is replaced.",
    {"type": "string"},
)
_IDEMPOTENCY_KEY: Final = header(
    "Idempotency-Key",
    "Makes it safe to send the request again: for 24 hours the same key with the same content is "
    "given the first answer. Printable ASCII.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "0b8f3a5e-1c7d-4f62-9a0e-d25c8e41b7f9",
)


def document(settings: Settings, root_path: str = "") -> bytes:
    """The document as JSON. `root_path` is where a host mounted us, if no setting says so."""
    return _document(settings, settings.mount_path or root_path or "/")


def operations(settings: Settings) -> tuple[Operation, ...]:
    """Every operation, in the order of the docs; HEAD stands beside every GET unsaid."""
    return (
        *openapi_tickets.ticket_operations(settings),
        DOWNLOAD,
        *event_operations(),
        *openapi_people.people_operations(),
        *openapi_system.system_operations(),
    )


def error_codes(operation: Operation) -> list[Code]:
    """Every code that the operation can answer with."""
    codes = [*operation.errors, *_ALWAYS]
    if operation.body:
        codes += [Code.UNSUPPORTED_MEDIA_TYPE, Code.REQUEST_TIMEOUT]
        if MULTIPART not in [content.media_type for content in operation.body]:
            codes.append(Code.INVALID_VALUE)
    if operation.is_repeatable:
        codes += [Code.IDEMPOTENCY_CONFLICT, Code.IDEMPOTENCY_MISMATCH, Code.INVALID_VALUE]
    if operation.access in (Access.SIGNED_IN, Access.ADMIN):
        codes += [Code.NOT_AUTHENTICATED, Code.TOKEN_EXPIRED, Code.RATE_LIMITED]
        if operation.method not in SAFE_METHODS:
            codes.append(Code.CROSS_SITE_REQUEST)
    if operation.access is Access.ADMIN:
        codes.append(Code.ADMIN_REQUIRED)
    if operation.scope is not None:
        codes.append(Code.SCOPE_REQUIRED)
    return [code for code in Code if code in codes]


@lru_cache(maxsize=8)
def _document(settings: Settings, server: str) -> bytes:
    paths: Schema = {}
    responses: Schema = {}
    for operation in operations(settings):
        item = paths.setdefault(operation.path, {})
        item[operation.method.lower()] = _operation(operation, responses)
        if operation.method == "GET":
            item["head"] = _head_of(item["get"], responses)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Ticketpen",
                "version": __version__,
                "summary": "Support tickets that a product carries inside itself.",
                "description": INTRODUCTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": server}],
            "tags": [{"name": name, "description": said} for name, said in TAGS.items()],
            "paths": paths,
            "components": {
                "schemas": answer_schemas()
                | openapi_tickets.request_schemas()
                | openapi_people.request_schemas()
                | openapi_system.answer_schemas(),
                "headers": {name: HEADERS[name] for name in HEADERS if "required" in HEADERS[name]},
                "responses": responses,
                "examples": {code: _problem_example(code) for code in Code},
                "securitySchemes": SECURITY_SCHEMES
                | {"session": {**SECURITY_SCHEMES["session"], "name": cookie_name(settings)}},
            },
        }
    )


def _operation(operation: Operation, responses: Schema) -> Schema:
    parameters = [*operation.parameters, _REQUEST_ID]
    if operation.is_repeatable:
        parameters.insert(-1, _IDEMPOTENCY_KEY)
    made: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _description(operation),
        "security": _security(operation),
        "parameters": [_parameter(parameter) for parameter in parameters],
        "responses": {
            str(answer.status): _answer(answer, operation) for answer in operation.answers
        },
    }
    if operation.body:
        made["requestBody"] = {
            "required": True,
            "content": {content.media_type: _content(content) for content in operation.body},
        }
    by_status: dict[int, list[Code]] = {}
    for code in error_codes(operation):
        by_status.setdefault(MEANINGS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        name = ".".join([str(status), *codes])
        responses.setdefault(name, _refusal(codes))
        made["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}
    return made


def _head_of(get: Schema, responses: Schema) -> Schema:
    """The same without bodies."""
    answers: Schema = {}
    for status, answer in get["responses"].items():
        whole = answer
        if "$ref" in answer:
            whole = responses[answer["$ref"].rpartition("/")[2]]
        answers[status] = {name: value for name, value in whole.items() if name != "content"}
    return get | {
        "operationId": f"{get['operationId']}Head",
        "summary": f"{get['summary']}: headers only",
        "responses": answers,
    }


def _description(operation: Operation) -> str:
    needs = f"For {operation.access}."
    if operation.access is Access.ADMIN:
        needs = f"For {operation.access} with the scope `{operation.scope}`."
    elif operation.scope is not None:
        needs = f"For {operation.access}; an API key needs the scope `{operation.scope}`."
    return f"{operation.description}\n\n{needs}" if operation.description else needs


def _security(operation: Operation) -> list[Schema]:
    if operation.access is Access.ANYBODY:
        return []
    if operation.access is Access.METRICS:
        return [{"bearer": []}]
    scopes = [] if operation.scope is None else [operation.scope]
    return [{"bearer": scopes}, {"session": scopes}]


def _parameter(parameter: Parameter) -> Schema:
    made: Schema = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "schema": parameter.schema,
    }
    if parameter.place is Place.PATH:
        made |= {"required": True, "example": parameter.example}
    elif parameter.example is not None:
        # Said, not set: the docs page would send an example with every try.
        made["description"] += f" For example `{parameter.example}`."
    if parameter.schema.get("type") == "array":
        made |= {"style": "form", "explode": False}
    return made


def _answer(answer: Answer, operation: Operation) -> Schema:
    sometimes = list(answer.sometimes)
    if operation.is_repeatable:
        sometimes.append("Idempotency-Replayed")
    made: Schema = {
        "description": answer.description,
        "headers": _headers(answer.headers, sometimes),
    }
    if answer.contents:
        made["content"] = {content.media_type: _content(content) for content in answer.contents}
    return made


def _content(content: Content) -> Schema:
    made: Schema = {"schema": content.schema} if content.schema else {}
    if content.examples:
        made["examples"] = {name: {"value": value} for name, value in content.examples.items()}
    if content.encoding is not None:
        made["encoding"] = content.encoding
    return made


def _refusal(codes: Sequence[Code]) -> Schema:
    always = ["WWW-Authenticate"] if MEANINGS[codes[0]].status == 401 else []
    told = [code for code in codes if code in _TOLD_WHEN]
    if codes[0] is Code.RANGE_NOT_SATISFIABLE:
        always.append("Content-Range")
    if told == list(codes):
        always.append(_RETRY_AFTER)
    return {
        "description": " ".join(f"`{code}`: {MEANINGS[code].when}" for code in codes),
        "headers": _headers(always, [_RETRY_AFTER] if told and told != list(codes) else []),
        "content": {
            PROBLEM: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }


def _headers(always: Iterable[str], sometimes: Iterable[str]) -> Schema:
    made: Schema = {
        name: {"$ref": f"#/components/headers/{name}"} for name in (*always, "X-Request-ID")
    }
    made |= {
        name: {key: value for key, value in HEADERS[name].items() if key != "required"}
        for name in sometimes
    }
    return made


def _problem_example(code: Code) -> Schema:
    meaning = MEANINGS[code]
    errors = [FieldError("subject", "is required.")] if code is Code.INVALID_VALUE else []
    body: Any = msgspec.json.decode(
        problem_body(Problem(code, meaning.when, errors=errors), REQUEST_ID)
    )
    return {"summary": meaning.title, "value": body}
