"""`doctor`: look at everything a server needs, and say what to do about what is wrong."""

import os
import tempfile
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ticketpen.cli.access import MIGRATE_WITH, run
from ticketpen.cli.output import explain, print_json
from ticketpen.cli.ways_in import ADD_ADMIN, has_way_in

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.settings import Settings

_DRIFT_SECONDS: Final = 5
_INDENT: Final = 10

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Finding = tuple[str, bool, str]
"""What was looked at, whether it is well, and how it is or what to do."""


def examine(as_json: AsJson = False) -> None:
    """Check database, schema, storage, clock and keys. Exits with 1 when something is wrong."""
    findings = run(_examine())
    if as_json:
        print_json([{"check": what, "ok": ok, "detail": detail} for what, ok, detail in findings])
    else:
        for what, ok, detail in findings:
            mark = typer.style("ok    ", fg="green") if ok else typer.style("wrong ", fg="red")
            typer.echo(f"{mark}{what:<{_INDENT}}{' '.join(detail.split())}")
    if not all(ok for _, ok, _ in findings):
        raise typer.Exit(1)


async def _examine() -> list[Finding]:
    from ticketpen.settings import SettingsError, load_settings

    try:
        settings = load_settings(keep_secret=False)
    except SettingsError as error:
        return [("settings", False, str(error))]
    if not settings.is_postgres and not settings.sqlite_path.exists():
        # Looking must not make a database where none is wanted.
        return [
            (
                "database",
                False,
                f"there is no file {settings.sqlite_path}; is TICKETPEN_DATA_DIR right? "
                "`ticketpen serve` makes a new one",
            )
        ]
    settings = load_settings()
    return [
        *await _examine_database(settings),
        await _finding("storage", lambda: _check_storage(settings)),
    ]


async def _examine_database(settings: "Settings") -> list[Finding]:
    from ticketpen.database import choose_database

    database = choose_database(settings)
    opened = await _finding("database", lambda: _open(settings, database))
    if not opened[1]:
        return [opened]
    try:
        schema = await _finding("schema", lambda: _check_schema(database))
        clock = await _finding("clock", lambda: _check_clock(settings, database))
        if not schema[1]:
            return [opened, schema, clock]
        keys = await _finding("keys", lambda: _check_keys(settings, database))
        return [opened, schema, clock, keys]
    finally:
        await database.close()


async def _finding(what: str, check: Callable[[], Awaitable[str]]) -> Finding:
    """What the check says; an error is what is wrong."""
    try:
        return what, True, await check()
    except Exception as error:
        return what, False, explain(error)


async def _open(settings: "Settings", database: "Database") -> str:
    await database.open()
    return "PostgreSQL" if settings.is_postgres else f"SQLite, {settings.sqlite_path}"


async def _check_schema(database: "Database") -> str:
    from ticketpen.database.migrations import check_version

    found = await database.schema_version()
    check_version(found, migrate_with=MIGRATE_WITH)
    return f"version {found}"


async def _check_storage(settings: "Settings") -> str:
    from ticketpen.storage import choose_storage

    await choose_storage(settings).check()
    return f"writes and reads, {settings.files_path}"


async def _check_clock(settings: "Settings", database: "Database") -> str:
    """Compare with the database's server, or with whoever stamps files (a disk over the net)."""
    from ticketpen.cli.queries import TELL_TIME
    from ticketpen.clock import SECOND, now
    from ticketpen.settings import SettingsError

    if settings.is_postgres:
        told = await database.fetch_one(TELL_TIME, {})
        theirs = 0 if told is None else told.moment
        whose = "the database's server"
    else:
        with tempfile.TemporaryFile(dir=settings.sqlite_path.parent) as file:
            theirs = os.stat(file.fileno()).st_mtime_ns // 1000
        whose = "the file system"
    drift = (theirs - now()) / SECOND
    if abs(drift) > _DRIFT_SECONDS:
        raise SettingsError(
            f"{whose} is {abs(drift):.0f} s {'ahead of' if drift > 0 else 'behind'} this machine; "
            "set both clocks by NTP"
        )
    return f"agrees with {whose}"


async def _check_keys(settings: "Settings", database: "Database") -> str:
    from ticketpen.identity.jwt import Verifier
    from ticketpen.settings import SettingsError, comma_list

    Verifier.from_settings(settings)
    if not await has_way_in(settings, database):
        raise SettingsError(f"nobody can come in as an admin; run: {ADD_ADMIN}")
    secret = "TICKETPEN_JWT_SECRET" if settings.jwt_secret else "the secret derived from ours"
    public = len(comma_list(settings.jwt_public_keys))
    return f"tokens by {secret}" + (f" and {public} public keys" if public else "")
