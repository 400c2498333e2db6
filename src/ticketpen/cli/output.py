"""What commands print: answers to stdout, for people or as JSON; errors to stderr, in one line."""

import re
import sys
from collections.abc import Sequence

import typer

_WIDE = 10_000
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def print_error(text: str) -> None:
    """`error: …` on stderr, one line whatever the text."""
    typer.echo(f"error: {' '.join(text.split())}", err=True)


def print_note(text: str) -> None:
    """What is said beside the answer, on stderr."""
    typer.echo(text, err=True)


def print_json(value: object) -> None:
    """The value as indented JSON."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under headings; cut to no width when nobody looks at a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def printable(text: str) -> str:
    """Text of others, without what would steer the terminal."""
    return _UNPRINTABLE.sub("\ufffd", text)


def shown_moment(moment: int | None) -> str:
    """A time to the second, in UTC; nothing for none."""
    from ticketpen.clock import rfc3339

    return "" if moment is None else f"{rfc3339(moment)[:19]}Z"


def explain(error: Exception) -> str:
    """What is told about an error that ended a command."""
    from ticketpen.errors import Problem
    from ticketpen.settings import SettingsError

    if isinstance(error, SettingsError):
        return str(error)
    if isinstance(error, Problem):
        cause = error.__cause__
        return f"{error.detail} ({cause})" if cause is not None and str(cause) else error.detail
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    origin = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    if type(origin).__module__.partition(".")[0] in ("asyncpg", "sqlite3", "sqlalchemy", "alembic"):
        return f"the database says: {origin}"
    return (
        f"{type(error).__name__}: {error} (this is a fault of Ticketpen; to see where it happened, "
        "run the command as: python -X dev -m ticketpen …)"
    )
