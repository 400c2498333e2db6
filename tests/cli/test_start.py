"""The command line as a whole: swift, and errors in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal, clean_environment

HEAVY = ("litestar", "sqlalchemy", "uvicorn", "joserfc", "asyncpg", "PIL", "alembic", "argon2",
         "msgspec", "structlog", "asyncio", "rich.table")  # fmt: skip
COMMANDS = (
    *((name,) for name in ("serve", "demo", "token", "migrate", "openapi", "doctor", "version")),
    *(("user", name) for name in ("add", "list", "password", "role", "disable", "enable")),
    *(("key", name) for name in ("create", "list", "revoke")),
)


def run_python(*arguments: str, folder: Path) -> str:
    """What a fresh Python prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=clean_environment(),
    )
    return done.stdout


def test_the_command_line_imports_nothing_heavy(tmp_path: Path) -> None:
    code = f"import sys, ticketpen.cli; print(*[m for m in {HEAVY} if m in sys.modules])"

    assert run_python("-c", code, folder=tmp_path).split() == []


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(bare_terminal: Terminal, command: tuple[str, ...]) -> None:
    told = bare_terminal.answer(*command, "--help")

    assert f"Usage: ticketpen {' '.join(command)}" in told


def test_no_other_command_exists_than_those_tested_here(bare_terminal: Terminal) -> None:
    for group in ((), ("user",), ("key",)):
        told = bare_terminal.answer(*group, "--help")
        named = {line.split()[1] for line in told.partition("Commands")[2].splitlines()[1:-1]
                 if len(line) > 2 and line[2] != " "}  # fmt: skip
        assert named == {c[len(group)] for c in COMMANDS if c[: len(group)] == group} | (
            set() if group else {"user", "key"}
        )


def test_without_a_command_the_help_is_shown(bare_terminal: Terminal) -> None:
    done = bare_terminal.run()

    assert done.code == 2
    assert "Usage: ticketpen" in done.out
    assert done.err == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("usr",), "Did you mean 'user'"),
        (("user", "add"), "Missing option '--email' (see: ticketpen user add --help)"),
        (("serve", "--port", "http"), "'--port'"),
        (("serve", "--workers", "0"), "'--workers'"),
        (("serve", "--log-format", "xml"), "'--log-format'"),
        (("user", "role", "ada", "boss"), "'boss' is not one of 'user', 'admin'"),
        (("key", "revoke"), "Missing argument"),
    ],
)
def test_wrong_usage_is_told_in_one_line_with_code_2(
    bare_terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    assert told in bare_terminal.refusal(*arguments, code=2)


def test_an_unknown_setting_is_told_in_one_line(bare_terminal: Terminal) -> None:
    bare_terminal.set(secrte="x")

    told = bare_terminal.refusal("user", "list")

    assert told == (
        "unknown setting TICKETPEN_SECRTE in the environment; did you mean TICKETPEN_SECRET?"
    )


def test_a_database_that_cannot_be_opened_is_told_in_one_line(bare_terminal: Terminal) -> None:
    (bare_terminal.folder / "taken").write_text("a file where a folder is needed")
    bare_terminal.set(database_url=f"sqlite:///{bare_terminal.folder}/taken/tickets.db")

    assert "The database file cannot be opened" in bare_terminal.refusal("user", "list")


def test_a_database_server_that_is_not_there_is_told_in_one_line(bare_terminal: Terminal) -> None:
    nowhere = f"postgresql://ticketpen:top-secret@/x?host={bare_terminal.folder}"
    bare_terminal.set(database_url=nowhere, secret="s" * 32)

    for command in (("user", "list"), ("migrate",), ("serve",)):
        told = bare_terminal.refusal(*command)
        assert "top-secret" not in told


def test_a_file_that_is_no_database_is_told_in_one_line(bare_terminal: Terminal) -> None:
    (bare_terminal.folder / "ticketpen.db").write_bytes(b"not a database " * 100)
    bare_terminal.set(data_dir=str(bare_terminal.folder))

    assert "not a database" in bare_terminal.refusal("user", "list")


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    assert run_python("-m", "ticketpen", "version", folder=tmp_path).startswith("ticketpen ")
