"""`ticketpen key`."""

import json

import anyio
import pytest

from tests.cli.conftest import Terminal
from ticketpen.cli.access import opened_database
from ticketpen.errors import Problem
from ticketpen.identity.api_keys import find_caller
from ticketpen.identity.caller import Caller, Scope
from ticketpen.settings import load_settings


def caller_by(secret: str) -> Caller | None:
    """Whom the key acts as, or None."""

    async def find() -> Caller | None:
        async with opened_database(load_settings()) as database:
            try:
                return await find_caller(database, secret)
            except Problem:
                return None

    return anyio.run(find)


def test_a_created_key_works_until_it_is_revoked(terminal: Terminal) -> None:
    person_id = terminal.add("ada@example.com", "--role", "admin")

    secret = terminal.run(
        "key",
        "create",
        "--person",
        "ada@example.com",
        "--scopes",
        "tickets:read,tickets:write",
        "--name",
        "export",
    ).last_line

    caller = caller_by(secret)
    assert caller is not None
    assert caller.id == person_id
    assert caller.key_scopes == frozenset((Scope.TICKETS_READ, Scope.TICKETS_WRITE))
    [key] = json.loads(terminal.answer("key", "list", "--json"))
    assert (key["name"], key["person_id"], key["revoked_at"]) == ("export", person_id, None)
    assert secret not in terminal.answer("key", "list")
    terminal.answer("key", "revoke", key["id"])
    assert caller_by(secret) is None
    assert json.loads(terminal.answer("key", "list", "--json"))[0]["revoked_at"] is not None


def test_a_key_is_printed_as_json_when_asked(terminal: Terminal) -> None:
    person_id = terminal.add("ada@example.com")

    told = json.loads(
        terminal.answer(
            "key", "create", "--person", person_id, "--scopes", "tickets:read", "--json"
        )
    )

    assert caller_by(told["secret"]) is not None
    assert told["scopes"] == ["tickets:read"]


def test_no_keys_are_an_empty_list(terminal: Terminal) -> None:
    assert terminal.answer("key", "list") == ""
    assert json.loads(terminal.answer("key", "list", "--json")) == []


def test_a_key_for_nobody_or_for_somebody_disabled_is_refused(terminal: Terminal) -> None:
    terminal.add("ada@example.com")
    terminal.answer("user", "disable", "ada@example.com")

    unknown = terminal.refusal("key", "create", "--person", "max", "--scopes", "tickets:read")
    disabled = terminal.refusal(
        "key", "create", "--person", "ada@example.com", "--scopes", "tickets:read"
    )

    assert unknown == "there is nobody with the id or address max"
    assert "not disabled" in disabled


@pytest.mark.parametrize("scopes", ["", ",", "tickets", "tickets:read,everything"])
def test_unknown_or_no_scopes_are_refused(bare_terminal: Terminal, scopes: str) -> None:
    told = bare_terminal.refusal("key", "create", "--person", "ada", "--scopes", scopes, code=2)

    assert "tickets:read, tickets:write, settings:read, settings:write" in told


def test_revoking_an_unknown_key_is_refused(terminal: Terminal) -> None:
    assert terminal.refusal("key", "revoke", "nothing") == "There is no such key."
