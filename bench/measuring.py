"""A run: both servers on one database, and each operation on them in turn, round by round."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bench.answers import check_alike
from bench.requests import HELLO, Operation, Tokens, write_requests
from bench.servers import Server, start_bare, start_hello, start_ours
from bench.world import World
from bench.wrk import Load, Wrk
from ticketpen.settings import load_settings

_STARTS: Final = 3
_HELLO: Final = "hello.requests"


class Plan(msgspec.Struct, frozen=True):
    """What is measured, for how long, how often, and where its files are."""

    operations: Sequence[Operation]
    seconds: int
    rounds: int
    warm_up: bool
    folder: Path
    world: World
    wrk: Wrk


class Pair(msgspec.Struct, frozen=True):
    """Two equal databases of one kind: the settings for ours, and for the yardstick."""

    database: str
    ours: Mapping[str, str]
    bare: Mapping[str, str]


class Measured(msgspec.Struct, frozen=True):
    """One operation, round by round."""

    operation: Operation
    ours: list[Load]
    bare: list[Load]
    hello: list[Load]

    @property
    def per_hello(self) -> float:
        """Answers of ours for every 1,000 of hello-world's, measured right before and after."""
        return median_rate(self.ours) / median_rate(self.hello) * 1_000

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: a round's two runs follow one another, so that what
        else the machine does meets both."""
        pairs = zip(self.ours, self.bare, strict=True)
        return statistics.median(ours.per_second / bare.per_second for ours, bare in pairs)

    @property
    def is_met(self) -> bool:
        """Whether the bar is reached."""
        return self.ratio >= self.operation.bar


class Result(msgspec.Struct, frozen=True):
    """What one kind of database gave. `start` in seconds, memory in MB."""

    database: str
    measured: list[Measured]
    start: float
    memory_idle: float
    memory_after: float


def median_rate(loads: Sequence[Load]) -> float:
    """Answers a second."""
    return statistics.median(load.per_second for load in loads)


def say(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)


def measure(pair: Pair, plan: Plan) -> Result:
    """Measure every operation on one kind of database.

    Raises RuntimeError when a server refuses something or the two do not answer alike."""
    folder = plan.folder / pair.database
    start = measure_start(pair.ours, folder)
    with (
        start_hello(folder / "hello.log") as hello,
        start_bare(pair.bare, folder / "bare.log") as bare,
        start_ours(pair.ours, folder / "ours.log") as ours,
    ):
        memory_idle = ours.memory()
        say(f"{pair.database}: starts in {start:.2f} s, {memory_idle:.0f} MB idle")
        (plan.folder / _HELLO).write_bytes(b"%d 0\n" % len(HELLO) + HELLO)
        servers = _Servers(ours, bare, hello)
        measured = [_measure_one(operation, servers, pair, plan) for operation in plan.operations]
        return Result(pair.database, measured, start, memory_idle, ours.memory())


def measure_start(environment: Mapping[str, str], folder: Path) -> float:
    """Seconds from nothing to the first answer, a median."""
    times = []
    for _ in range(_STARTS):
        with start_ours(environment, folder / "start.log") as server:
            times.append(server.started_in)
    return statistics.median(times)


class _Servers(NamedTuple):
    ours: Server
    bare: Server
    hello: Server


def _measure_one(operation: Operation, servers: _Servers, pair: Pair, plan: Plan) -> Measured:
    ours, bare, hello = servers
    tokens = Tokens(load_settings(pair.ours))
    calls = list(operation.calls(plan.world))
    check_alike(operation, calls[0], tokens, ours, bare)
    paths = [plan.folder / f"{name}.requests" for name in ("ours", "bare")]
    write_requests(paths[0], calls, tokens, for_ours=True)
    write_requests(paths[1], calls, tokens, for_ours=False)
    turns = [(ours, paths[0]), (bare, paths[1])]
    seen: dict[int, list[Load]] = {ours.port: [], bare.port: []}
    if plan.warm_up:
        for server, path in turns:
            plan.wrk.run(server, path, 1)
    greeted = [plan.wrk.run(hello, plan.folder / _HELLO, 1)]
    for turn in range(plan.rounds):
        for server, path in turns if turn % 2 == 0 else reversed(turns):
            seen[server.port].append(plan.wrk.run(server, path, plan.seconds))
    if plan.warm_up:
        greeted.append(plan.wrk.run(hello, plan.folder / _HELLO, 1))
    measured = Measured(operation, seen[ours.port], seen[bare.port], greeted)
    say(
        f"  {operation.title:20}{median_rate(measured.ours):9,.0f}/s"
        f"{median_rate(measured.bare):9,.0f}/s   {measured.ratio:.2f}"
        f"   CPU {_cpu(measured.ours):,.0f} to {_cpu(measured.bare):,.0f} µs"
        f"   hello-world {median_rate(greeted):,.0f}/s"
    )
    return measured


def _cpu(loads: Sequence[Load]) -> float:
    return statistics.median(load.cpu for load in loads)
