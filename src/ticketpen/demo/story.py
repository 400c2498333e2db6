"""The shapes of the demo's story and its cast: who writes to "Northwind Metrics", who answers.

Pure data. The tickets stand in `tickets.py`; whoever plays the story stands elsewhere.
"""

from typing import Literal

import msgspec

Role = Literal["user", "admin"]
Status = Literal["open", "in_progress", "resolved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]


class DemoPerson(msgspec.Struct, frozen=True):
    """Someone of the cast. No scopes means all that the role allows."""

    id: str
    name: str
    email: str
    role: Role = "user"
    scopes: tuple[str, ...] = ()


class DemoMessage(msgspec.Struct, frozen=True):
    """One message; `files` are names in `screenshots/`, at most three.

    `then` is a status that staff set right after it, in the middle of a story; None sets nothing.
    """

    by: str
    minutes_after_opening: int
    body: str
    files: tuple[str, ...] = ()
    then: Status | None = None


class DemoTicket(msgspec.Struct, frozen=True):
    """One ticket. Its first message is by the person who opened it, at minute 0.

    Played by the rules (staff's reply: open → in_progress; user's reply: resolved → open) the
    story may end in another status than `final_status`; then staff set that one at the end.
    """

    by: str
    subject: str
    days_ago: float
    priority: Priority
    final_status: Status
    messages: tuple[DemoMessage, ...]


def prose(text: str) -> str:
    """The text as a person would have typed it: wrapped source lines joined to paragraphs.

    Blank lines part paragraphs. A paragraph whose first line begins with `| ` keeps its lines
    (code, logs, lists) without that mark.
    """
    paragraphs = [block.strip("\n").split("\n") for block in text.strip().split("\n\n")]
    return "\n\n".join(
        "\n".join(line.strip()[2:] for line in lines)
        if lines[0].strip().startswith("| ")
        else " ".join(line.strip() for line in lines)
        for lines in paragraphs
    )


STAFF: tuple[DemoPerson, ...] = (
    DemoPerson("ada", "Ada Lindqvist", "ada.lindqvist@example.com", "admin"),
    DemoPerson(
        "max", "Max Okafor", "max.okafor@example.com", "admin", ("tickets:read", "tickets:write")
    ),
)

CUSTOMERS: tuple[DemoPerson, ...] = (
    DemoPerson("cleo", "Cleo Marchetti", "cleo.marchetti@example.org"),
    DemoPerson("rick", "Rick Halloran", "rick.halloran@example.org"),
    DemoPerson("adaeze", "Adaeze Nwosu", "adaeze.nwosu@example.com"),
    DemoPerson("haruka", "北野 遥", "haruka.kitano@example.org"),
    DemoPerson("ines", "Inês Duarte", "ines.duarte@example.com"),
    DemoPerson("jonas", "Jonas Brückner", "jonas.brueckner@example.org"),
    DemoPerson("jose", "José Ángel Muñoz", "jose.munoz@example.com"),
    DemoPerson("lea", "Léa Fontaine", "lea.fontaine@example.org"),
    DemoPerson("noa", "נועה לוי", "noa.levi@example.com"),
    DemoPerson("siobhan", "Siobhán O’Keeffe", "siobhan.okeeffe@example.org"),
)

PEOPLE: tuple[DemoPerson, ...] = STAFF + CUSTOMERS
