"""The data that is measured on: people, tickets with messages, screenshots. The same every time."""

import hashlib
import itertools
import random
import struct
import zlib
from functools import lru_cache
from typing import Final

import msgspec

from ticketpen.clock import DAY, MINUTE, Moment, now
from ticketpen.ids import new_id
from ticketpen.search.tokens import words_of
from ticketpen.tickets.ticket import Sender, Status

MESSAGES: Final = 3
ADMINS: Final = 5
FILES: Final = 50
PICTURE_BYTES: Final = 200_000

_NAMES: Final = ("Ada", "Cleo", "Max", "Rick", "Noor", "Ines")
_SUBJECTS: Final = (
    "Cannot create an API key",
    "Export stops at 99 percent",
    "Invoice shows the wrong address",
    "Log-in page loads again and again",
    "Webhook arrives twice",
    "Dark mode makes the table unreadable",
)
_SENTENCES: Final = (
    "It worked until yesterday afternoon and nothing was changed on our side.",
    "The page says that something went wrong and shows the number 500.",
    "I tried another browser, and a colleague of mine sees the same thing.",
    "Could you tell me whether this is known and when it will be mended?",
    "We have looked into it and found the reason in last night's release.",
    "Please try again and tell us what you see; a screenshot would help.",
    "Thank you, that was quick, but the second report is still empty.",
)
_STATUSES: Final = (
    *(Status.OPEN, Status.IN_PROGRESS, Status.OPEN, Status.RESOLVED, Status.OPEN),
    *(Status.IN_PROGRESS, Status.OPEN, Status.RESOLVED, Status.IN_PROGRESS, Status.CLOSED),
)


class Person(msgspec.Struct, frozen=True):
    """Somebody who calls."""

    id: str
    name: str
    email: str
    role: str


class Message(msgspec.Struct, frozen=True):
    """One message."""

    id: str
    sender: Person
    acts_as: Sender
    body: str
    at: Moment


class File(msgspec.Struct, frozen=True):
    """The screenshot of a ticket's first message; all have the same bytes."""

    id: str
    filename: str
    storage_key: str


class Ticket(msgspec.Struct, frozen=True):
    """One ticket with its messages, oldest first."""

    id: str
    number: int
    user: Person
    subject: str
    status: Status
    messages: tuple[Message, ...]
    file: File | None

    @property
    def words(self) -> list[str]:
        """What its first message's row in the index holds."""
        return list(dict.fromkeys([*words_of(self.subject), *words_of(self.messages[0].body)]))


class World(msgspec.Struct, frozen=True):
    """All of it."""

    users: tuple[Person, ...]
    admins: tuple[Person, ...]
    tickets: tuple[Ticket, ...]
    picture: bytes


def make_world(tickets: int, users: int) -> World:
    """`tickets` tickets spread evenly over `users` people, from the last 90 days until today."""
    chance = random.Random(7)
    people = tuple(_person(number, "user") for number in range(users))
    admins = tuple(_person(number, "admin") for number in range(ADMINS))
    step = 90 * DAY // tickets
    start = now() - 90 * DAY - DAY
    made = []
    for number in range(1, tickets + 1):
        at = Moment(start + number * step)
        user = people[number % users]
        made.append(_ticket(number, user, admins[number % ADMINS], at, chance))
    return World(people, admins, tuple(made), make_picture(PICTURE_BYTES))


def make_picture(size: int) -> bytes:
    """A PNG of exactly `size` bytes: noise, so that it does not compress."""
    width, chance = 256, random.Random(7)
    height = (size - 200) // (width * 3 + 1) - 1
    rows = b"".join(b"\0" + chance.randbytes(width * 3) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(rows, 0)
    # Readers ignore what follows the end of the compressed stream: it fills up to the size.
    made = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed)
    filler = size - len(made) - len(_chunk(b"IEND", b"")) - 12
    return made + _chunk(b"IDAT", b"\0" * filler) + _chunk(b"IEND", b"")


def picture_size(picture: bytes | bytearray) -> tuple[int, int]:
    """Width and height of a picture that `make_picture` made."""
    width, height = struct.unpack_from(">II", picture, 16)
    return width, height


def digest(picture: bytes) -> str:
    """Its SHA-256 in hex."""
    return hashlib.sha256(picture).hexdigest()


@lru_cache(maxsize=1024)
def named_person(person_id: str) -> Person:
    """The user or admin with this id."""
    role, _, number = person_id.partition("-")
    return _person(int(number), role)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _person(number: int, role: str) -> Person:
    return Person(
        f"{role}-{number:03d}",
        f"{_NAMES[number % len(_NAMES)]} Number{number:03d}",
        f"{role}{number:03d}@example.org",
        role,
    )


def _ticket(number: int, user: Person, admin: Person, at: Moment, chance: random.Random) -> Ticket:
    status = _STATUSES[number % len(_STATUSES)]
    messages = []
    for place in range(MESSAGES):
        moment = Moment(at + place * 90 * MINUTE)
        # The user writes, an admin answers, the user writes again.
        sender, acts_as = (admin, Sender.ADMIN) if place == 1 else (user, Sender.USER)
        body = " ".join(chance.sample(_SENTENCES, 3))
        messages.append(Message(new_id(moment), sender, acts_as, body, moment))
    file = None
    if number <= FILES:
        file_id = new_id(at)
        file = File(
            file_id, f"{number:08x}_screenshot-{number}.png", f"{file_id[-2:]}/{file_id}.png"
        )
    subject = f"{_SUBJECTS[number % len(_SUBJECTS)]} ({number})"
    return Ticket(new_id(at), number, user, subject, status, tuple(messages), file)


def open_tickets(world: World) -> list[Ticket]:
    """Those that a user may write to without a change of status."""
    taken = (Status.OPEN, Status.IN_PROGRESS)
    return [ticket for ticket in world.tickets if ticket.status in taken]


def with_files(world: World) -> list[tuple[Ticket, File]]:
    """Those that have a screenshot."""
    found = ((ticket, ticket.file) for ticket in itertools.islice(world.tickets, FILES))
    return [(ticket, file) for ticket, file in found if file is not None]
