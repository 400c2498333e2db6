"""A token compared within the last minute costs a read no look-up of its own."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.connection import ASGIConnection

from tests.cast import ADA, CLEO, Actor
from tests.client import token_for
from tests.people.make import set_clock
from ticketpen.clock import MINUTE, SECOND, now
from ticketpen.cursors import Cursors
from ticketpen.database import Database
from ticketpen.errors import Code, Problem
from ticketpen.identity.caller import Caller, Scope
from ticketpen.identity.guards import authenticate
from ticketpen.identity.jwt import Verifier
from ticketpen.people.accounts import Change, change_person
from ticketpen.settings import Settings
from ticketpen.state import AppState
from ticketpen.storage import Storage


class Door:
    """The guards' part of an app."""

    def __init__(self, settings: Settings, database: Database, storage: Storage) -> None:
        self.settings = settings
        self.app = Litestar([], openapi_config=None, logging_config=None)
        self.app.state["ticketpen"] = AppState(
            settings, database, storage, Verifier.from_settings(settings), Cursors(b"k" * 32)
        )

    async def enter(self, actor: Actor, method: str = "GET", **how: Any) -> Caller:
        moment = {"exp": 1_900_000_000}  # the same token each time
        token = token_for(self.settings, actor, **moment)
        headers = [(b"authorization", f"Bearer {token}".encode())]
        scope: Any = {"type": "http", "method": method, "headers": headers}
        scope["litestar_app"] = self.app
        return await authenticate(ASGIConnection(scope), **how)


@pytest.fixture
def door(settings: Settings, database: Database, storage: Storage) -> Door:
    set_clock(1_800_000_000 * SECOND)
    return Door(settings, database, storage)


async def test_a_read_asks_the_database_once_a_minute(door: Door, database: Database) -> None:
    first = await door.enter(CLEO, trusting=True)
    await database.close()
    assert await door.enter(CLEO, trusting=True) is first
    set_clock(now() + MINUTE - 1)
    assert await door.enter(CLEO, trusting=True) is first
    set_clock(now() + 1)
    with pytest.raises(Problem) as caught:
        await door.enter(CLEO, trusting=True)
    assert caught.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize(
    ("method", "trusting"), [("GET", False), ("POST", True), ("PATCH", True), ("DELETE", True)]
)
async def test_everything_else_asks_each_time(
    door: Door, database: Database, method: str, trusting: bool
) -> None:
    await door.enter(CLEO)
    await change_person(database, "cleo", Change(disabled=True))
    with pytest.raises(Problem) as caught:
        await door.enter(CLEO, method, trusting=trusting)
    assert caught.value.code is Code.NOT_AUTHENTICATED


async def test_an_admin_whose_known_scopes_do_not_suffice_is_looked_up(
    door: Door, database: Database
) -> None:
    await door.enter(ADA)
    await change_person(database, "ada", Change(scopes=frozenset((Scope.SETTINGS_READ,))))
    assert (await door.enter(ADA)).scopes == {Scope.SETTINGS_READ}
    await change_person(database, "ada", Change(scopes=None))
    read = Scope.TICKETS_READ
    assert read in (await door.enter(ADA, trusting=True, needed=read)).scopes


async def test_a_person_known_before_the_first_request_is_not_written_again(
    door: Door, database: Database
) -> None:
    first = await door.enter(CLEO, "POST")
    second = await door.enter(CLEO, "POST")
    assert first == second
    assert (first.name, first.email, first.stored_scopes) == (CLEO.name, CLEO.email, None)
