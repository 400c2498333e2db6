"""`version` and `openapi`: what this program is, and what it answers to."""

from typing import Annotated

import typer

from ticketpen.cli.output import print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_version(as_json: AsJson = False) -> None:
    """Print the version of the program and of the schema it works on."""
    from ticketpen import __version__
    from ticketpen.database.migrations import HEAD

    if as_json:
        print_json({"version": __version__, "schema": HEAD})
    else:
        typer.echo(f"ticketpen {__version__} (schema {HEAD})")


def print_openapi() -> None:
    """Print the description of the API (OpenAPI 3.1) as JSON."""
    import msgspec

    from ticketpen.settings import load_settings
    from ticketpen.system.openapi import document

    typer.echo(msgspec.json.format(document(load_settings(keep_secret=False)), indent=2))
