"""`ticketpen migrate`, and what other commands do with a schema that is not ours."""

import sqlite3

import pytest

from tests.cli.conftest import Terminal
from tests.conftest import SECRET
from ticketpen.database.migrations import HEAD


def test_an_empty_postgresql_is_refused_until_it_is_migrated(
    bare_terminal: Terminal, unmigrated_postgres: str
) -> None:
    bare_terminal.set(database_url=unmigrated_postgres, secret=SECRET)

    for command in (("user", "list"), ("key", "list"), ("serve",)):
        assert bare_terminal.refusal(*command).endswith("run: ticketpen migrate")
    for _ in range(2):
        assert bare_terminal.answer("migrate") == f"The database has schema {HEAD}."
    assert bare_terminal.answer("user", "list", "--json") == "[]"


def test_a_postgresql_is_migrated_by_the_same_address_that_it_is_served_from(
    bare_terminal: Terminal, unmigrated_postgres: str
) -> None:
    options = "&" if "?" in unmigrated_postgres else "?"
    address = f"{unmigrated_postgres}{options}sslmode=prefer&application_name=ours"
    bare_terminal.set(database_url=address, secret=SECRET)
    assert bare_terminal.answer("migrate") == f"The database has schema {HEAD}."
    assert bare_terminal.answer("user", "list", "--json") == "[]"


@pytest.mark.parametrize("command", [("migrate",), ("user", "list"), ("serve",)])
@pytest.mark.parametrize("password", ["s3cr3t/x", "s3cr3t#x", "s3cr3t[x", "x@y:s3cr3t"])
def test_an_address_that_cannot_be_read_is_refused_without_a_word_of_its_password(
    bare_terminal: Terminal, password: str, command: tuple[str, ...]
) -> None:
    address = f"postgresql://user:{password}@127.0.0.1:1/database"
    bare_terminal.set(database_url=address, secret=SECRET)
    refusal = bare_terminal.refusal(*command)
    assert "s3cr3t" not in refusal
    assert refusal.startswith("TICKETPEN_DATABASE_URL cannot be read")


def test_a_new_sqlite_file_gets_its_schema_from_the_first_command(bare_terminal: Terminal) -> None:
    assert bare_terminal.answer("user", "list", "--json") == "[]"
    assert (bare_terminal.folder / "ticketpen-data" / "ticketpen.db").exists()


def test_a_schema_of_a_newer_program_is_refused(bare_terminal: Terminal) -> None:
    bare_terminal.answer("migrate")
    set_schema(bare_terminal, "9999")

    for command in (("user", "list"), ("serve",), ("migrate",)):
        told = bare_terminal.refusal(*command)
        assert "install the newer Ticketpen" in told


def test_an_old_sqlite_schema_is_left_to_serve_and_migrate(bare_terminal: Terminal) -> None:
    bare_terminal.answer("migrate")
    set_schema(bare_terminal, "0000")

    told = bare_terminal.refusal("user", "list")

    assert told.endswith("run: ticketpen migrate")


def set_schema(terminal: Terminal, version: str) -> None:
    """Pretend that another program wrote the file."""
    file = sqlite3.connect(terminal.folder / "ticketpen-data" / "ticketpen.db")
    with file:
        file.execute("UPDATE alembic_version SET version_num = ?", (version,))
    file.close()
