"""`ticketpen serve`."""

import json
import socket
from pathlib import Path

import httpx2

from tests.cli.conftest import PASSWORD, Terminal
from tests.cli.process import free_port, running
from ticketpen.cli.ways_in import ADD_ADMIN


def settings_of(terminal: Terminal, database_kind: str, url: str) -> dict[str, str]:
    """The terminal's settings for a child process."""
    names = {"TICKETPEN_DATA_DIR": str(terminal.folder), "TICKETPEN_SECRET": "s" * 40}
    return names if database_kind == "sqlite" else names | {"TICKETPEN_DATABASE_URL": url}


def test_sqlite_takes_one_worker_only(bare_terminal: Terminal) -> None:
    told = bare_terminal.refusal("serve", "--workers", "2")

    assert "SQLite takes one worker" in told
    assert "TICKETPEN_DATABASE_URL" in told


def test_an_admin_can_log_in_to_a_new_server(
    terminal: Terminal, database_kind: str, postgres_url: str
) -> None:
    terminal.add("ada@example.com", "--role", "admin")
    settings = settings_of(terminal, database_kind, postgres_url)

    with running(terminal.folder, "serve", port=free_port(), environment=settings) as server:
        answer = httpx2.post(
            f"{server.address}/api/v1/auth/login",
            json={"email": "ada@example.com", "password": PASSWORD},
        )
        assert answer.status_code == 200
        assert answer.json()["user"]["role"] == "admin"
        assert server.stop() == 0
    assert ADD_ADMIN not in server.err


def test_without_any_way_in_it_says_the_one_line_to_run(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()

    with running(folder, "serve", "--log-format", "console", port=free_port()) as server:
        assert server.err.splitlines()[0].endswith(f"Run: {ADD_ADMIN}")
        assert server.stop() == 0


def test_the_json_log_stays_json_when_it_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()

    with running(folder, "serve", port=free_port()) as server:
        lines = [json.loads(line) for line in server.err.splitlines()]
        assert lines[0]["run"] == ADD_ADMIN
        assert server.stop() == 0


def test_a_port_in_use_is_told_in_one_line(bare_terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        bare_terminal.answer("user", "add", "--email", "a@b.c", "--role", "admin", "--no-password")

        told = bare_terminal.refusal("serve", "--port", port)

    assert port in told
