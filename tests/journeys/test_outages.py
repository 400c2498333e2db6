"""The database goes away under a running server, and comes back."""

import asyncio
import sqlite3
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio
import httpx2
import msgspec
import pytest

from tests.cast import ADA, CLEO, Actor
from tests.client import ADMIN_TICKETS, TICKETS
from tests.conftest import SECRET
from tests.journeys.calling import RETRY, Person
from tests.journeys.journal import Tally
from tests.journeys.server import Server, environment
from ticketpen.database.migrations import migrate
from ticketpen.settings import Settings, load_settings
from tools.postgres import LocalPostgres

CLIENTS: Final = 6
DOWN_FOR: Final = 2.0
ANSWERED_WITHIN: Final = 5.0
BACK_WITHIN: Final = 5.0


class Answer(msgspec.Struct, frozen=True):
    """How a request went: its status and how long it took, in seconds."""

    status: int
    seconds: float


@pytest.fixture
def postgres() -> Iterator[LocalPostgres]:
    """A PostgreSQL that may be stopped, and that forgets nothing then."""
    server = LocalPostgres(durable=True)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def own_settings(postgres: LocalPostgres, tmp_path: Path) -> Settings:
    settings = load_settings(
        {
            "TICKETPEN_DATA_DIR": str(tmp_path),
            "TICKETPEN_SECRET": SECRET,
            "TICKETPEN_DATABASE_URL": postgres.url(),
        }
    )
    anyio.run(migrate, settings)
    return settings


class Writers:
    """People who open tickets, each sent again with its key until it was done."""

    def __init__(self, ada: Person) -> None:
        self.answers: list[Answer] = []
        self.done: list[str] = []
        self.tally = Tally()
        self._ada = ada
        self._is_over = False

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """While they work; at the end everything that was begun is done."""
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self._work(number))
            yield
            self._is_over = True

    async def _work(self, number: int) -> None:
        name = f"user-{number}"
        person = self._ada.as_(Actor(name, name, f"{name}@example.org", "user"))
        turn = 0
        while not self._is_over:
            turn += 1
            body, key = f"{name} {turn}", str(uuid.uuid4())
            await self._bring_to_an_end(person, body, key)
            self.done.append(body)
            self.tally.add()

    async def _bring_to_an_end(self, person: Person, body: str, key: str) -> None:
        while True:
            if await self._try(person, body, key) == 201:
                return
            await asyncio.sleep(RETRY)

    async def _try(self, person: Person, body: str, key: str) -> int:
        began = time.monotonic()
        answer = await person.open("Still there?", body, key=key)
        self.answers.append(Answer(answer.status_code, time.monotonic() - began))
        if answer.status_code == 503:
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code


async def timed(person: Person, method: str, path: str) -> Answer:
    """Ask for something."""
    began = time.monotonic()
    answer = await person.request(method, path)
    return Answer(answer.status_code, time.monotonic() - began)


async def test_a_postgresql_that_stops_and_comes_back_loses_nothing_and_needs_no_restart(
    own_settings: Settings, postgres: LocalPostgres, http: httpx2.AsyncClient
) -> None:
    # A claim may have been left behind by a connection that broke.
    async with Server(environment(own_settings, idempotency_lease="1")) as server:
        ada = Person(http, own_settings, ADA, server.url)
        await ada.read(ADMIN_TICKETS)
        writers = Writers(ada)
        async with writers.working():
            await writers.tally.grow(5 * CLIENTS)
            await asyncio.to_thread(postgres.stop)
            went = time.monotonic()
            try:
                await assert_down(ada, went)
            finally:
                await asyncio.to_thread(postgres.start)
            await assert_back(ada, writers)
        found = await ada.read(ADMIN_TICKETS, search="still there", page_size=1)
        assert found["total"] == len(writers.done) == len(set(writers.done))
    assert {answer.status for answer in writers.answers} <= {201, 409, 503}
    assert 503 in {answer.status for answer in writers.answers}
    assert max(answer.seconds for answer in writers.answers) <= ANSWERED_WITHIN


async def assert_down(ada: Person, went: float) -> None:
    """For as long as the outage lasts, and at least once."""
    while True:
        for path, status in (
            ("/healthz", 200),
            ("/readyz", 503),
            (ADMIN_TICKETS, 503),
            (f"{TICKETS}?status=open", 503),
        ):
            answer = await timed(ada, "GET", path)
            assert answer.status == status, path
            assert answer.seconds <= ANSWERED_WITHIN, path
        if time.monotonic() - went >= DOWN_FOR:
            return
        await asyncio.sleep(RETRY)


async def assert_back(ada: Person, writers: Writers) -> None:
    """Reads and writes are answered again."""
    async with asyncio.timeout(BACK_WITHIN):
        await until_ready(ada)
        await ada.read(ADMIN_TICKETS)
        await writers.tally.grow(CLIENTS)


async def until_ready(ada: Person) -> None:
    """Until the server says that it is."""
    while True:
        if (await ada.request("GET", "/readyz")).status_code == 200:
            return
        await asyncio.sleep(RETRY)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_sqlite_file_locked_by_another_process_refuses_writes_in_time_and_is_read(
    settings: Settings, http: httpx2.AsyncClient
) -> None:
    async with Server(environment(settings)) as server:
        ada = Person(http, settings, ADA, server.url)
        await ada.read(ADMIN_TICKETS)
        cleo = ada.as_(CLEO)
        opened = await cleo.open("Before", "The lock.")
        assert opened.status_code == 201
        other = sqlite3.connect(settings.sqlite_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writes = [asyncio.create_task(timed_write(cleo)) for _ in range(10)]
        while not all(write.done() for write in writes):
            read = await timed(ada, "GET", f"{ADMIN_TICKETS}/{opened.json()['id']}")
            assert (read.status, read.seconds < 1) == (200, True)
            assert (await timed(ada, "GET", "/healthz")).status == 200
            await asyncio.sleep(RETRY)
        for write in writes:
            assert write.result().status == 503
            assert write.result().seconds <= ANSWERED_WITHIN
        other.close()
        assert (await timed_write(cleo)).status == 201
        assert (await cleo.read(TICKETS))["total"] == 2


async def timed_write(person: Person) -> Answer:
    """Open a ticket."""
    began = time.monotonic()
    answer = await person.open("Printer", "It burns.")
    return Answer(answer.status_code, time.monotonic() - began)
