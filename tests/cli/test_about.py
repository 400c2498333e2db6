"""`ticketpen version` and `ticketpen openapi`."""

import json

from tests.cli.conftest import Terminal
from ticketpen import __version__
from ticketpen.database.migrations import HEAD


def test_the_version_names_program_and_schema(bare_terminal: Terminal) -> None:
    assert bare_terminal.answer("version") == f"ticketpen {__version__} (schema {HEAD})"
    assert json.loads(bare_terminal.answer("version", "--json")) == {
        "version": __version__,
        "schema": HEAD,
    }


def test_the_description_of_the_api_is_printed_and_nothing_is_made(bare_terminal: Terminal) -> None:
    found = json.loads(bare_terminal.answer("openapi"))

    assert found["openapi"].startswith("3.1")
    assert "/api/v1/support/tickets" in found["paths"]
    assert list(bare_terminal.folder.iterdir()) == []


def test_the_description_follows_the_settings(bare_terminal: Terminal) -> None:
    bare_terminal.set(public_url="https://app.example.com/support")

    found = json.loads(bare_terminal.answer("openapi"))

    assert "/support" in found["servers"][0]["url"]
