"""/openapi.json: the API's description of itself."""

from typing import Any, Final

from litestar import Request, Response, get

from ticketpen.state import state_of

AnyRequest = Request[Any, Any, Any]


@get("/openapi.json", operation_id="getOpenApi", sync_to_thread=False)
def get_openapi(request: AnyRequest) -> Response[bytes]:
    """The description, with the address under which it was asked for as its server."""
    from ticketpen.system.openapi import document  # not at start-up: few processes are asked for it

    root_path = str(request.scope.get("root_path", "")).rstrip("/")
    return Response(
        document(state_of(request).settings, root_path),
        media_type="application/json",
        headers={"Cache-Control": "no-cache"},
    )


ROUTES: Final = [get_openapi]
