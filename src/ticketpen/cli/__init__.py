"""The command line. Commands import what is heavy when they run: `--help` must be swift."""

import sys
from collections.abc import Sequence
from typing import Final

import typer

from ticketpen.cli import about, demo, doctor, keys, people, schema, serving, tokens
from ticketpen.cli.output import explain, print_error

app: Final = typer.Typer(
    name="ticketpen",
    help="Support tickets that a product carries inside itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(serving.serve)
app.command("demo")(demo.run_demo)
app.command("token")(tokens.print_token)
app.add_typer(people.app, name="user")
app.add_typer(keys.app, name="key")
app.command("migrate")(schema.migrate_schema)
app.command("openapi")(about.print_openapi)
app.command("doctor")(doctor.examine)
app.command("version")(about.print_version)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0, 1 for an error, 2 for a command that is misused.

    Whatever goes wrong is told in one line; `python -X dev -m ticketpen …` shows where."""
    try:
        code = app(args=arguments, prog_name="ticketpen", standalone_mode=False)
    except typer.TyperException as error:
        # Without a message it has shown the help already, because nothing was asked for.
        if message := error.format_message().strip():
            print_error(message.rstrip(".") + _see_help(error))
        return error.exit_code
    except typer.Abort:
        print_error("given up")
        return 1
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        print_error(explain(error))
        return 1
    return code if isinstance(code, int) else 0


def _see_help(error: typer.TyperException) -> str:
    context: typer.Context | None = getattr(error, "ctx", None)
    return f" (see: {context.command_path} --help)" if context is not None else ""
