"""The schema's versions, by Alembic, which is imported only when something is to do."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ticketpen.clock import now
from ticketpen.settings import Settings, SettingsError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

HEAD: Final = "0001"
"""The schema this code works on."""

_FOLDER: Final = Path(__file__).parent
# Any number of ours will do, as long as every process takes the same lock.
_LOCK: Final = 0x7469636B


async def migrate(settings: Settings) -> None:
    """Bring the schema to HEAD; nothing when it is there. On SQLite an older file is copied aside
    first. Raises SettingsError for a schema that is newer than this code."""
    if settings.is_postgres:
        await _migrate_postgres(settings.database_url)
    else:
        _migrate_sqlite(settings.sqlite_path)


def check_version(found: str | None, *, migrate_with: str) -> None:
    """Raise SettingsError unless the schema is the one this code works on."""
    if found == HEAD:
        return
    if found is None or found < HEAD:
        raise SettingsError(f"the database's schema is older than this program; {migrate_with}")
    raise SettingsError(
        f"the database has schema {found}, this program knows {HEAD}: install the newer Ticketpen"
    )


def _migrate_sqlite(path: Path) -> None:
    from sqlalchemy import create_engine, event

    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    _copy_aside(path)
    engine = create_engine("sqlite://", creator=lambda: _plain_connection(path))
    # The driver would commit before DDL on its own: we begin by ourselves, so all of it is atomic.
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    finally:
        engine.dispose()


def _plain_connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _copy_aside(path: Path) -> None:
    if not path.exists():
        return
    source = _plain_connection(path)
    try:
        tables = source.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
        if tables.fetchone() is None:
            return
        found = source.execute("SELECT version_num FROM alembic_version").fetchone()
        if found is None or found[0] >= HEAD:
            return
        aside = sqlite3.connect(path.with_name(f"{path.name}.before-{HEAD}-{now()}"))
        try:
            source.backup(aside)
        finally:
            aside.close()
    finally:
        source.close()


async def _migrate_postgres(url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    from ticketpen.database.postgres import connect

    # By the driver itself: SQLAlchemy knows fewer of an address's options, not even sslmode.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect(url))
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: "Connection") -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(_FOLDER))

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs(HEAD, revision)

    context = MigrationContext.configure(
        connection, opts={"fn": steps, "script": script, "transactional_ddl": True}
    )
    found = context.get_current_revision()
    if found is not None and found > HEAD:
        check_version(found, migrate_with="")
    with Operations.context(context):
        context.run_migrations()
