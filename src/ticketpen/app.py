"""Builds the ASGI app: mounts every routes file, turns errors into answers, starts and stops."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.routes import HTTPRoute

from ticketpen.cursors import Cursors
from ticketpen.database import choose_database
from ticketpen.database.migrations import check_version
from ticketpen.edge import Edge
from ticketpen.edge.asgi import App
from ticketpen.errors import Code, Problem, problem_body
from ticketpen.identity import admin_routes as key_routes
from ticketpen.identity import routes as auth_routes
from ticketpen.identity.guards import Route
from ticketpen.identity.jwt import Verifier
from ticketpen.people import admin_routes as people_routes
from ticketpen.settings import Settings, load_settings
from ticketpen.state import AppState
from ticketpen.storage import choose_storage
from ticketpen.system import openapi_routes
from ticketpen.system import routes as system_routes
from ticketpen.tickets import admin_routes as ticket_admin_routes
from ticketpen.tickets import file_routes
from ticketpen.tickets import routes as ticket_routes
from ticketpen.worker import Worker

ROUTES: Final = [
    *ticket_routes.ROUTES,
    *ticket_admin_routes.ROUTES,
    *file_routes.ROUTES,
    *auth_routes.ROUTES,
    *people_routes.ROUTES,
    *key_routes.ROUTES,
    *system_routes.ROUTES,
    *openapi_routes.ROUTES,
]


def create_app(settings: Settings | None = None) -> Edge:
    """The ASGI app. Without `settings` they are read from the environment.

    Raises SettingsError."""
    settings = settings or load_settings()
    state = make_state(settings)
    app = _Application(
        route_handlers=ROUTES,
        lifespan=[_lifespan(state)],
        exception_handlers={Exception: _answer_error},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # the edge counts
    )
    app.state["ticketpen"] = state
    return Edge(cast(App, app), settings)


class _Application(Litestar):
    """Litestar, with a short way to our own routes: guards, function, answer. Its own way copies
    the route for every guard and calls thirty functions more: a third of a short read."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        route = self._find_route(scope)
        if route is None:
            await super().__call__(scope, receive, send)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            answer = await route.answer(request)
        except HTTPException as error:
            raise _problem(request, error) from error
        await answer(scope, receive, send)

    def _find_route(self, scope: Any) -> Route | None:
        """One of our routes, the scope made ready for it. None for all that Litestar answers in
        its own way: its lifespan, other routes, other spellings of a path, 404 and 405."""
        if scope["type"] != "http":
            return None
        path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        try:
            _, route, path, params, template = self.asgi_router.handle_routing(
                path, scope["method"]
            )
        except HTTPException:
            return None
        if not isinstance(route, Route):
            return None
        scope["app"] = scope["litestar_app"] = self
        scope.setdefault("state", {})
        scope["route_handler"] = route
        scope["path"] = path
        scope["path_params"] = params
        scope["path_template"] = template
        return route


def make_state(settings: Settings) -> AppState:
    """The parts of one process, the database not yet open. Raises SettingsError."""
    return AppState(
        settings=settings,
        database=choose_database(settings),
        storage=choose_storage(settings),
        verifier=Verifier.from_settings(settings),
        cursors=Cursors(settings.key_for("cursor")),
    )


def _lifespan(state: AppState) -> Callable[[Litestar], Any]:
    @asynccontextmanager
    async def run(_app: Litestar) -> AsyncIterator[None]:
        await state.database.open()
        try:
            check_version(
                await state.database.schema_version(), migrate_with="run: ticketpen migrate"
            )
            async with Worker(state):
                yield
        finally:
            await state.database.close()

    return run


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem = _problem(request, error)
    return Response(
        problem_body(problem, str(request.scope.get("ticketpen.request_id", ""))),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=problem.headers,
    )


def _problem(request: Request[Any, Any, Any], error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, MethodNotAllowedException):
        return Problem(
            Code.METHOD_NOT_ALLOWED,
            f"{request.method} is not allowed here.",
            headers={"Allow": ", ".join(_allowed_methods(request))},
        )
    if isinstance(error, NotFoundException):
        return Problem(Code.NOT_FOUND, "There is nothing at this address.")
    if isinstance(error, HTTPException) and error.status_code < 500:
        return Problem(Code.MALFORMED_REQUEST, "The request cannot be read.")
    raise error


def _allowed_methods(request: Request[Any, Any, Any]) -> list[str]:
    # Litestar's own Allow names only one of the handlers that share a path.
    path = request.scope["path"].removeprefix(str(request.scope.get("root_path", "")).rstrip("/"))
    allowed = {
        str(method)
        for route in request.app.routes
        if isinstance(route, HTTPRoute) and _matches(route, path)
        for handler in route.route_handlers
        for method in handler.http_methods
    }
    return sorted(allowed | ({"HEAD"} if "GET" in allowed else set()) | {"OPTIONS"})


def _matches(route: HTTPRoute, path: str) -> bool:
    here = [part for part in path.split("/") if part]
    components = route.path_components
    if components and not isinstance(components[-1], str) and components[-1].type is Path:
        here = here[: len(components)]  # the last one takes all that is left
    return len(here) == len(components) and all(
        component == part
        for component, part in zip(components, here, strict=True)
        if isinstance(component, str)
    )
