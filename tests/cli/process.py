"""Commands that serve, as processes of their own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.cli.conftest import clean_environment

PATIENCE = 30.0


class Running:
    """A server process whose output goes to files."""

    def __init__(
        self, process: subprocess.Popen[bytes], folder: Path, logs: Path, address: str
    ) -> None:
        self.process = process
        self.folder = folder
        self.address = address
        self._logs = logs

    @property
    def out(self) -> str:
        """What it printed so far."""
        return (self._logs / "out").read_text("utf-8")

    @property
    def err(self) -> str:
        """What it logged so far."""
        return (self._logs / "err").read_text("utf-8")

    def wait_until_ready(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.err
            try:
                if httpx2.get(f"{self.address}/readyz").status_code == 200:
                    return
            except httpx2.TransportError:
                self.pause()
        raise AssertionError(f"it does not answer: {self.err}")

    def stop(self) -> int:
        """Ask it to stop; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def pause(self) -> None:
        """Give the process a moment to start, or to end."""
        try:
            self.process.wait(0.02)
        except subprocess.TimeoutExpired:
            return


@contextmanager
def running(
    folder: Path, *arguments: str, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """`ticketpen …` in a folder, ready; stopped at the end."""
    logs = folder.with_name(f"{folder.name}-logs")
    logs.mkdir(exist_ok=True)
    with (logs / "out").open("wb") as out, (logs / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketpen", *arguments, "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=folder,
            env=clean_environment() | dict(environment or {}),
        )
    found = Running(process, folder, logs, f"http://127.0.0.1:{port}")
    try:
        found.wait_until_ready()
        yield found
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_to_end(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`ticketpen …` in a folder, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "ticketpen", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env=clean_environment() | settings | {"HOME": os.fspath(folder)},
    )
