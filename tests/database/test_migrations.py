"""The schema: what the migrations make is what `tables.py` says; older, newer and none are told."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

import ticketpen.app  # noqa: F401 -- every room's tables
from ticketpen.database import Database
from ticketpen.database.migrations import HEAD, check_version, migrate
from ticketpen.database.statements import metadata
from ticketpen.settings import Settings, SettingsError, load_settings


def differences(connection: Connection) -> list[object]:
    """What a migration would have to change; the index is of each database's own kind."""

    def is_common(_object: object, name: str | None, kind: str, *_more: object) -> bool:
        return kind != "table" or not str(name).startswith("ticket_words")

    is_sqlite = connection.dialect.name == "sqlite"
    options = {"include_object": is_common} if is_sqlite else {}
    context = MigrationContext.configure(connection, opts={"compare_type": True, **options})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_schema_is_what_the_tables_say(settings: Settings) -> None:
    if settings.is_postgres:
        url = settings.database_url.replace("postgresql://", "postgresql+asyncpg://")
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
    else:
        plain = create_engine(f"sqlite:///{settings.sqlite_path}")
        with plain.connect() as connection_:
            found = differences(connection_)
        plain.dispose()
    assert found == []


async def test_a_migrated_database_says_its_version(database: Database) -> None:
    assert await database.schema_version() == HEAD


async def test_migrating_twice_changes_nothing(settings: Settings, database: Database) -> None:
    await migrate(settings)
    assert await database.schema_version() == HEAD


async def test_an_empty_file_gets_the_schema_and_no_copy(tmp_path: Path) -> None:
    settings = load_settings({"TICKETPEN_DATA_DIR": str(tmp_path)})
    await migrate(settings)
    assert [path.name for path in tmp_path.glob("*.before-*")] == []


async def test_an_older_file_is_copied_aside_before_it_is_touched(tmp_path: Path) -> None:
    settings = load_settings({"TICKETPEN_DATA_DIR": str(tmp_path)})
    await migrate(settings)
    with sqlite3.connect(settings.sqlite_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    with pytest.raises(Exception, match="0000"):  # there is no such step in this program
        await migrate(settings)
    [aside] = tmp_path.glob("*.before-*")
    with sqlite3.connect(aside) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
    copy.close()


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    settings = load_settings({"TICKETPEN_DATA_DIR": str(tmp_path)})
    await migrate(settings)
    with sqlite3.connect(settings.sqlite_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SettingsError, match="install the newer Ticketpen"):
        await migrate(settings)


def test_an_older_schema_is_told_with_what_to_run() -> None:
    with pytest.raises(SettingsError, match="run: ticketpen migrate"):
        check_version("0000", migrate_with="run: ticketpen migrate")
    with pytest.raises(SettingsError, match="run: ticketpen migrate"):
        check_version(None, migrate_with="run: ticketpen migrate")
