"""Servers for the journeys: two processes on PostgreSQL, one on SQLite."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.cast import ADA
from tests.journeys.calling import Person
from tests.journeys.server import Server, environment, started
from ticketpen.settings import Settings


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Connections to servers."""
    async with httpx2.AsyncClient(timeout=15) as client:
        yield client


@pytest.fixture
async def servers(settings: Settings) -> AsyncIterator[list[Server]]:
    """As many processes as the database takes."""
    made = [Server(environment(settings)) for _ in range(2 if settings.is_postgres else 1)]
    async with started(*made):
        yield made


@pytest.fixture
def here(servers: list[Server], http: httpx2.AsyncClient, settings: Settings) -> Person:
    """Ada at the first server."""
    return Person(http, settings, ADA, servers[0].url)


@pytest.fixture
def there(servers: list[Server], here: Person) -> Person:
    """Ada at the last server, which on PostgreSQL is another process."""
    return here.at(servers[-1].url)
