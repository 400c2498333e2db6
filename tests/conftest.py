"""Fixtures for everybody: settings, an empty migrated database of either kind, an API client."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import asyncpg
import pytest

from ticketpen import clock
from ticketpen.database import Database, choose_database
from ticketpen.database.migrations import migrate
from ticketpen.settings import Settings, load_settings
from ticketpen.storage import Storage, choose_storage
from tools.postgres import LocalPostgres

if TYPE_CHECKING:
    from tests.client import Api

SECRET = "a-secret-of-the-tests-with-enough-bytes"
POSTGRES = "TEST_POSTGRES_URL"
_server: LocalPostgres | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for all the workers, unless one is given."""
    global _server
    if not hasattr(config, "workerinput") and POSTGRES not in os.environ:
        _server = LocalPostgres()
        _server.start()
        os.environ[POSTGRES] = _server.url()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take it down again."""
    global _server
    if _server is not None:
        _server.remove()
        _server = None
        del os.environ[POSTGRES]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(autouse=True)
def _system_clock() -> Iterator[None]:
    yield
    clock.set_source(None)


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", "alone"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    folder = tmp_path_factory.mktemp("template")
    anyio.run(migrate, load_settings({"TICKETPEN_DATA_DIR": str(folder)}))
    return folder / "ticketpen.db"


@pytest.fixture(scope="session")
def postgres_url(worker_name: str) -> str:
    """A migrated database on PostgreSQL that belongs to this worker."""
    return anyio.run(_make_postgres_database, os.environ[POSTGRES], f"test_{worker_name}")


async def _make_postgres_database(server: str, name: str) -> str:
    connection = await asyncpg.connect(server)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = replace_database(server, name)
    await migrate(load_settings({"TICKETPEN_DATABASE_URL": url, "TICKETPEN_SECRET": SECRET}))
    return url


def replace_database(url: str, name: str) -> str:
    """The same server's address with another database name."""
    head, _, tail = url.partition("://")
    place, _, query = tail.partition("?")
    host = place.rpartition("/")[0]
    return f"{head}://{host}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def settings(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings with an empty, migrated database of the kind and a data folder of its own."""
    environment = {"TICKETPEN_DATA_DIR": str(tmp_path), "TICKETPEN_SECRET": SECRET}
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "ticketpen.db")
    else:
        url: str = request.getfixturevalue("postgres_url")
        anyio.run(empty_postgres, url)
        environment["TICKETPEN_DATABASE_URL"] = url
    return load_settings(environment)


async def empty_postgres(url: str) -> None:
    """Delete every row."""
    connection = await asyncpg.connect(url)
    names = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
        "AND tablename <> 'alembic_version'"
    )
    listed = ", ".join(row["tablename"] for row in names)
    await connection.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
    await connection.close()


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An open database, empty and migrated, of either kind."""
    opened = choose_database(settings)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """The file store of the settings."""
    return choose_storage(settings)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator["Api"]:
    """The running app, in this process, called by Ada until told otherwise."""
    # The whole app: tests that do without it should not wait for its import.
    from tests.client import running

    async with running(settings) as found:
        yield found
