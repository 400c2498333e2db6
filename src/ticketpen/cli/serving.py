"""`serve`: the server, after a look at the schema and at who can come in."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ticketpen.cli.access import opened_database, run
from ticketpen.cli.output import print_note
from ticketpen.cli.ways_in import ADD_ADMIN, has_way_in

if TYPE_CHECKING:
    from ticketpen.settings import Settings

LogFormat = Literal["console", "json"]

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes. More than one needs PostgreSQL.")]
Format = Annotated[
    LogFormat | None,
    typer.Option(help="Log lines for the eye or for programs.", show_default="console on a tty"),
]


def serve(
    host: Host = "127.0.0.1", port: Port = 8080, workers: Workers = 1, log_format: Format = None
) -> None:
    """Start the server. SQLite's schema is brought up to date first."""
    from ticketpen.settings import SettingsError, load_settings

    settings = load_settings()
    if workers > 1 and not settings.is_postgres:
        raise SettingsError(
            "SQLite takes one worker; for more set TICKETPEN_DATABASE_URL to a PostgreSQL"
        )
    log_format = log_format or ("console" if sys.stderr.isatty() else "json")
    if not run(_prepare(settings)):
        _say_how_to_come_in(log_format)

    from ticketpen.server import run_server

    run_server(settings, host=host, port=port, workers=workers, log_format=log_format)


async def _prepare(settings: "Settings") -> bool:
    """Whether anybody can come in as an admin, the schema being up to date."""
    async with opened_database(settings, upgrade=True) as database:
        return await has_way_in(settings, database)


def _say_how_to_come_in(log_format: LogFormat) -> None:
    if log_format == "console":
        print_note(f"Nobody can come in as an admin yet. Run: {ADD_ADMIN}")
        return
    import structlog

    from ticketpen.edge.log import configure_logging

    configure_logging(log_format)
    structlog.get_logger("ticketpen").warning("no_admin", run=ADD_ADMIN)
