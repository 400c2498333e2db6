"""How commands reach the database: settings read, schema looked at, opened, closed again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.settings import Settings

Answer = TypeVar("Answer")

MIGRATE_WITH: Final = "run: ticketpen migrate"


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the coroutine answers."""
    import asyncio

    return asyncio.run(work)


def with_database(work: "Callable[[Database], Awaitable[Answer]]") -> Answer:
    """What `work` answers, with the database of the settings.

    Raises SettingsError, Problem."""
    from ticketpen.settings import load_settings

    settings = load_settings()

    async def open_and_work() -> Answer:
        async with opened_database(settings) as database:
            return await work(database)

    return run(open_and_work())


@asynccontextmanager
async def opened_database(
    settings: "Settings", *, upgrade: bool = False
) -> "AsyncIterator[Database]":
    """The database, open. On SQLite a new one gets its schema; with `upgrade` an old one too.

    Raises SettingsError for any other schema than ours, Problem `unavailable`."""
    from ticketpen.database import choose_database
    from ticketpen.database.migrations import HEAD, check_version, migrate

    database = choose_database(settings)
    await database.open()
    try:
        found = await database.schema_version()
        may_migrate = not settings.is_postgres and (upgrade or found is None)
        if may_migrate and (found is None or found < HEAD):
            await migrate(settings)
            found = await database.schema_version()
        check_version(found, migrate_with=MIGRATE_WITH)
        yield database
    finally:
        await database.close()
