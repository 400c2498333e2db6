"""The API's description: valid, complete, and true to the code."""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from hypothesis import example, given
from hypothesis import strategies as st
from litestar.routes import ASGIRoute, HTTPRoute

from tests.cast import CLEO
from tests.client import Api
from tests.openapi_check import check_answer, described
from ticketpen.app import create_app
from ticketpen.errors import Code, Problem
from ticketpen.settings import Settings, load_settings
from ticketpen.system.openapi import document, error_codes, operations
from ticketpen.system.openapi_parts import BLANK, Access, Operation, line, text
from ticketpen.text import clean_line, clean_text, is_blank

EVERY: Final = operations(Settings())
BY_ID: Final = {operation.id: operation for operation in EVERY}
METHODS: Final = ("get", "head", "post", "patch", "put", "delete")
# Letters of every kind that the rules of text look at, and a few that they do not.
LETTERS: Final = st.text(
    st.sampled_from("\0\t\n\r\x1f \x7f\x85\xa0\xad\u200b  \u3000\u3164\ufeffaé漢🎫\U000e0020"),
    max_size=6,
)


def test_it_is_valid_openapi_3_1() -> None:
    assert described()["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(described()).validate()


def test_every_schema_in_it_is_a_valid_json_schema() -> None:
    for schema in schemas_in(described()):
        jsonschema_rs.meta.validate(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
        )


def test_every_route_is_described_and_nothing_else(tmp_path: Any) -> None:
    settings = load_settings({"TICKETPEN_DATA_DIR": str(tmp_path)})
    app: Any = create_app(settings).app
    routed = dict(routed_operations(app.routes))
    answered = {
        (method, path): item["operationId"]
        for path, methods in described()["paths"].items()
        for method, item in methods.items()
        if method != "head"
    }
    assert answered == routed


def test_head_stands_beside_every_get() -> None:
    for path, methods in described()["paths"].items():
        assert ("head" in methods) == ("get" in methods), path


def test_every_operation_has_an_id_of_its_own_in_camel_case() -> None:
    ids = [
        item["operationId"]
        for methods in described()["paths"].values()
        for item in methods.values()
    ]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch("[a-z]+([A-Z][a-z]+)*", found) for found in ids)


def test_every_reference_leads_somewhere() -> None:
    for reference in references_in(described()):
        found: Any = described()
        for part in reference.removeprefix("#/").split("/"):
            assert part in found, reference
            found = found[part]


def test_every_component_is_used() -> None:
    used = set(references_in(described()))
    for kind in ("schemas", "headers", "responses", "examples"):
        for name in described()["components"][kind]:
            if name != Code.METHOD_NOT_ALLOWED:  # of methods that are not described
                assert f"#/components/{kind}/{name}" in used, f"{kind}/{name}"


def test_every_code_is_promised_by_some_operation() -> None:
    promised = {code for operation in EVERY for code in error_codes(operation)}
    assert promised == set(Code) - {Code.METHOD_NOT_ALLOWED}


def test_every_example_has_the_shape_it_is_an_example_of() -> None:
    for where, schema, value in examples_in(described()):
        root = {**schema, "components": described()["components"]}
        validator = jsonschema_rs.Draft202012Validator(root, validate_formats=True)
        assert validator.is_valid(value), where


def test_every_operation_and_parameter_says_what_it_is() -> None:
    for operation in EVERY:
        assert operation.summary, operation.id
        for parameter in operation.parameters:
            assert parameter.description.endswith("."), (operation.id, parameter.name)


def test_what_counts_as_blank_is_what_the_code_finds_blank() -> None:
    blank = re.compile(f"[{BLANK}]")
    for point in range(0x110000):
        character = chr(point)
        # Later versions of Unicode name characters that this Python does not know yet.
        if unicodedata.category(character) not in ("Cn", "Cs"):
            assert bool(blank.fullmatch(character)) == is_blank(character), hex(point)


@given(LETTERS)
@example("a\n")
@example("")
def test_the_patterns_of_text_promise_what_the_code_accepts(value: str) -> None:
    # Line ends become LF before anything is judged; the pattern sees what is sent.
    for schema, clean in ((line(255), clean_line), (text(5_000), clean_text)):
        try:
            clean("field", value, 255)
            is_accepted = True
        except Problem:
            is_accepted = False
        assert jsonschema_rs.is_valid(schema, value) == is_accepted


def test_limits_follow_the_settings() -> None:
    settings = msgspec.structs.replace(Settings(), files_limit=7, file_limit=1234)
    made = json.loads(document(settings))
    form = made["paths"]["/api/v1/support/tickets"]["post"]["requestBody"]["content"]
    files = form["multipart/form-data"]["schema"]["properties"]["files"]
    assert files["maxItems"] == 7
    assert files["items"]["maxLength"] == 1234


