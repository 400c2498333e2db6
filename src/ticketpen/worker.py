"""The background loop of a server: sweeps what no row names and what is out of date."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import structlog

from ticketpen.attachments.cleanup import sweep_files
from ticketpen.identity.cleanup import forget_old_logins
from ticketpen.outbox.cleanup import forget_old_keys
from ticketpen.state import AppState

EVERY: Final = 3_600.0
"""Seconds between two rounds."""

_log = structlog.get_logger("ticketpen.worker")

Job = Callable[[AppState], Awaitable[int]]
JOBS: Final[dict[str, Job]] = {
    "sweep_files": lambda state: sweep_files(state.database, state.storage),
    "forget_old_keys": lambda state: forget_old_keys(state.database),
    "forget_old_logins": lambda state: forget_old_logins(state.database),
}


class Worker:
    """Runs every job once an hour while the app serves."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            # First wait, then work: starting up must be swift, and an hour is soon enough.
            await asyncio.sleep(EVERY)
            await run_jobs(self._state)


async def run_jobs(state: AppState) -> None:
    """Run every job once. A job that fails is logged, and does not keep the others from running."""
    for name, job in JOBS.items():
        try:
            done = await job(state)
        except Exception:
            _log.exception("job_failed", job=name)
        else:
            _log.info("job_done", job=name, done=done)
