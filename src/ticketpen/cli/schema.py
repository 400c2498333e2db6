"""`migrate`: bring the database's schema up to date."""

import typer

from ticketpen.cli.access import run


def migrate_schema() -> None:
    """Bring the schema up to date. On SQLite the old file is copied aside first."""
    from ticketpen.database.migrations import HEAD, migrate
    from ticketpen.settings import load_settings

    run(migrate(load_settings()))
    typer.echo(f"The database has schema {HEAD}.")
