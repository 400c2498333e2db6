"""PostgreSQL: a transaction that commits late is never skipped by whoever follows the log."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.tickets.make import CLEO, Api, until_log_is_readable

LOG = "/api/v1/admin/events"
INSERT = (
    "INSERT INTO events (id, type, ticket_id, actor_id, actor_type, created_at, changes) "
    "VALUES ($1, 'message.posted', '01970000-0000-7000-8000-000000000000', 'cleo', 'user', 1, '{}')"
)


@pytest.fixture
def database_kind() -> str:
    return "postgres"


@pytest.fixture
async def two(api: Api) -> AsyncIterator[tuple[Any, Any]]:
    """Two writers beside the app."""
    url = api.settings.database_url
    first, second = await asyncpg.connect(url), await asyncpg.connect(url)
    yield first, second
    await first.close()
    await second.close()


async def follow(api: Api, after: str | None) -> tuple[list[str], str]:
    params = {} if after is None else {"after": after}
    page = (await api.get(LOG, params=params)).json()
    return [event["id"] for event in page["events"]], page["next_after"]


async def test_what_was_numbered_first_and_commits_last_is_still_read(
    api: Api, two: tuple[Any, Any]
) -> None:
    slow, swift = two
    await slow.execute("BEGIN")
    await slow.execute(INSERT, "slow 1")
    await swift.execute(INSERT, "swift")
    seen, after = await follow(api, None)
    assert seen == []  # the swift one waits: the slow one may still precede it
    await slow.execute(INSERT, "slow 2")
    more, after = await follow(api, after)
    assert more == []
    await slow.execute("COMMIT")
    await until_log_is_readable(api.settings)
    rest, after = await follow(api, after)
    assert sorted(rest) == ["slow 1", "slow 2", "swift"]
    assert (await follow(api, after))[0] == []


async def test_what_is_rolled_back_holds_nobody_up_for_ever(api: Api, two: tuple[Any, Any]) -> None:
    slow, swift = two
    await slow.execute("BEGIN")
    await slow.execute(INSERT, "never")
    await swift.execute(INSERT, "swift")
    _, after = await follow(api, None)
    await slow.execute("ROLLBACK")
    await until_log_is_readable(api.settings)
    assert (await follow(api, after))[0] == ["swift"]


async def test_a_walk_in_small_steps_over_interleaved_transactions_meets_each_event_once(
    api: Api, two: tuple[Any, Any]
) -> None:
    one, other = two
    await one.execute("BEGIN")
    await other.execute("BEGIN")
    for number in range(3):
        await one.execute(INSERT, f"one {number}")
        await other.execute(INSERT, f"other {number}")
    await other.execute("COMMIT")
    ticket = await api.as_(CLEO).open()
    await one.execute("COMMIT")
    await until_log_is_readable(api.settings)
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(7):
        page = (await api.get(LOG, params={"limit": "1"} | after)).json()
        seen += [event["id"] for event in page["events"]]
        after = {"after": page["next_after"]}
    assert len(seen) == len(set(seen)) == 7
    for name in ("one", "other"):
        own = [event for event in seen if event.startswith(name + " ")]
        assert own == [f"{name} {number}" for number in range(3)]
    history = (await api.get(f"/api/v1/admin/tickets/{ticket['id']}/events")).json()["events"]
    assert history[0]["id"] in seen


async def test_a_reader_that_writes_nothing_delays_nobody(api: Api, two: tuple[Any, Any]) -> None:
    reader, _ = two
    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await reader.fetch("SELECT * FROM events")
    await api.as_(CLEO).open()
    await until_log_is_readable(api.settings)
    assert len((await follow(api, None))[0]) == 1
    await reader.execute("ROLLBACK")
