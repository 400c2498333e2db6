"""`make docs`: write the reference pages from the code they describe. A drift fails the suite."""

import sys
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import typer
from typer.main import get_command

from ticketpen import cli, errors
from ticketpen.settings import PREFIX, SECRET_NAMES, Settings
from ticketpen.tickets import events
from tools.markdown import table
from tools.reference_api import api_page

FOLDER: Final = Path(__file__).parent.parent / "docs" / "reference"
_MADE: Final = "<!-- Made from the code by `make docs`; change the code, not this page. -->\n\n"


def settings_page() -> str:
    """Every setting: name, type, default, meaning."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    rows = []
    for name, default in zip(Settings.__struct_fields__, Settings.__struct_defaults__, strict=True):
        hint = hints[name]
        rows.append((f"`{PREFIX}{name.upper()}`", _type_of(hint), _shown(default), _meaning(hint)))
    secrets = ", ".join(f"`{PREFIX}{name.upper()}_FILE`" for name in SECRET_NAMES)
    return (
        "# Settings\n\n"
        "From the environment, or from a TOML file with the same names in lower case and without "
        f"`{PREFIX}` (`{PREFIX}CONFIG` names it, else `./ticketpen.toml` is read when it exists). "
        "The environment wins. Unknown names are refused, with the nearest known one.\n\n"
        f"A secret may stand in a file: {secrets}.\n\n"
        + table(("name", "type", "default", "meaning"), rows)
    )


def errors_page() -> str:
    """Every code: status, title, when."""
    rows = [
        (str(meaning.status), f"`{code}`", meaning.title, meaning.when)
        for code, meaning in sorted(
            errors.MEANINGS.items(), key=lambda item: (item[1].status, item[0])
        )
    ]
    example = errors.problem_body(
        errors.invalid(errors.FieldError("subject", "must not be empty.")), "01a2…"
    ).decode()
    return (
        "# Errors\n\n"
        "Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, "
        "`detail` (a sentence to act on), `code` (stable), `request_id`, and for 422 `errors` with "
        f"each wrong field.\n\n```json\n{example}\n```\n\n"
        + table(("status", "code", "title", "when"), rows)
    )


def events_page() -> str:
    """Every type of event."""
    lines = (events.__doc__ or "").strip().splitlines()
    rows = []
    for line in lines[2:]:
        name, _, meaning = line.partition("` ")
        rows.append((f"{name}`", meaning.strip()))
    return (
        "# Events\n\n"
        f"{lines[0]} Each is written in the transaction of its change. Read a ticket's at "
        "`GET /api/v1/admin/tickets/{ticket_id}/events` and all of them, in order and without a "
        "gap, at `GET /api/v1/admin/events?after=…`.\n\n" + table(("type", "when"), rows)
    )


def cli_page() -> str:
    """The help of every command."""
    root: Any = get_command(cli.app)
    parts = ["# Command line\n"]
    for path, command in _commands("ticketpen", root):
        # Typer's own pages are as wide as the terminal: this is the same text without its frames.
        context = typer.Context(command, info_name=path)
        summary = " ".join((command.help or "").split())
        parts.append(f"## `{path}`\n\n{summary}\n")
        rows = [
            (f"`{' '.join([*parameter.opts, *parameter.secondary_opts])}`", _help_of(parameter))
            for parameter in command.get_params(context)
            if not getattr(parameter, "hidden", False) and "--help" not in parameter.opts
        ]
        if rows:
            parts.append(table(("option", "meaning"), rows))
    return "\n".join(parts)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "cli.md": cli_page,
    "api.md": api_page,
}


def page(name: str) -> str:
    """The page as it should be."""
    return _MADE + PAGES[name]().rstrip() + "\n"


def main() -> int:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (FOLDER / name).write_text(page(name), "utf-8")
        print(f"docs/reference/{name}")
    return 0


def _commands(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _commands(f"{path} {name}", child)
    if not children:
        yield path, command


def _help_of(parameter: Any) -> str:
    meaning = getattr(parameter, "help", None) or ""
    default = parameter.default
    shown = default is not None and default is not False and not callable(default)
    required = " (required)" if parameter.required else ""
    return f"{meaning}{required}" + (f" Default: `{default}`." if shown else "")


def _type_of(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Annotated:
        return _type_of(hint.__origin__)
    return {str: "text", int: "number", bool: "true or false"}.get(hint, str(hint))


def _meaning(hint: Any) -> str:
    for meta in reversed(hint.__metadata__):
        if meta.description:
            return str(meta.description)
    raise SystemExit(f"a setting has no description: {hint}")


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return "" if default == "" else f"`{default}`"


if __name__ == "__main__":
    sys.exit(main())
