"""SIGTERM under load: whatever the server began, it answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx2

from tests.cast import ADA, CLEO
from tests.client import TICKETS, token_for
from tests.journeys.calling import Person
from tests.journeys.journal import make_pictures
from tests.journeys.server import Server, environment
from tests.pictures import png
from tests.tickets.make import BOUNDARY, fetch, form_body, new_ticket_parts, part
from ticketpen.settings import Settings

RUNS: Final = 5
CLIENTS: Final = 6
WITHIN: Final = 10.0


class Upload:
    """A ticket whose sender is amid the form when the server is told to stop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._rest = b""

    @classmethod
    async def begin(cls, url: str, settings: Settings) -> "Upload":
        """Send the head and half of the form; the server has said that it wants the form."""
        host, port = url.removeprefix("http://").split(":")
        upload = cls(*await asyncio.open_connection(host, int(port)))
        form = form_body(new_ticket_parts(part("files", png(), "shot.png", "image/png")))
        head = [
            f"POST {TICKETS} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {token_for(settings, CLEO)}",
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(form)}",
            "Expect: 100-continue",
        ]
        upload._writer.write("\r\n".join([*head, "", ""]).encode())
        assert (await upload._reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        upload._writer.write(form[: len(form) // 2])
        await upload._writer.drain()
        upload._rest = form[len(form) // 2 :]
        return upload

    async def finish(self) -> bytes:
        """Send the rest; the whole answer, to the connection's end."""
        self._writer.write(self._rest)
        answer = await self._reader.read()
        self._writer.close()
        return answer


class Clients:
    """People who open tickets one after the other, until the door is shut."""

    def __init__(self, settings: Settings, url: str, run: int) -> None:
        self.answered: set[str] = set()
        self._settings = settings
        self._url = url
        self._run = run
        self._is_busy = asyncio.Event()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """While they work; at the end they have all met the shut door."""
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self._work(number))
            await self._is_busy.wait()
            yield

    async def _work(self, number: int) -> None:
        # A connection of one's own, kept alive by half of them.
        limits = httpx2.Limits(max_keepalive_connections=number % 2)
        async with httpx2.AsyncClient(limits=limits, timeout=15) as http:
            cleo = Person(http, self._settings, CLEO, self._url)
            for turn in range(10_000):
                body = f"{self._run}-{number}-{turn}"
                try:
                    answer = await cleo.open("Busy", body, make_pictures(turn % 2, body))
                except httpx2.TransportError:
                    return
                assert answer.status_code == 201, answer.text
                self.answered.add(body)
                if len(self.answered) > 3 * CLIENTS:
                    self._is_busy.set()


async def test_a_server_told_to_stop_under_load_answers_all_it_began_and_ends_with_0(
    settings: Settings,
) -> None:
    expected: list[str] = []
    for run in range(RUNS):
        async with Server(environment(settings)) as server:
            uploads = [await Upload.begin(server.url, settings) for _ in range(3)]
            clients = Clients(settings, server.url, run)
            async with clients.working():
                stopping = asyncio.create_task(server.stop())
                answers = await asyncio.gather(*(upload.finish() for upload in uploads))
            stopped = await stopping
            assert server.troubles == []
        assert stopped.code == 0
        assert stopped.seconds <= WITHIN
        assert [answer[:13] for answer in answers] == [b"HTTP/1.1 201 "] * 3
        expected += [*clients.answered, *["It burns."] * 3]
        # Nothing is there that nobody was answered, nothing answered is missing.
        assert sorted(b for (b,) in await fetch(settings, "SELECT body FROM messages")) == sorted(
            expected
        )


async def test_an_idle_connection_does_not_hold_up_the_stop(
    settings: Settings, http: httpx2.AsyncClient
) -> None:
    async with Server(environment(settings)) as server:
        await Person(http, settings, ADA, server.url).read(TICKETS)
        stopped = await server.stop()
    assert stopped.code == 0
    assert stopped.seconds <= WITHIN / 2
