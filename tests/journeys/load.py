"""Clients that keep a server busy, one deed after the other, and write down every answer."""

import asyncio
import random
import uuid
from typing import Any, Final

import httpx2

from tests.cast import Actor
from tests.client import File
from tests.journeys.calling import RETRY, Person
from tests.journeys.journal import (
    Journal,
    Outcome,
    TicketStory,
    Writing,
    make_pictures,
    sums_of,
)
from tests.tickets.make import PRIORITIES

_KEYED: Final = 0.5
"""So many of the writes carry an Idempotency-Key."""


class Gate:
    """Open while the server runs; clients wait at it rather than knock at a dead door."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._is_open = asyncio.Event()
        self._is_open.set()
        self.is_over = False

    def close(self) -> None:
        """The server is about to go."""
        self._is_open.clear()

    def open(self, url: str) -> None:
        """The server is back, maybe elsewhere."""
        self.url = url
        self._is_open.set()

    async def pass_(self) -> str:
        """Wait until there is a server; where it is."""
        await self._is_open.wait()
        return self.url


class Client:
    """One user who opens tickets and writes to them, and Ada who answers and sorts those."""

    def __init__(self, number: int, ada: Person, gate: Gate, journal: Journal) -> None:
        name = f"user-{number}"
        self._ada = ada
        self._user = ada.as_(Actor(name, name.title(), f"{name}@example.org", "user"))
        self._gate = gate
        self._journal = journal
        self._mine: list[str] = []
        self._sent = 0

    async def work(self) -> None:
        """Until it is over; a request with a key is brought to its end first."""
        while not self._gate.is_over:
            self._user.url = self._ada.url = await self._gate.pass_()
            if not self._mine:
                await self._open()
                continue
            (deed,) = random.choices(
                [self._open, self._reply, self._answer, self._sort, self._close, self._look],
                [20, 25, 25, 15, 3, 12],
            )
            await deed()

    async def _open(self) -> None:
        writing, files = self._writing(None)
        answer = await self._write(
            writing, lambda: self._user.open(f"On {writing.body}", writing.body, files, writing.key)
        )
        if answer is None:
            return
        ticket = answer.json()
        writing.message = ticket["messages"][0]
        self._journal.stories[ticket["id"]] = TicketStory(ticket, {"normal"}, {"open"})
        self._mine.append(ticket["id"])

    async def _reply(self) -> None:
        await self._post_to(self._user, random.choice(self._mine))

    async def _answer(self) -> None:
        ticket_id = random.choice(self._mine)
        story = self._journal.stories[ticket_id]
        if await self._post_to(self._ada, ticket_id):
            story.statuses = {"in_progress"}
        else:
            story.statuses |= {"in_progress"}

    async def _close(self) -> None:
        ticket_id = random.choice(self._mine)
        self._mine.remove(ticket_id)
        story = self._journal.stories[ticket_id]
        if await self._change(ticket_id, "status", "closed"):
            story.statuses = {"closed"}
            await self._post_to(self._user, ticket_id)
        else:
            story.statuses |= {"closed"}

    async def _sort(self) -> None:
        ticket_id = random.choice(self._mine)
        story = self._journal.stories[ticket_id]
        priority = random.choice(PRIORITIES)
        if await self._change(ticket_id, "priority", priority):
            story.priorities = {priority}
        else:
            story.priorities |= {priority}

    async def _change(self, ticket_id: str, field: str, value: str) -> bool:
        """Whether it was answered."""
        try:
            answer = await self._ada.patch(ticket_id, None, **{field: value})
        except httpx2.TransportError:
            return False
        assert answer.status_code == 200, answer.text
        assert answer.json()[field] == value
        self._journal.acknowledged.add()
        return True

    async def _look(self) -> None:
        """Amid the load nothing is half-visible either."""
        try:
            found = await self._ada.ticket(random.choice(self._mine))
        except httpx2.TransportError:
            return
        assert found["message_count"] == len(found["messages"])

    async def _post_to(self, person: Person, ticket_id: str) -> bool:
        """Whether it was done."""
        writing, files = self._writing(ticket_id)
        answer = await self._write(
            writing, lambda: person.reply(ticket_id, writing.body, files, writing.key)
        )
        if answer is not None:
            writing.message = answer.json()
        return answer is not None

    def _writing(self, ticket_id: str | None) -> tuple[Writing, list[File]]:
        self._sent += 1
        mark = f"{self._user.actor.id}-{self._sent}"
        files = make_pictures(random.choice((0, 1, 1, 2)), mark)
        key = str(uuid.uuid4()) if random.random() < _KEYED else None
        writing = Writing(mark, sums_of(files), ticket_id, key)
        self._journal.writings.append(writing)
        return writing, files

    async def _write(self, writing: Writing, send: Any) -> httpx2.Response | None:
        """Send it, with a key until there is an answer; the answer if it was done."""
        while True:
            self._user.url = self._ada.url = await self._gate.pass_()
            try:
                answer: httpx2.Response = await send()
            except httpx2.TransportError:
                writing.was_interrupted = True
                if writing.key is None:
                    return None
                continue
            if answer.status_code != 409:
                break
            assert answer.json()["code"] == "idempotency_conflict", answer.text
            await asyncio.sleep(RETRY)
        if answer.status_code == 201:
            writing.outcome = Outcome.DONE
            self._journal.acknowledged.add()
            return answer
        assert (answer.status_code, answer.json()["code"]) == (400, "ticket_closed"), answer.text
        assert writing.ticket_id not in self._mine
        writing.outcome = Outcome.REFUSED
        return None
