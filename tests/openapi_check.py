"""Hold answers against the API's own description: status, media type, headers, code, shape."""

import copy
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import jsonschema_rs

from ticketpen.settings import Settings
from ticketpen.system.openapi import document

PROBLEM: Final = "application/problem+json"
JSON_TYPES: Final = ("application/json", PROBLEM)
_SLASHES: Final = re.compile("/{2,}")


class Known(NamedTuple):
    """A path of the description: how it is recognised, and its methods."""

    template: str
    pattern: re.Pattern[str]
    methods: dict[str, Any]


@cache
def described() -> dict[str, Any]:
    """The description, as it is by default."""
    found: dict[str, Any] = json.loads(document(Settings()))
    return found


@cache
def known_paths() -> list[Known]:
    """Every path; those without parameters come first."""
    paths = sorted(described()["paths"].items(), key=lambda item: item[0].count("{"))
    return [Known(template, _pattern(template), methods) for template, methods in paths]


def check_answer(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Raise AssertionError when the description does not promise this answer.

    `path` is that of the request, decoded. Answers for paths and methods that are not described
    must be problems (but for OPTIONS, which any path answers)."""
    known = find_path(path)
    lowered = {name.lower(): value for name, value in headers.items()}
    assert "x-request-id" in lowered, "no X-Request-ID"
    if known is None or method.lower() not in known.methods:
        if not (method == "OPTIONS" and status == 204 and not body):
            _check_unknown(method, known, status, lowered, body)
        return
    where = f"{method} {known.template}: {status}"
    answers = known.methods[method.lower()]["responses"]
    assert str(status) in answers, f"{where} is not described"
    answer = _resolve(answers[str(status)])
    _check_headers(where, answer, lowered)
    if "content" not in answer:
        assert not body, f"{where} has a body"
        return
    media_type = lowered.get("content-type", "").partition(";")[0].strip().lower()
    assert media_type in answer["content"], f"{where} is sent as {media_type!r}"
    content = answer["content"][media_type]
    if media_type in JSON_TYPES and "schema" in content:
        value = json.loads(body)
        _check_shape(where, content["schema"], value)
        if media_type == PROBLEM:
            assert value["code"] in content["examples"], f"{where} has the code {value['code']}"
            assert value["status"] == status, f"{where} says {value['status']} in its body"


def find_path(path: str) -> Known | None:
    """The described path that this one is (routing folds slashes)."""
    plain = _SLASHES.sub("/", path).rstrip("/") or "/"
    return next((known for known in known_paths() if known.pattern.fullmatch(plain)), None)


def _pattern(template: str) -> re.Pattern[str]:
    # Ids of people come from elsewhere and may hold slashes.
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(
            re.escape(part) if place % 2 == 0 else ("(?s:.+)" if part == "person_id" else "[^/]+")
            for place, part in enumerate(parts)
        )
    )


def _check_unknown(
    method: str, known: Known | None, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    assert status >= 400, f"{method} answered {status}, but it is not described"
    assert headers.get("content-type", "").startswith(PROBLEM)
    if method != "HEAD":
        _check_shape(
            f"{method}: {status}", {"$ref": "#/components/schemas/Problem"}, json.loads(body)
        )
    if known is not None and status == 405:
        allowed = {word.strip().lower() for word in headers.get("allow", "").split(",")}
        assert allowed == {*known.methods, "options"}, f"Allow of {known.template}: {allowed}"


def _check_headers(where: str, answer: dict[str, Any], headers: Mapping[str, str]) -> None:
    for name, described_header in answer.get("headers", {}).items():
        header = _resolve(described_header)
        value: Any = headers.get(name.lower())
        if value is None:
            assert not header.get("required"), f"{where} has no {name}"
            continue
        if header["schema"]["type"] == "integer":
            value = int(value)
        jsonschema_rs.validate(header["schema"], value)


def _check_shape(where: str, schema: dict[str, Any], value: Any) -> None:
    error = next(iter(_validator(json.dumps(schema)).iter_errors(value)), None)
    if error is not None:
        place = "/".join(map(str, error.instance_path))
        raise AssertionError(f"{where}, at /{place}: {error.message}")


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    # The components as local definitions, and closed: a field that is not described is an error.
    schemas = copy.deepcopy(described()["components"]["schemas"])
    for component in schemas.values():
        if "properties" in component:
            component.setdefault("additionalProperties", False)
    root = {**json.loads(schema), "components": {"schemas": schemas}}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


def _resolve(value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = described()
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    resolved: dict[str, Any] = found
    return resolved
