"""A real server process: started, looked at, killed, stopped; its log for when something fails."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx2
import msgspec

import ticketpen
from ticketpen.settings import Settings

PATIENCE: Final = 20.0
"""Seconds after which a server that does not start or stop has failed the test."""

_SOURCE: Final = Path(ticketpen.__file__).parent.parent
_KEPT_LINES: Final = 40


class Line(msgspec.Struct):
    """What we read of a line of the log."""

    event: str = ""
    level: str = ""
    address: str = ""
    status: int = 0


class Stopped(msgspec.Struct, frozen=True):
    """How a server ended: its exit code, and the seconds it took after SIGTERM."""

    code: int
    seconds: float


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a process with these settings, and no others."""
    own = {
        "data_dir": settings.data_dir,
        "secret": settings.secret,
        "database_url": settings.database_url,
    }
    kept = {name: v for name, v in os.environ.items() if not name.startswith("TICKETPEN_")}
    given = {f"TICKETPEN_{name.upper()}": value for name, value in (own | more).items()}
    return kept | given | {"PYTHONPATH": str(_SOURCE)}


class Server:
    """`ticketpen serve` on a free port of its own, a new one at each start."""

    def __init__(self, environment: dict[str, str], before: Sequence[str] = ()) -> None:
        """`before`: a command that runs it, such as a tracer."""
        self._environment = environment
        self._before = before
        self._process: Process | None = None
        self._log: list[str] = []
        self._reading: asyncio.Task[None] | None = None
        self._listening: asyncio.Future[str]
        self.url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.kill()
        if error is not None:
            error.add_note("the server's log:\n" + "\n".join(self._log[-_KEPT_LINES:]))

    @property
    def pid(self) -> int:
        """The process, or the one that runs it."""
        assert self._process is not None
        return self._process.pid

    @property
    def troubles(self) -> list[str]:
        """Every line of the log that tells of a fault of ours."""
        return [line for line in self._log if _read(line).level in ("error", "critical", "")]

    async def start(self) -> float:
        """Start it; the seconds until `/readyz` says yes, but for those that it waited for a
        processor."""
        began = time.monotonic()
        self._listening = asyncio.get_running_loop().create_future()
        self._process = await asyncio.create_subprocess_exec(
            *self._before,
            *(sys.executable, "-m", "ticketpen", "serve", "--port", "0", "--log-format", "json"),
            env=self._environment,
            cwd=self._environment["TICKETPEN_DATA_DIR"],
            stderr=PIPE,
            start_new_session=True,
        )
        self._reading = asyncio.create_task(self._read_log(self._process))
        async with asyncio.timeout(PATIENCE):
            self.url = await self._listening
            async with httpx2.AsyncClient() as http:
                answer = await http.get(f"{self.url}/readyz")
        assert answer.status_code == 200, answer.text
        return time.monotonic() - began - _seconds_in_line(self._process.pid)

    async def kill(self) -> None:
        """`kill -9`, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._end()

    def terminate(self) -> None:
        """SIGTERM, as an init system sends it."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGTERM)

    async def stop(self) -> Stopped:
        """SIGTERM, and wait for its end."""
        began = time.monotonic()
        self.terminate()
        async with asyncio.timeout(PATIENCE):
            code = await self._end()
        return Stopped(code, time.monotonic() - began)

    async def _end(self) -> int:
        if self._process is None or self._reading is None:
            return 0
        code = await self._process.wait()
        await self._reading
        return code

    async def _read_log(self, process: Process) -> None:
        assert process.stderr is not None
        async for raw in process.stderr:
            text = raw.decode("utf-8", "replace").rstrip()
            line = _read(text)
            if line.event != "request" or line.status >= 500:
                self._log.append(text)
            if line.event == "listening":
                self._listening.set_result(line.address)
        if not self._listening.done():
            self._listening.set_exception(AssertionError("it ended before it listened"))


@asynccontextmanager
async def started(*servers: Server) -> AsyncIterator[None]:
    """Start them side by side; whatever happens, none outlives the block."""
    async with asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(server.start())
    try:
        yield
    except BaseException as error:
        for server in servers:
            await server.__aexit__(type(error), error, error.__traceback__)
        raise
    for server in servers:
        await server.kill()


def _seconds_in_line(pid: int) -> float:
    """How long the process's first thread, which does nearly all of a start, was ready to run while
    others ran."""
    _run, waited, _turns = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(waited) / 1e9


def _read(text: str) -> Line:
    try:
        return msgspec.json.decode(text, type=Line)
    except msgspec.MsgspecError:
        return Line()
