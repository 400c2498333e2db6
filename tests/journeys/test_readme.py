"""The README's tour, run as it is written there: a shell, curl, and the demo."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.process import Running, free_port, running
from tools.deps import require

README: Final = Path(__file__).parents[2] / "README.md"
CHAPTER: Final = "Five minutes with curl"
MARK: Final = "----8<----"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    """A demo in a folder of its own."""
    require("curl", "curl")
    folder = tmp_path / "work"
    folder.mkdir()
    with running(folder, "demo", port=free_port()) as server:
        yield server


def blocks(language: str) -> list[str]:
    """The chapter's blocks of a language, in order."""
    chapter = README.read_text("utf-8").split(f"## {CHAPTER}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", chapter, re.DOTALL)


def run_together(scripts: list[str], folder: Path) -> list[str]:
    """What each of them prints, in one shell, as a person would paste them."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", f"\necho '{MARK}'\n".join(scripts)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(f"{MARK}\n")


def first_json(printed: str) -> tuple[dict[str, Any], str]:
    """The JSON that is printed first, and what comes after it."""
    found, end = json.JSONDecoder().raw_decode(printed)
    return found, printed[end:].strip()


def test_the_readme_leads_a_newcomer_from_a_ticket_to_a_clear_refusal(demo: Running) -> None:
    steps = run_together(blocks("sh"), demo.folder)
    assert len(steps) == 5

    ticket, _ = first_json(steps[1])
    files = ticket["messages"][0]["attachments"]
    assert [file["original_name"] for file in files] == ["screenshot.png", "screenshot-2.png"]
    assert ticket["status"] == "open"

    answer, status = first_json(steps[2])
    assert answer["sender_type"] == "admin"
    assert status == "in_progress"

    closed, _ = first_json(steps[3])
    assert (closed["id"], closed["status"]) == (ticket["id"], "closed")
    assert closed["message_count"] == 2

    refusal, _ = first_json(steps[4])
    shown = json.loads(blocks("json")[0])
    assert refusal | {"request_id": "…"} == shown
    assert refusal["status"] == 400
