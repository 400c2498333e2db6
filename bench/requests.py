"""The requests of each operation, as bytes: for ours, and for the yardstick."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from bench.world import Person, Ticket, World, open_tickets, with_files
from ticketpen.identity.caller import Role
from ticketpen.identity.jwt import issue_token
from ticketpen.settings import Settings

_BOUNDARY: Final = "bench-boundary-7d1c2b"
# Eight digits that the load counts up, so that no two bodies are the same.
_COUNTER: Final = "00000000"
_MOST_UPLOADS: Final = 20
HELLO: Final = b"GET / HTTP/1.1\r\nHost: tickets.example.org\r\n\r\n"

_OURS: Final = "/api/v1/support/tickets"
_OURS_ADMIN: Final = "/api/v1/admin/tickets"


class Call(msgspec.Struct, frozen=True):
    """One request: where it goes at ours and at the yardstick, who sends it, and what."""

    ours: str
    bare: str
    caller: Person
    form: tuple[bytes, bytes] | None = None
    """The body before and after the counter."""


class Operation(msgspec.Struct, frozen=True):
    """Something that is measured."""

    name: str
    title: str
    bar: float
    """The least ratio to the yardstick."""
    others: float
    """The fastest other system, per 1,000 hello-world answers; 0 where none was measured."""
    times: float
    """How many times that ours must be."""
    calls: Callable[[World], Iterator[Call]]
    is_read: bool = True
    status: int = 200


def _own_lists(world: World) -> Iterator[Call]:
    for user in world.users:
        yield Call(_OURS, f"/own/{user.id}", user)


def _all_lists(world: World) -> Iterator[Call]:
    for admin in world.admins:
        yield Call(_OURS_ADMIN, f"/all/{admin.id}", admin)


def _own_tickets(world: World) -> Iterator[Call]:
    for ticket in world.tickets:
        user = ticket.user
        yield Call(f"{_OURS}/{ticket.id}", f"/get/{user.id}/{ticket.id}", user)


def _any_tickets(world: World) -> Iterator[Call]:
    for ticket in world.tickets:
        admin = world.admins[ticket.number % len(world.admins)]
        yield Call(f"{_OURS_ADMIN}/{ticket.id}", f"/any/{admin.id}/{ticket.id}", admin)


def _new_tickets(world: World) -> Iterator[Call]:
    for user in world.users:
        yield Call(_OURS, f"/create/{user.id}", user, _form(_ticket_fields()))


def _replies(world: World) -> Iterator[Call]:
    for ticket in open_tickets(world):
        yield Call(
            f"{_OURS}/{ticket.id}/messages",
            f"/reply/{ticket.user.id}/{ticket.id}",
            ticket.user,
            _form(_field("body", f"Any news about this? ({_COUNTER}) {_text(ticket)}")),
        )


def _uploads(world: World) -> Iterator[Call]:
    for user in islice(world.users, _MOST_UPLOADS):
        form = _form(_ticket_fields(), world.picture)
        yield Call(_OURS, f"/create/{user.id}", user, form)


def _downloads(world: World) -> Iterator[Call]:
    for ticket, file in with_files(world):
        place = f"{ticket.id}/attachments/{ticket.messages[0].id}/{file.filename}"
        own = f"/file/{ticket.user.id}/{ticket.id}/{ticket.messages[0].id}/{file.filename}"
        yield Call(f"{_OURS}/{place}", own, ticket.user)


OPERATIONS: Final = (
    Operation("list", "list, one user", 0.50, 2.74, 30, _own_lists),
    Operation("admin-list", "list, all", 0.50, 1.78, 30, _all_lists),
    Operation("get", "get with messages", 0.50, 1.41, 30, _own_tickets),
    Operation("admin-get", "get, admin", 0.50, 1.41, 30, _any_tickets),
    Operation("download", "download, 200 kB", 0.50, 2.99, 20, _downloads),
    Operation("create", "create", 0.45, 1.76, 20, _new_tickets, False, 201),
    Operation("reply", "reply", 0.45, 2.34, 15, _replies, False, 201),
    Operation("upload", "create, 200 kB file", 0.50, 0, 0, _uploads, False, 201),
)
"""In the order they are measured: what writes comes last, so that reads see the world as it is."""


class Tokens:
    """The callers' tokens, each made once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, str] = {}

    def of(self, person: Person) -> str:
        """A token as the host would issue it."""
        if person.id not in self._made:
            self._made[person.id] = issue_token(
                self._settings,
                user_id=person.id,
                name=person.name,
                email=person.email,
                role=Role(person.role),
                ttl_seconds=86_400,
            )
        return self._made[person.id]


def request_bytes(call: Call, tokens: Tokens, *, for_ours: bool) -> tuple[bytes, bytes]:
    """The request before and after the counter. Both servers are sent the same headers."""
    body = b"" if call.form is None else call.form[0] + _COUNTER.encode() + call.form[1]
    head = [
        f"{'GET' if call.form is None else 'POST'} {call.ours if for_ours else call.bare} HTTP/1.1",
        "Host: tickets.example.org",
        "Accept: application/json",
        f"Authorization: Bearer {tokens.of(call.caller)}",
    ]
    if call.form is not None:
        head.append(f"Content-Type: multipart/form-data; boundary={_BOUNDARY}")
        head.append(f"Content-Length: {len(body)}")
    top = "\r\n".join((*head, "", "")).encode()
    return (top, b"") if call.form is None else (top + call.form[0], call.form[1])


def whole_request(call: Call, tokens: Tokens, *, for_ours: bool) -> bytes:
    """One request to look at its answer."""
    before, after = request_bytes(call, tokens, for_ours=for_ours)
    return before + _COUNTER.encode() + after if call.form is not None else before


def write_requests(path: Path, calls: Sequence[Call], tokens: Tokens, *, for_ours: bool) -> None:
    """The file that `load.lua` reads: for each request two lengths in a line, then the bytes."""
    with open(path, "wb") as file:
        for call in calls:
            before, after = request_bytes(call, tokens, for_ours=for_ours)
            file.write(b"%d %d\n" % (len(before), len(after)) + before + after)


def _ticket_fields() -> bytes:
    subject = f"Cannot create an API key ({_COUNTER})"
    text = "Since this morning the page answers with the number 500. " * 3
    return _field("message", text) + _field("subject", subject)


def _field(name: str, value: str) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return f"{head}{value}\r\n".encode()


def _form(fields: bytes, picture: bytes | None = None) -> tuple[bytes, bytes]:
    body = fields
    if picture is not None:
        body += (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; '
            'filename="screenshot.png"\r\nContent-Type: image/png\r\n\r\n'
        ).encode()
        body += picture + b"\r\n"
    body += f"--{_BOUNDARY}--\r\n".encode()
    before, _, after = body.partition(_COUNTER.encode())
    return before, after


def _text(ticket: Ticket) -> str:
    return ticket.messages[0].body
