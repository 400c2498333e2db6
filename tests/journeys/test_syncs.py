"""The order of system calls that a power loss cannot undo, as a tracer sees it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2

from tests.cast import ADA, CLEO
from tests.client import File
from tests.journeys.calling import Person
from tests.journeys.server import Server, environment
from tests.pictures import png
from ticketpen.settings import Settings
from tools.deps import require

REQUESTS: Final = 100
MARK: Final = "Traced message"
ANSWER: Final = r"{\"id\":"
CALLS: Final = "fsync,fdatasync,rename,renameat,renameat2,pwrite64,write,writev,sendto,sendmsg"
# A call that another thread interrupts is traced as two lines; what counts is when it is over.
_INTERRUPTED: Final = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
_RESUMED: Final = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
# In words: for each file F(ile synced) R(enamed) D(irectory synced, and before that those above it
# when they are new); only then the one commit, W(ritten to SQLite's log) and C(ommit synced, once
# more before a checkpoint), or S(ent to PostgreSQL); only then the answer. The claim of a key is a
# commit of its own before all that.
ORDER: Final = {
    False: r"(?:W+C+)*(?:D*FRD){files}(?:W+C+)+",
    True: r"(?:D*FRD){files}S",
}


async def test_files_are_synced_before_the_commit_and_the_commit_before_the_answer(
    settings: Settings, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    options = ["-f", "--seccomp-bpf", "-qq", "-y", "-s", "1000", "-e", "signal=none"]
    tracer = [require("strace", "strace"), *options, "-e", f"trace={CALLS}", "-o", str(trace)]
    async with Server(environment(settings), tracer) as server:
        sent = await write(Person(http, settings, ADA, server.url))
        await server.stop()
    steps = list(steps_of_answers(trace, settings))
    assert len(steps) == REQUESTS
    for files, found in zip(sent, steps, strict=True):
        order = ORDER[settings.is_postgres].replace("{files}", f"{{{files}}}")
        assert re.fullmatch(order, found), (files, found)


async def write(ada: Person) -> list[int]:
    """Tickets and replies, one after the other, with and without keys; how many files each had."""
    sent = []
    ticket_id = ""
    for number in range(REQUESTS):
        files: list[File] = [(f"{n}.png", png(), "image/png") for n in range(number % 4)]
        key = f"{number}" if number % 3 == 0 else None
        if number % 2 == 0:
            answer = await ada.as_(CLEO).open("Traced", MARK, files, key)
            ticket_id = answer.json()["id"]
        else:
            answer = await ada.reply(ticket_id, MARK, files, key)
        assert answer.status_code == 201, answer.text
        sent.append(len(files))
    return sent


def steps_of_answers(trace: Path, settings: Settings) -> Iterator[str]:
    """What happened before each 201, as one letter for each step, since the answer before it."""
    steps = ""
    for call in calls_of(trace):
        if "HTTP/1.1 201 " in call:
            yield steps
            steps = ""
        elif "HTTP/1.1 " in call:
            steps = ""
        else:
            steps += letter_of(call, settings)


def letter_of(call: str, settings: Settings) -> str:
    """The step that a system call is, or nothing."""
    name, _, rest = call.partition("(")
    files = str(settings.files_path)
    if name in ("fsync", "fdatasync"):
        assert rest.endswith("= 0"), call
        if f"<{settings.sqlite_path}-wal>" in rest:
            return "C"
        if f"<{files}" in rest:
            return "F" if ".png" in rest else "D"
        return ""
    if name.startswith("rename") and files in rest:
        return "R"
    if name == "pwrite64" and f"<{settings.sqlite_path}-wal>" in rest:
        return "W"
    # The body of the answer follows its head in a call of its own.
    is_sent = settings.is_postgres and MARK in rest and ANSWER not in rest
    return "S" if is_sent else ""


def calls_of(trace: Path) -> Iterator[str]:
    """Every call, in the order in which they were over."""
    begun: dict[str, str] = {}
    for line in trace.read_text("utf-8", "replace").splitlines():
        if interrupted := _INTERRUPTED.match(line):
            begun[interrupted[1]] = interrupted[2]
        elif resumed := _RESUMED.match(line):
            yield begun.pop(resumed[1]) + resumed[2]
        else:
            yield line.partition(" ")[2].strip()
