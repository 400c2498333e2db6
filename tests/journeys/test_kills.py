"""`kill -9` of a real server, again and again, while clients write with files."""

import asyncio
import random
from typing import Final

import httpx2

from tests.cast import ADA
from tests.journeys.calling import Person
from tests.journeys.checking import check_everything
from tests.journeys.journal import Journal, Outcome
from tests.journeys.load import Client, Gate
from tests.journeys.server import Server, environment
from ticketpen.settings import Settings

KILLS: Final = 20
CLIENTS: Final = 8
READY_WITHIN: Final = 2.0
# A claim of a dead process is taken over after a second.
LEASE: Final = "1"


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed_twenty_times(
    settings: Settings, http: httpx2.AsyncClient
) -> None:
    journal, starts = Journal(), list[float]()
    async with Server(environment(settings, idempotency_lease=LEASE)) as server:
        gate, ada = Gate(server.url), Person(http, settings, ADA, server.url)
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(Client(number, ada, gate, journal).work())
            for _ in range(KILLS):
                await let_work(journal)
                gate.close()
                await server.kill()
                starts.append(await server.start())
                gate.open(server.url)
            await let_work(journal)
            gate.is_over = True
        await check_everything(ada.at(server.url), journal)
        assert server.troubles == []
    assert max(starts) <= READY_WITHIN
    print(
        journal.acknowledged,
        len(journal.stories),
        len(journal.interrupted),
        sum(w.key is not None for w in journal.interrupted),
        sum(len(w.files) for w in journal.writings),
        sorted(round(x, 2) for x in starts),
        flush=True,
    )
    assert_it_was_put_to_the_test(journal)


async def let_work(journal: Journal) -> None:
    """Until some more writes were acknowledged: just then, or a random moment later."""
    async with asyncio.timeout(30):
        await journal.acknowledged.grow(random.randint(5, 60))
    await asyncio.sleep(random.choice((0, random.random() / 50)))


def assert_it_was_put_to_the_test(journal: Journal) -> None:
    """There was load, the kills cut requests off, and those with a key were done all the same."""
    interrupted = journal.interrupted
    assert len(interrupted) >= KILLS
    with_key = [writing for writing in interrupted if writing.key is not None]
    assert len(with_key) >= KILLS / 4
    assert all(writing.outcome is not Outcome.UNKNOWN for writing in with_key)
    with_files = [w for w in journal.with_outcome(Outcome.DONE) if w.files]
    assert len(with_files) >= 10 * KILLS
