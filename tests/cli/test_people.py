"""`ticketpen user`."""

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from tests.cli.conftest import PASSWORD, Terminal, clean_environment
from ticketpen.cli.access import opened_database
from ticketpen.errors import Problem
from ticketpen.identity.caller import Role
from ticketpen.identity.login import Credentials, log_in
from ticketpen.people.profiles import Told, follow_token
from ticketpen.settings import load_settings

PATIENCE = 30.0


def can_log_in(email: str, password: str) -> bool:
    """Whether the log-in takes them."""

    async def try_it() -> bool:
        settings = load_settings()
        async with opened_database(settings) as database:
            try:
                await log_in(database, settings, Credentials(email, password, "192.0.2.1"))
            except Problem:
                return False
            return True

    return anyio.run(try_it)


def bring_by_token(person_id: str, name: str, email: str) -> None:
    """Store a profile as a host's token brings it."""

    async def bring() -> None:
        async with opened_database(load_settings()) as database:
            await follow_token(database, Told(person_id, name, email, Role.USER), None)

    anyio.run(bring)


def test_an_added_person_can_log_in_and_is_listed(terminal: Terminal) -> None:
    person_id = terminal.add("Ada@Example.com", "--name", "Ada Lindqvist", "--role", "admin")

    [listed] = json.loads(terminal.answer("user", "list", "--json"))
    assert listed["created_at"].endswith("Z")
    assert {k: v for k, v in listed.items() if k != "created_at"} == {
        "id": person_id,
        "name": "Ada Lindqvist",
        "email": "Ada@Example.com",
        "role": "admin",
        "scopes": None,
        "has_password": True,
        "disabled": False,
    }
    assert can_log_in("ada@example.com", PASSWORD)


def test_adding_prints_json_when_asked(terminal: Terminal) -> None:
    told = json.loads(terminal.add("ada@example.com", "--json"))

    assert told["email"] == "ada@example.com"
    assert told["role"] == "user"


def test_without_a_name_a_person_is_called_by_the_address(terminal: Terminal) -> None:
    terminal.add("ada.lindqvist@example.com")

    assert json.loads(terminal.answer("user", "list", "--json"))[0]["name"] == "ada.lindqvist"


def test_a_person_without_password_cannot_log_in(terminal: Terminal) -> None:
    terminal.answer("user", "add", "--email", "bot@example.com", "--no-password")

    assert json.loads(terminal.answer("user", "list", "--json"))[0]["has_password"] is False
    assert not can_log_in("bot@example.com", "")


def test_the_table_shows_people_and_no_terminal_codes_of_theirs(terminal: Terminal) -> None:
    bring_by_token("rick", "Rick \x1b[31mred", "rick@example.org")
    person_id = terminal.add("ada@example.com", "--name", "A" * 200)

    heading, newest, older = terminal.answer("user", "list").splitlines()

    assert heading.split() == ["ID", "NAME", "E-MAIL", "ROLE", "LOGS", "IN", "STATE", "SINCE"]
    assert newest.split()[:6] == [person_id, "A" * 200, "ada@example.com", "user", "here", "active"]
    assert older.split()[-4:-1] == ["user", "elsewhere", "active"]
    assert "\x1b" not in older


def test_nobody_is_an_empty_list(terminal: Terminal) -> None:
    assert terminal.answer("user", "list") == ""
    assert json.loads(terminal.answer("user", "list", "--json")) == []


def test_a_long_list_is_cut_and_says_so(terminal: Terminal) -> None:
    for number in range(3):
        terminal.answer("user", "add", "--email", f"p{number}@example.com", "--no-password")

    done = terminal.run("user", "list", "--limit", "2", "--json")

    assert [p["email"] for p in json.loads(done.out)] == ["p2@example.com", "p1@example.com"]
    assert done.err == "2 of 3; the rest: --limit 3\n"


def test_a_list_can_be_searched(terminal: Terminal) -> None:
    for name in ("ada", "max"):
        terminal.answer("user", "add", "--email", f"{name}@example.com", "--no-password")

    found = json.loads(terminal.answer("user", "list", "--search", "MAX", "--json"))

    assert [person["email"] for person in found] == ["max@example.com"]


