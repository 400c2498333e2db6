"""`python -m bench`: measure, print the tables, and say with the exit code whether bars are met."""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from bench.loading import load
from bench.measuring import Pair, Plan, Result, measure, say
from bench.report import as_json, as_page, as_text
from bench.requests import OPERATIONS
from bench.servers import LOAD_CORE, ROOT, SERVER_CORE
from bench.world import World, make_world
from bench.wrk import Wrk
from ticketpen.database.migrations import migrate
from ticketpen.settings import load_settings
from tools.postgres import LocalPostgres

PAGE: Final = ROOT / "docs" / "benchmarks.md"
SECRET: Final = "a-secret-of-the-benchmark-with-enough-bytes"
TICKETS: Final = 5_000
USERS: Final = 200
DATABASES: Final = ("sqlite", "postgres")


def main() -> int:
    """Run; 1 when a bar is missed, 2 when it could not be measured."""
    options = _read_options()
    # Told to stop, it stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        results = _run(options)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(as_json(results), indent=2) if options.json else as_text(results))
    if options.write:
        PAGE.write_text(as_page(results, options.seconds, options.rounds))
        say(f"wrote {PAGE.relative_to(ROOT)}")
    return 0 if all(m.is_met for result in results for m in result.measured) else 1


def _read_options() -> argparse.Namespace:
    names = [operation.name for operation in OPERATIONS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=names, help="this operation; repeat it")
    parser.add_argument("--database", choices=DATABASES, help="one of them only")
    parser.add_argument("--seconds", type=int, default=1, help="of each run (default 1)")
    parser.add_argument("--rounds", type=int, default=6, help="of each operation (default 6)")
    parser.add_argument("--quick", action="store_true", help="a rough look: 2 rounds of 1 s, cold")
    parser.add_argument("--json", action="store_true", help="every figure, as JSON")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md anew")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 1, 2
    return options


def _run(options: argparse.Namespace) -> list[Result]:
    if SERVER_CORE == LOAD_CORE:
        raise RuntimeError("the server and the load need a core each; there is one only")
    wrk = Wrk()
    chosen = [o for o in OPERATIONS if not options.only or o.name in options.only]
    world = make_world(TICKETS, USERS)
    with _folder() as folder:
        plan = Plan(
            operations=chosen,
            seconds=options.seconds,
            rounds=options.rounds,
            warm_up=not options.quick,
            folder=folder,
            world=world,
            wrk=wrk,
        )
        results = []
        if options.database != "postgres":
            results.append(measure(_sqlite_pair(folder / "SQLite", world), plan))
        if options.database != "sqlite":
            with _postgres() as server:
                pair = asyncio.run(_postgres_pair(server, folder / "PostgreSQL", world))
                results.append(measure(pair, plan))
    return results


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ticketpen-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres() -> Iterator[LocalPostgres]:
    say("PostgreSQL: starting one, on the servers' core")
    server = LocalPostgres(durable=True)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})  # what it starts inherits this
    try:
        server.start()
    finally:
        os.sched_setaffinity(0, allowed)
    try:
        yield server
    finally:
        server.remove()


def _sqlite_pair(folder: Path, world: World) -> Pair:
    say("SQLite: loading")
    ours, bare = (_environment(folder / name) for name in ("ours", "bare"))
    for environment in (ours, bare):
        asyncio.run(_prepare(environment, world))
    return Pair("SQLite", ours, bare)


async def _postgres_pair(server: LocalPostgres, folder: Path, world: World) -> Pair:
    environments = []
    for name in ("ours", "bare"):
        say("PostgreSQL: loading")
        connection = await asyncpg.connect(server.url())
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        environment = _environment(folder / name)
        environment["TICKETPEN_DATABASE_URL"] = server.url(name)
        await _prepare(environment, world)
        environments.append(environment)
    return Pair("PostgreSQL", *environments)


def _environment(folder: Path) -> dict[str, str]:
    return {"TICKETPEN_DATA_DIR": str(folder), "TICKETPEN_SECRET": SECRET}


async def _prepare(environment: dict[str, str], world: World) -> None:
    settings = load_settings(environment)
    await migrate(settings)
    await load(settings, world)


if __name__ == "__main__":
    sys.exit(main())
