"""The sweep of the store: bytes that no row names, never younger than an hour."""

import os
from pathlib import Path

from tests.pictures import png
from tests.tickets.make import CLEO, Api, Hands, picture
from ticketpen.attachments.cleanup import sweep_files
from ticketpen.clock import HOUR, MINUTE, SECOND, now
from ticketpen.database import Database
from ticketpen.settings import Settings
from ticketpen.storage import Storage

DATA = b"left behind"


def age(path: Path, micros: int) -> None:
    """Make a file look as old as that."""
    moment = (now() - micros) / SECOND
    os.utime(path, (moment, moment))


async def put(storage: Storage, settings: Settings, key: str, micros: int) -> Path:
    await storage.put(key, [DATA])
    path = settings.files_path / key
    age(path, micros)
    return path


async def test_strays_are_deleted_and_younger_ones_spared(
    database: Database, storage: Storage, settings: Settings
) -> None:
    old = await put(storage, settings, "aa/old.png", HOUR + MINUTE)
    young = await put(storage, settings, "aa/young.png", HOUR - MINUTE)
    fresh = await put(storage, settings, "bb/fresh.png", 0)
    assert await sweep_files(database, storage) == 1
    assert (old.exists(), young.exists(), fresh.exists()) == (False, True, True)
    assert await sweep_files(database, storage) == 0


async def test_what_a_crash_left_half_written_is_deleted_too(
    database: Database, storage: Storage, settings: Settings
) -> None:
    await put(storage, settings, "aa/whole.png", 0)
    half = settings.files_path / "aa" / ".half.png-x1y2"
    half.write_bytes(b"ha")
    age(half, HOUR + MINUTE)
    assert await sweep_files(database, storage) == 1
    assert not half.exists()


async def test_files_that_a_row_names_stay_however_old(
    api: Api, database: Database, storage: Storage, settings: Settings
) -> None:
    ticket = await api.as_(CLEO).open(files=[picture(png()), picture(png(), "b.png")])
    for path in settings.files_path.rglob("*.png"):
        age(path, 1000 * HOUR)
    assert await sweep_files(database, storage) == 0
    for attachment in ticket["messages"][0]["attachments"]:
        assert (await api.as_(CLEO).get(attachment["url"])).content == png()


async def test_a_file_whose_row_comes_while_we_sweep_is_spared_by_its_age(
    database: Database, storage: Storage, settings: Settings
) -> None:
    hands = Hands()
    path = await put(storage, settings, "aa/uploading.png", 0)
    hands.turn(3599)
    assert await sweep_files(database, storage) == 0
    hands.turn(2)
    assert await sweep_files(database, storage) == 1
    assert not path.exists()


async def test_an_empty_store_is_fine(database: Database, storage: Storage) -> None:
    assert await sweep_files(database, storage) == 0
    assert [file async for file in storage.walk()] == []


async def test_a_clock_that_was_set_back_deletes_nothing(
    database: Database, storage: Storage, settings: Settings
) -> None:
    path = await put(storage, settings, "aa/future.png", -1000 * HOUR)
    assert await sweep_files(database, storage) == 0
    assert path.exists()
