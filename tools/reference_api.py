"""The API as one readable page, from the OpenAPI document."""

import json
from collections.abc import Iterable
from typing import Any, Final

from ticketpen.settings import Settings
from ticketpen.system.openapi import document
from tools.markdown import table

METHODS: Final = ("get", "post", "put", "patch", "delete")
_EVERYWHERE: Final = "X-Request-ID"


def api_page() -> str:
    """Every operation by tag: parameters, body, answers, an example."""
    described = json.loads(document(Settings(secret="s" * 32)))
    parts = [
        "# API\n",
        "Also as OpenAPI 3.1 at `/openapi.json` and to try out at `/docs`. Every error has the "
        "shape of [Errors](errors.md); every answer carries `X-Request-ID`. Every GET answers HEAD "
        "too.\n",
    ]
    by_tag: dict[str, list[str]] = {}
    for path, item in described["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                shown = _operation(described, method.upper(), path, operation)
                by_tag.setdefault(operation["tags"][0], []).append(shown)
    for tag, operations in by_tag.items():
        parts += [f"## {tag}\n", *operations]
    return "\n".join(parts)


def _operation(described: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    parts = [f"### {method} {path}\n", f"**{operation['summary']}.** {operation['description']}\n"]
    rows = [
        _parameter(_resolved(described, parameter)) for parameter in operation.get("parameters", [])
    ]
    rows = [row for row in rows if row[0] != f"`{_EVERYWHERE}`"]
    if rows:
        parts.append(table(("parameter", "in", "value", "meaning"), rows))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(described, content["schema"])
        required = schema.get("required", [])
        parts.append(f"Body: `{media_type}`\n")
        parts.append(
            table(
                ("field", "value", "meaning"),
                (
                    (
                        f"`{name}`" + (" (required)" if name in required else ""),
                        _value(described, field),
                        _resolved(described, field).get("description", ""),
                    )
                    for name, field in schema.get("properties", {}).items()
                ),
            )
        )
    parts.append(table(("status", "answer"), _answers(described, operation)))
    return "\n".join([*parts, *_example(operation)])


def _parameter(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        f"`{parameter['name']}`",
        parameter["in"],
        _value({}, parameter["schema"]),
        parameter.get("description", ""),
    )


def _value(described: dict[str, Any], schema: dict[str, Any]) -> str:
    schema = _resolved(described, schema)
    if "anyOf" in schema:
        return " or ".join(_value(described, choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return " ".join(f"`{word}`" for word in schema["enum"])
    if schema.get("format") == "binary":
        return "files"
    if schema.get("type") == "array":
        return f"list of {_value(described, schema['items'])}"
    text = str(schema.get("type", "any"))
    for lowest, highest, unit in (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
    ):
        low, high = schema.get(lowest), schema.get(highest)
        if high is not None and high < 2**53:
            text += f", {low} to {high}{unit}" if low is not None else f", at most {high}{unit}"
        elif low is not None:
            text += f", {low} up"
    if "default" in schema:
        text += f", default {json.dumps(schema['default'])}"
    return text


def _answers(described: dict[str, Any], operation: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for status, answer in operation["responses"].items():
        found = _resolved(described, answer)
        codes = answer.get("$ref", "").rpartition("/")[2].split(".")[1:]
        text = found["description"] if int(status) < 400 else ""
        yield status, text or " ".join(f"`{code}`" for code in codes) or found["description"]


def _example(operation: dict[str, Any]) -> list[str]:
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            shown = json.dumps(example["value"], indent=2, ensure_ascii=False)
            return [f"{status}:\n", f"```json\n{shown}\n```\n"]
    return []


def _resolved(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node and described:
        found: Any = described
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        node = found
    return node
