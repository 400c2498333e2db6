"""The load: wrk with 16 connections on a core of its own."""

import os
import subprocess
from pathlib import Path
from typing import Final

import msgspec

from bench.servers import LOAD_CORE, Server
from tools.deps import require

CONNECTIONS: Final = 16
_SCRIPT: Final = Path(__file__).with_name("load.lua")


class Load(msgspec.Struct, frozen=True):
    """What one run of wrk saw. Times in microseconds."""

    requests: int
    micros: int
    refused: int
    """Answers that were not 2xx or 3xx."""
    broken: int
    p50: int
    p99: int
    cpu: float = 0.0
    """Of the server's process for one answer."""

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.requests * 1_000_000 / self.micros


class Wrk:
    """Runs wrk. Raises RuntimeError, with the line that installs it, when there is none."""

    def __init__(self) -> None:
        self._program = require("wrk", "wrk")
        self._sent = 0

    def run(self, server: Server, requests: Path, seconds: int) -> Load:
        """Send the requests of the file for so long.

        Raises RuntimeError when an answer was not 2xx, or a connection broke."""
        command = [self._program, "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s"]
        command += ["-s", str(_SCRIPT), f"http://127.0.0.1:{server.port}/"]
        began = server.cpu()
        done = subprocess.run(
            command,
            env={**os.environ, "BENCH_REQUESTS": str(requests), "BENCH_FROM": str(self._sent)},
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=_move_to_load_core,
        )
        lines = done.stdout.strip().splitlines()
        if done.returncode or not lines or not lines[-1].startswith("{"):
            raise RuntimeError(f"wrk failed:\n{done.stdout}{done.stderr}")
        load = msgspec.json.decode(lines[-1], type=Load)
        self._sent += load.requests
        used = (server.cpu() - began) * 1_000_000
        if load.refused or load.broken or not load.requests:
            raise RuntimeError(
                f"{load.refused} answers were refusals and {load.broken} connections broke:\n"
                f"{server.last_words()}"
            )
        return msgspec.structs.replace(load, cpu=used / load.requests)


def _move_to_load_core() -> None:
    os.sched_setaffinity(0, {LOAD_CORE})
