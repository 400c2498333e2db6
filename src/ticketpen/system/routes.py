"""/healthz, /readyz, /metrics, /docs: what operators and newcomers look at."""

import hmac
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from litestar import Request, Response, get

from ticketpen.database.migrations import HEAD
from ticketpen.errors import Code, Problem, unavailable
from ticketpen.state import AppState, state_of

if TYPE_CHECKING:
    from ticketpen.edge.metrics import RequestMetrics

AnyRequest = Request[Any, Any, Any]

_JSON: Final = "application/json"
_ALIVE: Final = b'{"status":"ok"}'
_ASSETS: Final = {
    "start.js": "text/javascript",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain",
    "swagger-ui.css": "text/css",
}
# Swagger UI writes style attributes and draws its icons from data: addresses.
_DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Readiness(msgspec.Struct, frozen=True):
    """The answer of `/readyz` when all is well."""

    status: str
    checks: dict[str, str]


@get("/healthz", operation_id="getHealth", sync_to_thread=False)
def get_health() -> Response[bytes]:
    """The process answers. Nothing else is looked at."""
    return Response(_ALIVE, media_type=_JSON)


@get("/readyz", operation_id="getReadiness")
async def get_readiness(request: AnyRequest) -> Response[bytes]:
    """Whether requests can be answered: the database, its schema, the file store."""
    failures = await _find_failures(state_of(request))
    if failures:
        raise unavailable("Not ready: " + "; ".join(failures) + ".")
    ready = Readiness("ready", dict.fromkeys(("database", "schema", "storage"), "ok"))
    return Response(msgspec.json.encode(ready), media_type=_JSON)


async def _find_failures(state: AppState) -> list[str]:
    failures = []
    try:
        version = await state.database.schema_version()
        if version != HEAD:
            failures.append(f"the schema is {version or 'empty'}, this program works on {HEAD}")
    except Problem:
        failures.append("the database does not answer")
    try:
        await state.storage.check()
    except Problem:
        failures.append("the storage cannot be written and read")
    return failures


@get("/metrics", operation_id="getMetrics", sync_to_thread=False)
def get_metrics(request: AnyRequest) -> Response[bytes]:
    """Counts for Prometheus, when `TICKETPEN_METRICS_TOKEN` is set."""
    metrics = cast("RequestMetrics | None", request.scope.get("ticketpen.metrics"))
    if metrics is None:
        raise Problem(Code.NOT_FOUND, "Metrics are off: TICKETPEN_METRICS_TOKEN is not set.")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = state_of(request).settings.metrics_token
    is_right = hmac.compare_digest(token.strip().encode(), expected.encode())
    if scheme.lower() != "bearer" or not is_right:
        raise Problem(
            Code.NOT_AUTHENTICATED,
            "Send the value of TICKETPEN_METRICS_TOKEN as the bearer token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    from ticketpen.edge.metrics import CONTENT_TYPE  # only here it is sure to be wanted

    return Response(metrics.render(), media_type=CONTENT_TYPE)


@get("/docs", operation_id="showDocs", sync_to_thread=False)
def show_docs(request: AnyRequest) -> Response[bytes]:
    """The API's interactive documentation."""
    if request.scope.get("raw_path", b"").endswith(b"/"):
        # The page's links are relative to the folder it stands in, and that is not /docs/.
        return Response(b"", status_code=308, headers={"Location": "../docs"})
    return Response(
        _read_asset("index.html"),
        media_type="text/html",
        headers={"Content-Security-Policy": _DOCS_POLICY, "Cache-Control": "no-cache"},
    )


@get("/docs/assets/{name:str}", operation_id="getDocsAsset", sync_to_thread=False)
def get_docs_asset(request: AnyRequest) -> Response[bytes]:
    """A script or style of the documentation."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise Problem(Code.NOT_FOUND, "There is nothing at this address.")
    return Response(
        _read_asset(name),
        media_type=_ASSETS[name],
        headers={"Cache-Control": "public, max-age=3600"},
    )


def _read_asset(name: str) -> bytes:
    return (files("ticketpen.system") / "apidocs" / name).read_bytes()


ROUTES: Final = [get_health, get_readiness, get_metrics, show_docs, get_docs_asset]
