"""The system's own routes on an app of their own, behind the edge."""

from typing import Any, cast

import msgspec
from litestar import Litestar

from tests.edge.make import Answer, call
from ticketpen.database import Database
from ticketpen.edge import Edge
from ticketpen.settings import Settings
from ticketpen.state import AppState
from ticketpen.storage import Storage
from ticketpen.system.routes import ROUTES


class System:
    """An app of these routes over parts that may be broken."""

    def __init__(self, settings: Settings, database: Database, storage: Storage) -> None:
        absent = cast(Any, None)  # who calls is nobody's business here
        state = AppState(settings, database, storage, verifier=absent, cursors=absent)
        app = Litestar(
            list(ROUTES),
            exception_handlers={Exception: _let_through},
            openapi_config=None,
            logging_config=None,
        )
        app.state["ticketpen"] = state
        self._app = Edge(cast(Any, app), settings)

    async def get(self, path: str, *headers: tuple[str, str], **more: Any) -> Answer:
        return await call(
            self._app, more.pop("method", "GET"), headers,
            path=path, raw_path=path.encode(), query_string=b"", **more,
        )  # fmt: skip


def _let_through(_request: object, error: Exception) -> Any:
    raise error


def json(answer: Answer) -> Any:
    return msgspec.json.decode(answer.body)
