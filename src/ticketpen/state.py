"""What a request can reach: settings, database, file store, verifier. Built by `app.py`."""

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ticketpen.cursors import Cursors
from ticketpen.settings import Settings

if TYPE_CHECKING:
    from litestar.connection import ASGIConnection

    from ticketpen.database import Database
    from ticketpen.identity.jwt import Verifier
    from ticketpen.storage import Storage


class AppState(msgspec.Struct, frozen=True):
    """The parts of one process, open from start-up to shutdown."""

    settings: Settings
    database: "Database"
    storage: "Storage"
    verifier: "Verifier"
    cursors: Cursors


def state_of(connection: "ASGIConnection[Any, Any, Any, Any]") -> AppState:
    """The state of the app that serves this connection."""
    return cast(AppState, connection.app.state["ticketpen"])
