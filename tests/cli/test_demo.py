"""`ticketpen demo`, as somebody meets it who tries it out."""

import json
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.process import Running, free_port, run_to_end, running
from ticketpen.cli.demo import PASSWORDS

FOLDER = "ticketpen-demo"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running demo, with settings around it that would break it."""
    folder = tmp_path_factory.mktemp("demo")
    misleading = {"TICKETPEN_DATABASE_URL": "postgresql://production/x", "TICKETPEN_TYPO": "1"}
    with running(folder, "demo", port=free_port(), environment=misleading) as server:
        yield server


def run_curl(line: str) -> httpx2.Response:
    """What curl would do with the line: `-H` and `-F` are all it uses."""
    words = shlex.split(line)
    assert words[0] == "curl"
    [url] = [word for word in words if word.startswith("http")]
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    parts: list[tuple[str, Any]] = []
    for field in (value for option, value in options if option == "-F"):
        name, _, value = field.partition("=")
        path = Path(value.removeprefix("@").strip('"'))
        part = (path.name, path.read_bytes(), "image/png") if value[0] == "@" else (None, value)
        parts.append((name, part))
    return httpx2.request("POST" if parts else "GET", url, headers=headers, files=parts or None)


def test_the_three_lines_work_when_pasted(demo: Running) -> None:
    create, look, answer = [line for line in demo.out.splitlines() if line.startswith("curl ")]

    created = run_curl(create)
    assert created.status_code == 201, created.text
    assert created.json()["user_id"] == "cleo"
    assert created.json()["messages"][0]["attachments"][0]["original_name"] == "screenshot.png"
    listed = run_curl(look)
    assert listed.status_code == 200
    assert created.json()["id"] in [ticket["id"] for ticket in listed.json()["tickets"]]
    answered = run_curl(answer)
    assert answered.status_code == 201, answered.text
    assert answered.json()["sender_id"] == "ada"


def test_the_printed_accounts_log_in(demo: Running) -> None:
    for person, role in (("cleo", "user"), ("ada", "admin")):
        [line] = [line for line in demo.out.splitlines() if PASSWORDS[person] in line]
        shown_role, email, password = line.split()

        answer = httpx2.post(
            f"{demo.address}/api/v1/auth/login", json={"email": email, "password": password}
        )

        assert answer.status_code == 200
        assert answer.json()["user"]["role"] == role == shown_role


def test_a_shell_reads_address_and_tokens_from_a_file(demo: Running) -> None:
    shown = subprocess.run(
        ["sh", "-c", '. ./tokens.sh && echo "$API" && echo "$USER_TOKEN" && echo "$ADMIN_TOKEN"'],
        capture_output=True,
        text=True,
        check=True,
        cwd=demo.folder / FOLDER,
    ).stdout.splitlines()

    assert shown[0] == demo.address
    for token, person in zip(shown[1:], ("cleo", "ada"), strict=True):
        assert token in demo.out
        answer = httpx2.get(
            f"{demo.address}/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.json()["id"] == person


def test_two_pictures_to_send_are_at_hand(demo: Running) -> None:
    token = re.findall(r"^  user +(eyJ\S+)$", demo.out, re.MULTILINE)[0]
    pictures = [demo.folder / FOLDER / name for name in ("screenshot.png", "screenshot-2.png")]

    answer = httpx2.post(
        f"{demo.address}/api/v1/support/tickets",
        headers={"Authorization": f"Bearer {token}"},
        data={"subject": "Cannot create an API key", "message": "See the pictures."},
        files=[("files", (path.name, path.read_bytes())) for path in pictures],
    )

    assert answer.status_code == 201
    files = answer.json()["messages"][0]["attachments"]
    assert [file["original_name"] for file in files] == ["screenshot.png", "screenshot-2.png"]


def test_tickets_of_every_status_are_there(demo: Running) -> None:
    token = re.findall(r"^  admin +(eyJ\S+)$", demo.out, re.MULTILINE)[0]

    answer = httpx2.get(
        f"{demo.address}/api/v1/admin/tickets?include=counts",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert all(answer.json()["counts"].values())


def test_what_is_printed_to_a_file_is_plain(demo: Running) -> None:
    assert "\x1b" not in demo.out
    assert demo.address in demo.out.splitlines()[1]


def test_a_second_demo_of_the_folder_says_where_the_first_one_is(demo: Running) -> None:
    for more in ((), ("--fresh",), ("--port", str(free_port()))):
        done = run_to_end(demo.folder, "demo", *more)
        assert done.returncode == 1
        assert done.stderr == f"error: the demo is already running: {demo.address}\n"


def test_a_port_of_another_program_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = run_to_end(tmp_path, "demo", "--port", str(port))

    assert done.returncode == 1
    assert done.stderr.startswith(f"error: port {port} is used by another program")
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_of_others_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "letter.txt").write_text("mine")

    for more in ((), ("--fresh",)):
        done = run_to_end(tmp_path, "demo", "--port", str(free_port()), *more)
        assert done.returncode == 1
        assert "was not made by the demo" in done.stderr
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["letter.txt"]


def test_a_second_run_goes_on_with_the_data_and_a_fresh_one_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    port = free_port()

    with running(folder, "demo", port=port) as first:
        create = next(line for line in first.out.splitlines() if line.startswith("curl "))
        run_curl(create)
        before = count(first)
        assert first.stop() == 0
    with running(folder, "demo", port=port) as second:
        assert count(second) == before
        assert run_curl(create).status_code == 201  # the tokens printed before are good still
        assert second.stop() == 0
    with running(folder, "demo", "--fresh", port=port) as third:
        assert count(third) == before - 1
        assert third.stop() == 0


def count(demo: Running) -> int:
    """How many tickets there are."""
    token = re.findall(r"^  admin +(eyJ\S+)$", demo.out, re.MULTILINE)[0]
    answer = httpx2.get(
        f"{demo.address}/api/v1/admin/tickets", headers={"Authorization": f"Bearer {token}"}
    )
    total: int = json.loads(answer.text)["total"]
    return total