@pytest.mark.parametrize(
    ("public_url", "root_path", "server"),
    [
        ("", "", "/"),
        ("", "/support", "/support"),
        ("https://example.com/help", "/support", "/help"),
    ],
)
def test_the_server_is_where_browsers_find_us(public_url: str, root_path: str, server: str) -> None:
    settings = msgspec.structs.replace(Settings(), public_url=public_url)
    assert json.loads(document(settings, root_path))["servers"] == [{"url": server}]


def test_the_cookie_is_named_as_it_is_set() -> None:
    settings = msgspec.structs.replace(Settings(), public_url="https://example.com")
    schemes = json.loads(document(settings))["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "__Host-ticketpen_session"


async def test_it_is_served_to_everybody(api: Api) -> None:
    answer = await api.as_(None).get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == described()


@pytest.mark.parametrize("name", sorted(BY_ID))
async def test_only_those_may_call_who_are_said_to(api: Api, name: str) -> None:
    operation = BY_ID[name]
    path = path_of(operation)
    anonymous = await api.as_(None).request(operation.method, path)
    if operation.access in (Access.SIGNED_IN, Access.ADMIN):
        assert anonymous.status_code == 401
    else:
        assert anonymous.status_code not in (401, 403)
    if operation.access is Access.ADMIN:
        as_user = await api.as_(CLEO).request(operation.method, path)
        assert (as_user.status_code, as_user.json()["code"]) == (403, Code.ADMIN_REQUIRED)


@pytest.mark.parametrize("name", sorted(name for name in BY_ID if BY_ID[name].scope))
async def test_a_key_needs_the_scope_that_is_said(api: Api, name: str) -> None:
    operation = BY_ID[name]
    scopes = described()["components"]["schemas"]["Scope"]["enum"]
    others = [scope for scope in scopes if scope != operation.scope]
    made = await api.request(
        "POST",
        "/api/v1/admin/keys",
        json={"person_id": "ada", "name": "All but one", "scopes": others},
    )
    assert made.status_code == 201, made.text
    path = path_of(operation)
    answer = await api.with_token(made.json()["secret"]).request(operation.method, path)
    assert answer.status_code == 403
    assert answer.json()["detail"] == f"This needs the scope {operation.scope}."


def test_an_answer_that_is_not_described_is_noticed() -> None:
    headers = {"X-Request-ID": "x", "Content-Type": "application/json"}
    check_answer("GET", "/healthz", 200, headers, b'{"status":"ok"}')
    for status, body in (
        (201, b'{"status":"ok"}'),
        (200, b'{"status":"well"}'),
        (200, b'{"status":"ok","more":1}'),
    ):
        with pytest.raises(AssertionError):
            check_answer("GET", "/healthz", status, headers, body)
    with pytest.raises(AssertionError):
        check_answer("GET", "/healthz", 200, headers | {"Content-Type": "text/html"}, b"")
    with pytest.raises(AssertionError):
        check_answer("GET", "/healthz", 200, {"Content-Type": "application/json"}, b"{}")
    with pytest.raises(AssertionError):
        check_answer("GET", "/nowhere", 200, headers, b"{}")


def routed_operations(routes: Any) -> Iterator[tuple[tuple[str, str], str]]:
    """Method and path of every route, with the operation's id."""
    for route in routes:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    if method != "OPTIONS":
                        yield (method.lower(), path), str(handler.operation_id)
        elif isinstance(route, ASGIRoute):
            yield ("get", path), route.route_handler.opt["operation_id"]


def path_of(operation: Operation) -> str:
    """A path of the operation with the examples of its parameters."""
    values = {parameter.name: parameter.example for parameter in operation.parameters}
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], operation.path)


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)


def schemas_in(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from made["components"]["schemas"].values()
    for _, content in contents_in(made):
        yield content.get("schema", {})
    for methods in made["paths"].values():
        for item in methods.values():
            for parameter in item["parameters"]:
                yield parameter["schema"]


def contents_in(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    answers = [("responses", made["components"]["responses"])]
    for path, methods in made["paths"].items():
        for method, item in methods.items():
            where = f"{method} {path}"
            answers.append((where, item["responses"]))
            for content in item.get("requestBody", {}).get("content", {}).values():
                yield where, content
    for where, described_answers in answers:
        for answer in described_answers.values():
            for content in answer.get("content", {}).values():
                yield where, content


def examples_in(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for where, content in contents_in(made):
        for name, shown in content.get("examples", {}).items():
            if "$ref" in shown:
                shown = made["components"]["examples"][name]
            yield f"{where}: {name}", content["schema"], shown["value"]
    for path, methods in made["paths"].items():
        for method, item in methods.items():
            for parameter in item["parameters"]:
                if "example" in parameter:
                    where = f"{method} {path} {parameter['name']}"
                    yield where, parameter["schema"], parameter["example"]