def test_a_new_password_replaces_the_old_one(terminal: Terminal) -> None:
    terminal.add("ada@example.com")

    terminal.answer(
        "user", "password", "ADA@example.com", "--password-stdin", stdin="another long password\n"
    )

    assert can_log_in("ada@example.com", "another long password")
    assert not can_log_in("ada@example.com", PASSWORD)


def test_role_and_standing_change_by_id_and_by_address(terminal: Terminal) -> None:
    person_id = terminal.add("ada@example.com")

    def listed() -> tuple[str, bool]:
        [person] = json.loads(terminal.answer("user", "list", "--json"))
        return person["role"], person["disabled"]

    terminal.answer("user", "role", person_id, "admin")
    terminal.answer("user", "disable", "ada@example.com")
    assert listed() == ("admin", True)
    assert not can_log_in("ada@example.com", PASSWORD)
    terminal.answer("user", "role", "ada@example.com", "user")
    terminal.answer("user", "enable", person_id)
    assert listed() == ("user", False)
    assert can_log_in("ada@example.com", PASSWORD)


def test_somebody_unknown_is_told(terminal: Terminal) -> None:
    terminal.add("ada@example.com")

    for target in ("ada", "a@example.com", "%", "ada@example.co"):
        told = terminal.refusal("user", "disable", target)
        assert told == f"there is nobody with the id or address {target}"


def test_an_address_of_two_people_is_refused_with_their_ids(terminal: Terminal) -> None:
    bring_by_token("one", "One", "shared@example.org")
    bring_by_token("two", "Two", "shared@example.org")

    told = terminal.refusal("user", "disable", "shared@example.org")

    assert "several people have the address" in told
    assert "one" in told
    assert "two" in told


def test_an_address_can_be_an_account_only_once(terminal: Terminal) -> None:
    terminal.add("ada@example.com")

    told = terminal.refusal(
        "user", "add", "--email", "ADA@example.com", "--password-stdin", stdin=PASSWORD
    )

    assert told == "Another account has this e-mail address."


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (("--email", "ada", "--password-stdin"), PASSWORD, "must be an e-mail address"),
        (("--email", "a@b.c", "--name", " ", "--password-stdin"), PASSWORD, "must not be empty"),
        (("--email", "a@b.c", "--password-stdin"), "short", "must have 12 to 1024 characters"),
        (("--email", "a@b.c"), PASSWORD, "use --password-stdin"),
    ],
)
def test_what_cannot_be_a_person_is_refused(
    bare_terminal: Terminal, arguments: tuple[str, ...], stdin: str, told: str
) -> None:
    assert told in bare_terminal.refusal("user", "add", *arguments, stdin=stdin)


def test_with_and_without_password_exclude_each_other(bare_terminal: Terminal) -> None:
    told = bare_terminal.refusal(
        "user", "add", "--email", "a@b.c", "--password-stdin", "--no-password", code=2
    )

    assert "exclude each other" in told


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    shown, code = type_passwords(tmp_path, PASSWORD, PASSWORD)

    assert code == 0
    assert "Password: " in shown
    assert "Again: " in shown
    assert PASSWORD not in shown


def test_two_different_passwords_change_nothing(tmp_path: Path) -> None:
    shown, code = type_passwords(tmp_path, PASSWORD, "something else entirely")

    assert code == 1
    assert "error: the two passwords differ; nothing was changed" in shown
    assert not (tmp_path / "ticketpen-data").exists()


def type_passwords(folder: Path, *typed: str) -> tuple[str, int]:
    """Add a person at a real terminal; everything it showed, and the exit code."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "ticketpen", "user", "add", "--email", "ada@example.com"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True,
        env=clean_environment(),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    # Not before it asks: what is typed ahead of a hidden prompt is thrown away by the terminal.
    waiting = list(zip((b"Password: ", b"Again: "), typed, strict=True))
    while select.select([ours], [], [], PATIENCE)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if waiting and shown.endswith(waiting[0][0]):
            os.write(ours, waiting.pop(0)[1].encode() + b"\n")
    os.close(ours)
    return shown.decode(), child.wait(PATIENCE)
