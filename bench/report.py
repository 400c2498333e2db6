"""What a run gave: tables for the eye, JSON for programs, the page `docs/benchmarks.md`."""

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.measuring import Measured, Result, median_rate
from bench.wrk import CONNECTIONS

_PACKAGES: Final = ("uvicorn", "uvloop", "httptools", "litestar", "msgspec", "asyncpg")
_HEADINGS: Final = (
    *("operation", "ours/s", "bare/s", "ratio", "bar", "met", "per 1,000 hello"),
    *("× fastest other", "bar", "met"),
)
START_BAR: Final = 1.0
MEMORY_BAR: Final = 100.0


def table_of(result: Result) -> list[list[str]]:
    """Rows of cells, the headings first."""
    return [list(_HEADINGS), *(_cells(measured, result) for measured in result.measured)]


def _cells(measured: Measured, result: Result) -> list[str]:
    operation = measured.operation
    cells = [
        operation.title,
        f"{median_rate(measured.ours):,.0f}",
        f"{median_rate(measured.bare):,.0f}",
        f"{measured.ratio:.2f}",
        f"≥ {operation.bar:.2f}",
        _yes(measured.is_met),
        f"{measured.per_hello:.1f}",
    ]
    # The others were measured on SQLite or on their own database; the bar speaks of SQLite.
    if not operation.others or result.database != "SQLite":
        return [*cells, "", "", ""]
    times = measured.per_hello / operation.others
    met = _yes(times >= operation.times)
    return [*cells, f"{times:.0f}×", f"≥ {operation.times:.0f}×", met]


def _yes(met: bool) -> str:
    return "yes" if met else "NO"


def as_text(results: Sequence[Result]) -> str:
    """For the terminal."""
    lines = [describe_machine(), ""]
    for result in results:
        rows = table_of(result)
        widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADINGS))]
        lines += [f"{result.database}: {_summary(result)}"]
        for row in rows:
            cells = (
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join(cells).rstrip())
        lines.append("")
    return "\n".join(lines)


def as_page(results: Sequence[Result], seconds: int, rounds: int) -> str:
    """The whole of `docs/benchmarks.md`."""
    parts = [_ABOUT.format(connections=CONNECTIONS, seconds=seconds, rounds=rounds)]
    for result in results:
        rows = table_of(result)
        rows.insert(1, ["---", *["---:"] * (len(_HEADINGS) - 1)])
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        parts.append(f"## {result.database}\n\n{table}\n\n{_summary(result)}\n")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    parts.append(f"## The machine\n\n{describe_machine()} Measured on {day}.\n")
    return "\n".join(parts)


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """Every figure."""
    return {
        "machine": describe_machine(),
        "databases": {result.database: _figures(result) for result in results},
    }


def _figures(result: Result) -> dict[str, Any]:
    return {
        "hello_per_second": round(_hello(result)),
        "start_seconds": round(result.start, 3),
        "memory_idle_mb": round(result.memory_idle, 1),
        "memory_after_mb": round(result.memory_after, 1),
        "operations": {
            measured.operation.name: {
                "ours_per_second": round(median_rate(measured.ours)),
                "bare_per_second": round(median_rate(measured.bare)),
                "ratio": round(measured.ratio, 3),
                "bar": measured.operation.bar,
                "is_met": measured.is_met,
                "per_1000_hello": round(measured.per_hello, 1),
                "p99_ms": [round(load.p99 / 1_000, 2) for load in measured.ours],
                "ours_cpu_micros": round(median(load.cpu for load in measured.ours), 1),
                "bare_cpu_micros": round(median(load.cpu for load in measured.bare), 1),
            }
            for measured in result.measured
        },
    }


def _summary(result: Result) -> str:
    answered = sum(load.requests for measured in result.measured for load in measured.ours)
    return (
        f"`serve` to first answer {result.start:.2f} s (bar: ≤ {START_BAR:.1f} s); resident memory "
        f"{result.memory_idle:.0f} MB idle (bar: ≤ {MEMORY_BAR:.0f} MB), "
        f"{result.memory_after:.0f} MB after {answered:,} answers; "
        f"uvicorn hello-world {_hello(result):,.0f}/s."
    )


def _hello(result: Result) -> float:
    return median_rate([load for measured in result.measured for load in measured.hello])


def describe_machine() -> str:
    """Cores, CPU and versions, in a few sentences."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores, {_cpu_model()}, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}."
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


_ABOUT: Final = """\
# Benchmarks

Written by `python -m bench --write`; `make bench` prints the same figures. Every bar is a ratio
from one run, so it holds on other machines too; absolute figures drift.

- **ours** is `ticketpen serve` as in production: one process, its log lines written to a file.
- **bare** is the yardstick, `bench/bare.py`: one bare ASGI function on the same uvicorn that runs
  the same SQL on the bare driver and encodes the same answer, with no auth, no validation, no
  routing, no log. Writes are equally durable: group commit with `synchronous=FULL` on SQLite, one
  statement with `fsync` and `synchronous_commit` on PostgreSQL; an uploaded file is synced,
  renamed, and its folder synced, before its rows.
- Before an operation is measured, both are asked once and must answer byte for byte alike (but for
  the ids and times of what they wrote). An answer that is not 2xx fails the run.
- 5,000 tickets with 3 messages each, of 200 users; the load goes round users and tickets.
- wrk with {connections} connections on one core; the servers, one at a time, and PostgreSQL on the
  other. {rounds} rounds of {seconds} s each, alternating; the rates are medians, and the ratio is
  the median of the rounds' ratios.
- **per 1,000 hello** is ours for every 1,000 answers of a uvicorn hello-world, measured right
  before and after each operation: the figure to carry to another machine. **× fastest other** is
  that figure over the best of five other systems, measured earlier in the same way: lists 2.74
  (Roundup 2.6, one user) and 1.78 (Request Tracker 5.0, all), get 1.41 and create 1.76 (Roundup),
  reply 2.34 (django-helpdesk 2.6, not synced at commit), download 2.99 (Redmine 6.0).
"""
