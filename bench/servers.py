"""Servers under load: each a process of its own, all on one core, the load on another."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import uvicorn

from ticketpen.server import Place, run_app
from ticketpen.settings import Settings

ROOT: Final = Path(__file__).parent.parent
_CORES: Final = sorted(os.sched_getaffinity(0))
SERVER_CORE: Final = _CORES[0]
LOAD_CORE: Final = _CORES[-1]

_ANSWERS_WITHIN: Final = 20.0
_PROBE: Final = b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


def serve_bare(app: Any, settings: Settings, port: int) -> None:
    """Serve a bare app in this process, by the very server that serves ours."""
    run_app(lambda: app, settings, Place("127.0.0.1", port))


def serve_plain(app: Any, port: int) -> None:
    """Serve an app in this process by uvicorn as it comes."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


class Server:
    """A server process on the server's core."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """`arguments` of Python; `PORT` among them is replaced. What it writes goes to `log`."""
        self.port = _free_port()
        self._log = log
        command = [sys.executable, *(str(self.port) if a == "PORT" else a for a in arguments)]
        began = time.monotonic()
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=log.parent,
                env={**_plain_environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=_move_to_server_core,
            )
        self._wait()
        self.started_in = time.monotonic() - began
        """Seconds from the start of the process to its first answer."""

    def memory(self) -> float:
        """Resident memory in MB."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
        raise RuntimeError("the server is gone")

    def cpu(self) -> float:
        """Seconds of CPU it has used, user and system."""
        stat = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def last_words(self) -> str:
        """The end of what it wrote, to explain a failure."""
        return self._log.read_text("utf-8", "replace")[-2_000:]

    def stop(self) -> None:
        """End it, and wait."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.monotonic() + _ANSWERS_WITHIN
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended at once:\n{self.last_words()}")
            if _answers(self.port):
                return
            time.sleep(0.005)
        self.stop()
        raise RuntimeError(f"the server does not answer:\n{self.last_words()}")


def start_ours(environment: Mapping[str, str], log: Path) -> Server:
    """`ticketpen serve`, as in production: with its log lines."""
    arguments = ["-m", "ticketpen", "serve", "--port", "PORT", "--log-format", "json"]
    return Server(arguments, environment, log)


def start_bare(environment: Mapping[str, str], log: Path) -> Server:
    """The yardstick."""
    return Server(["-m", "bench.bare", "PORT"], environment, log)


def start_hello(log: Path) -> Server:
    """uvicorn's hello-world."""
    return Server(["-m", "bench.hello", "PORT"], {}, log)


def _plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "TICKETPEN" not in name}
    kept["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    return kept


def _move_to_server_core() -> None:
    os.sched_setaffinity(0, {SERVER_CORE})


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(_PROBE)
            return connection.recv(12).startswith(b"HTTP/1.1 ")
    except OSError:
        return False
