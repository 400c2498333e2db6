"""The operations for operators: health, readiness, metrics, and this description itself."""

from typing import Final

from ticketpen.errors import Code
from ticketpen.system.openapi_parts import (
    JSON,
    Access,
    Answer,
    Content,
    Operation,
    Schema,
    json_content,
    path,
)

TAG: Final = "System"


def system_operations() -> tuple[Operation, ...]:
    """All operations for operators and for readers of the docs."""
    return (*_health_operations(), *_docs_operations())


def answer_schemas() -> dict[str, Schema]:
    """The JSON answers of these operations, by name."""
    return {
        "Health": {
            "type": "object",
            "description": "The process is alive.",
            "properties": {"status": {"type": "string", "const": "ok"}},
            "required": ["status"],
        },
        "Readiness": {
            "type": "object",
            "description": "Requests can be answered.",
            "properties": {
                "status": {"type": "string", "const": "ready"},
                "checks": {
                    "type": "object",
                    "additionalProperties": {"type": "string", "const": "ok"},
                },
            },
            "required": ["status", "checks"],
        },
    }


def _health_operations() -> tuple[Operation, ...]:
    checks = dict.fromkeys(("database", "schema", "storage"), "ok")
    ready = {"status": "ready", "checks": checks}
    return (
        Operation(
            method="GET",
            path="/healthz",
            id="getHealth",
            tag=TAG,
            summary="Is the process alive",
            description="Looks at nothing else: no database, no file.",
            answers=(Answer(200, "It is.", (json_content("Health", alive={"status": "ok"}),)),),
        ),
        Operation(
            method="GET",
            path="/readyz",
            id="getReadiness",
            tag=TAG,
            summary="Can requests be answered",
            description="Looks at the database, its schema and the file store; 503 says what is "
            "missing.",
            answers=(Answer(200, "They can.", (json_content("Readiness", ready=ready),)),),
        ),
        Operation(
            method="GET",
            path="/metrics",
            id="getMetrics",
            tag=TAG,
            summary="Counts for Prometheus",
            description="Off until `TICKETPEN_METRICS_TOKEN` is set; its value is the bearer "
            "token of this path.",
            access=Access.METRICS,
            answers=(Answer(200, "The counts.", (Content("text/plain", {"type": "string"}),)),),
            errors=(Code.NOT_AUTHENTICATED, Code.NOT_FOUND),
        ),
    )


def _docs_operations() -> tuple[Operation, ...]:
    page: Schema = {"type": "string"}
    return (
        Operation(
            method="GET",
            path="/openapi.json",
            id="getOpenApi",
            tag=TAG,
            summary="This description",
            answers=(Answer(200, "OpenAPI 3.1.", (Content(JSON, {"type": "object"}),)),),
        ),
        Operation(
            method="GET",
            path="/docs",
            id="showDocs",
            tag=TAG,
            summary="This description, to read and to try",
            answers=(
                Answer(200, "A page.", (Content("text/html", page),)),
                Answer(308, "The page's own address.", headers=("Location",)),
            ),
        ),
        Operation(
            method="GET",
            path="/docs/assets/{name}",
            id="getDocsAsset",
            tag=TAG,
            summary="A script or style of the page",
            parameters=(
                path("name", "The file's name.", {"type": "string", "minLength": 1}, "start.js"),
            ),
            answers=(
                Answer(
                    200,
                    "The file.",
                    (
                        Content("text/javascript", page),
                        Content("text/css", page),
                        Content("text/plain", page),
                    ),
                ),
            ),
            errors=(Code.NOT_FOUND,),
        ),
    )
