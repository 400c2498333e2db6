"""A terminal to run commands in: in this process, with settings of its own."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import anyio
import asyncpg
import msgspec
import pytest

import ticketpen
from tests.conftest import SECRET, empty_postgres, replace_database
from ticketpen.cli import main

PASSWORD = "correct horse battery staple"
SOURCE = Path(ticketpen.__file__).parent.parent


def clean_environment() -> dict[str, str]:
    """An environment for a child process: no settings, and the program under test."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("TICKETPEN_")}
    return kept | {"PYTHONPATH": str(SOURCE)}


class Done(msgspec.Struct, frozen=True):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The last line of the answer."""
        return self.out.splitlines()[-1]


class Terminal:
    """Runs `ticketpen …` in a folder, with an environment."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.chdir(folder)
        for name in [name for name in os.environ if name.startswith("TICKETPEN_")]:
            monkeypatch.delenv(name)

    def set(self, **settings: str) -> None:
        """Set `TICKETPEN_…` in the environment."""
        for name, value in settings.items():
            self._monkeypatch.setenv(f"TICKETPEN_{name.upper()}", value)

    def run(self, *arguments: str, stdin: str = "") -> Done:
        """Run a command to its end."""
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(arguments)
        printed = self._capsys.readouterr()
        return Done(code, printed.out, printed.err)

    def answer(self, *arguments: str, stdin: str = "") -> str:
        """What a command prints that must succeed, without the line's end."""
        done = self.run(*arguments, stdin=stdin)
        assert done.code == 0, done.err
        return done.out.removesuffix("\n")

    def refusal(self, *arguments: str, stdin: str = "", code: int = 1) -> str:
        """The one line in which a command says why it fails, without `error: `."""
        done = self.run(*arguments, stdin=stdin)
        assert done.code == code
        assert done.out == ""
        lines = done.err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("error: ")
        return lines[0].removeprefix("error: ")

    def add(self, email: str, *more: str) -> str:
        """Add a person with PASSWORD; their id."""
        return self.answer(
            "user", "add", "--email", email, "--password-stdin", *more, stdin=PASSWORD
        )


@pytest.fixture
def bare_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Terminal:
    """A terminal in an empty folder, with nothing set."""
    return Terminal(tmp_path, monkeypatch, capsys)


@pytest.fixture
def terminal(
    bare_terminal: Terminal, database_kind: str, request: pytest.FixtureRequest
) -> Terminal:
    """A terminal whose settings name an empty, migrated database of either kind."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, bare_terminal.folder / "ticketpen.db")
    else:
        url: str = request.getfixturevalue("postgres_url")
        anyio.run(empty_postgres, url)
        bare_terminal.set(database_url=url)
    bare_terminal.set(data_dir=str(bare_terminal.folder), secret=SECRET)
    return bare_terminal


@pytest.fixture
def unmigrated_postgres(worker_name: str) -> Iterator[str]:
    """The address of a PostgreSQL database without any table."""
    server = os.environ["TEST_POSTGRES_URL"]
    name = f"test_cli_{worker_name}"

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(server)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    anyio.run(run, drop, f"CREATE DATABASE {name}")
    yield replace_database(server, name)
    anyio.run(run, drop)
