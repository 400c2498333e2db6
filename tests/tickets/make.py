"""What the tests of tickets share: lists, raw forms, a clock to turn, and a look at every row."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final

import asyncpg
import httpx2

from tests.cast import ADA, CLEO, MALLORY, MAX, RICK, Actor
from tests.client import ADMIN_TICKETS, TICKETS, Api, File
from ticketpen import clock
from ticketpen.settings import Settings

__all__ = ["ADA", "ADMIN_TICKETS", "CLEO", "MALLORY", "MAX", "RICK", "TICKETS", "Actor", "Api"]

UUID7: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
BOUNDARY: Final = "edge-of-a-part"
NOBODYS_ID: Final = "01970000-0000-7000-8000-000000000000"
STATUSES: Final = ("open", "in_progress", "resolved", "closed")
PRIORITIES: Final = ("low", "normal", "high", "urgent")
_OLDEST_RUNNING: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_TABLES: Final = ("tickets", "messages", "attachments", "events", "idempotency_keys")


class Hands:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.moment = clock.now()
        clock.set_source(lambda: self.moment)

    def turn(self, seconds: float = 1.0) -> int:
        """Move the clock on; the new moment."""
        self.moment = clock.Moment(self.moment + round(seconds * clock.SECOND))
        return self.moment


async def fetch(settings: Settings, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Rows as the database has them; `$1` in both dialects."""
    if settings.is_postgres:
        connection = await asyncpg.connect(settings.database_url)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()
    file = sqlite3.connect(settings.sqlite_path, isolation_level=None)
    try:
        return file.execute(sql.replace("$", "?"), arguments).fetchall()
    finally:
        file.close()


async def everything(settings: Settings) -> dict[str, Any]:
    """Every row about tickets and every kept file: what a refused request must leave alone."""
    found: dict[str, Any] = {}
    for table in _TABLES:
        found[table] = sorted(map(repr, await fetch(settings, f"SELECT * FROM {table}")))
    found["files"] = sorted(path.name for path in settings.files_path.rglob("*.*"))
    return found


async def until_log_is_readable(settings: Settings) -> None:
    """Wait for transactions of other tests: PostgreSQL's snapshots know those of all databases,
    and the log is read only up to the oldest that runs."""
    if not settings.is_postgres:
        return
    connection = await asyncpg.connect(settings.database_url)
    try:
        async with asyncio.timeout(20):
            last = await connection.fetchval("SELECT coalesce(max(txid), 0) FROM events")
            while await connection.fetchval(_OLDEST_RUNNING) <= last:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    finally:
        await connection.close()


async def listed(api: Api, path: str = ADMIN_TICKETS, /, **params: Any) -> dict[str, Any]:
    """A list's JSON."""
    answer = await api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids(api: Api, path: str = ADMIN_TICKETS, /, **params: Any) -> list[str]:
    """The ids of a list, in its order."""
    return [ticket["id"] for ticket in (await listed(api, path, **params))["tickets"]]


async def read(api: Api, ticket_id: str, path: str = ADMIN_TICKETS) -> dict[str, Any]:
    """A ticket's JSON."""
    answer = await api.get(f"{path}/{ticket_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def set_status(api: Api, ticket_id: str, status: str) -> dict[str, Any]:
    """Triage by Ada."""
    answer = await api.as_(ADA).patch(ticket_id, status=status)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of an error answer."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def wrong_fields(answer: httpx2.Response) -> list[str]:
    """Which fields a 422 names."""
    assert refusal(answer) == (422, "invalid_value"), answer.text
    return [error["field"] for error in answer.json()["errors"]]


def without_request_id(answer: httpx2.Response) -> bytes:
    """The body of an error but for the one thing that differs each time."""
    body = answer.json()
    del body["request_id"]
    return json.dumps(body).encode()


def part(
    name: str | bytes, value: bytes, filename: str | bytes | None = None, kind: str | None = None
) -> bytes:
    """One part of a form, byte for byte."""
    head = b'Content-Disposition: form-data; name="' + _raw(name) + b'"'
    if filename is not None:
        head += b'; filename="' + _raw(filename) + b'"'
    if kind is not None:
        head += b"\r\nContent-Type: " + kind.encode()
    return b"--" + BOUNDARY.encode() + b"\r\n" + head + b"\r\n\r\n" + value + b"\r\n"


def form_body(parts: Iterable[bytes]) -> bytes:
    """The body of a form, byte for byte."""
    return b"".join(parts) + b"--" + BOUNDARY.encode() + b"--\r\n"


async def send_raw(
    api: Api, path: str, parts: Sequence[bytes], headers: dict[str, str] | None = None
) -> httpx2.Response:
    """POST a form whose bytes were written by hand."""
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return await api.request("POST", path, content=form_body(parts), headers=kind | (headers or {}))


def new_ticket_parts(*more: bytes) -> list[bytes]:
    """The parts of a good form of a new ticket, and more."""
    return [part("subject", b"Printer"), part("message", b"It burns."), *more]


def picture(data: bytes, name: str = "shot.png", kind: str = "image/png") -> File:
    """A file as forms send it."""
    return name, data, kind


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
