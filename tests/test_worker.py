"""The background loop: every job runs, and one that fails keeps no other from running."""

import os

import msgspec

from ticketpen.app import make_state
from ticketpen.clock import DAY, HOUR, SECOND, now, set_source
from ticketpen.database import Database
from ticketpen.outbox.idempotency import Answer, Attempt, Receipt, once
from ticketpen.settings import Settings
from ticketpen.state import AppState
from ticketpen.storage import StoredFile
from ticketpen.storage.disk import DiskStorage
from ticketpen.worker import run_jobs


def state_for(settings: Settings, database: Database) -> AppState:
    return msgspec.structs.replace(make_state(settings), database=database)


async def test_a_round_sweeps_stray_files(settings: Settings, database: Database) -> None:
    state = state_for(settings, database)
    await state.storage.put("aa/stray.png", [b"left behind"])
    path = settings.files_path / "aa" / "stray.png"
    os.utime(path, ((now() - 2 * HOUR) / SECOND,) * 2)
    await run_jobs(state)
    assert not path.exists()


class LostStorage(DiskStorage):
    """A store that cannot be listed."""

    def walk(self) -> "NoFiles":
        return NoFiles()


class NoFiles:
    def __aiter__(self) -> "NoFiles":
        return self

    async def __anext__(self) -> StoredFile:
        raise OSError("gone")


async def test_a_job_that_fails_keeps_no_other_from_running(
    settings: Settings, database: Database
) -> None:
    lost = LostStorage(settings.files_path)
    state = msgspec.structs.replace(state_for(settings, database), storage=lost)
    attempt = Attempt("cleo", "key", "print")
    runs = []

    async def run(receipt: Receipt[int] | None) -> int:
        runs.append(1)
        assert receipt is not None
        async with database.transaction() as tx:
            await receipt.keep(tx, 1)
        return 1

    await once(database, 60, attempt, lambda _: Answer(201, b"1"), run)
    later = now() + 2 * DAY
    set_source(lambda: later)
    await run_jobs(state)  # sweep_files fails; the kept answer is forgotten all the same
    set_source(None)
    await once(database, 60, attempt, lambda _: Answer(201, b"1"), run)
    assert len(runs) == 2
