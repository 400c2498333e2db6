"""`ticketpen doctor`."""

import json
import sqlite3

from tests.cli.conftest import Terminal
from ticketpen import clock
from ticketpen.clock import MINUTE, Moment

CHECKS = ["database", "schema", "clock", "keys", "storage"]


def findings(terminal: Terminal) -> tuple[int, dict[str, tuple[bool, str]]]:
    """The exit code, and what doctor says of each thing."""
    done = terminal.run("doctor", "--json")
    return done.code, {f["check"]: (f["ok"], f["detail"]) for f in json.loads(done.out)}


def test_all_is_well(terminal: Terminal) -> None:
    terminal.add("ada@example.com", "--role", "admin")

    code, found = findings(terminal)

    assert code == 0
    assert list(found) == CHECKS
    assert all(ok for ok, _ in found.values())
    lines = terminal.answer("doctor").splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", check] for check in CHECKS]


def test_without_any_admin_it_says_how_to_add_one(terminal: Terminal) -> None:
    code, found = findings(terminal)

    assert code == 1
    assert found["keys"] == (
        False,
        "nobody can come in as an admin; "
        "run: ticketpen user add --email you@example.com --role admin",
    )
    assert "wrong keys" in " ".join(terminal.run("doctor").out.split())


def test_a_host_that_issues_tokens_needs_no_admin_here(terminal: Terminal) -> None:
    terminal.set(jwt_secret="j" * 32)

    assert findings(terminal)[0] == 0


def test_a_clock_that_is_off_is_found(terminal: Terminal) -> None:
    real = clock.now
    behind = real() - 10 * MINUTE
    clock.set_source(lambda: Moment(behind))

    code, found = findings(terminal)

    assert code == 1
    assert found["clock"][0] is False
    assert "ahead of this machine" in found["clock"][1]
    assert "NTP" in found["clock"][1]


def test_files_that_cannot_be_written_are_found(terminal: Terminal) -> None:
    (terminal.folder / "files").write_text("a file where the folder of files should be")

    code, found = findings(terminal)

    assert code == 1
    assert found["storage"][0] is False
    assert "file store" in found["storage"][1]


def test_an_old_schema_is_found(bare_terminal: Terminal) -> None:
    bare_terminal.set(data_dir=str(bare_terminal.folder))
    sqlite3.connect(bare_terminal.folder / "ticketpen.db").close()

    code, found = findings(bare_terminal)

    assert code == 1
    assert found["schema"][0] is False
    assert found["schema"][1].endswith("run: ticketpen migrate")


def test_where_there_is_nothing_it_makes_nothing(bare_terminal: Terminal) -> None:
    code, found = findings(bare_terminal)

    assert code == 1
    assert "there is no file" in found["database"][1]
    assert list(bare_terminal.folder.iterdir()) == []


def test_a_server_that_is_not_there_is_found(bare_terminal: Terminal) -> None:
    bare_terminal.set(
        database_url=f"postgresql://me:hidden@/x?host={bare_terminal.folder}", secret="s" * 32
    )

    code, found = findings(bare_terminal)

    assert code == 1
    assert found["database"][0] is False
    assert "hidden" not in str(found)
    assert found["storage"][0] is True


def test_settings_that_cannot_be_used_are_found(bare_terminal: Terminal) -> None:
    bare_terminal.set(database_url="mysql://x")

    assert findings(bare_terminal)[1]["settings"][0] is False


def test_a_key_that_cannot_be_read_is_found(terminal: Terminal) -> None:
    terminal.set(jwt_public_keys="/nowhere.pem")

    assert "cannot read /nowhere.pem" in findings(terminal)[1]["keys"][1]
