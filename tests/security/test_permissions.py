"""Other accounts of the machine: they get to see nothing of what is kept."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import CLEO
from tests.client import running
from tests.conftest import SECRET
from tests.pictures import png_of_size
from tests.tickets.make import picture
from ticketpen.database.migrations import migrate
from ticketpen.settings import load_settings
from ticketpen.storage.disk import DiskStorage


@pytest.fixture(autouse=True)
def _usual_place(tmp_path: Path) -> Iterator[None]:
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(root: Path) -> list[Path]:
    """The files that somebody else could reach and read."""
    if not root.stat().st_mode & 0o005:
        return []
    found = []
    for entry in root.iterdir():
        if entry.is_dir():
            found += open_to_others(entry)
        elif entry.stat().st_mode & 0o004:
            found.append(entry)
    return found


@pytest.mark.parametrize("secret", ["", SECRET])
async def test_a_new_data_folder_is_the_servers_alone(tmp_path: Path, secret: str) -> None:
    folder = tmp_path / "data"
    environment = {"TICKETPEN_DATA_DIR": str(folder)}
    settings = load_settings(environment | ({"TICKETPEN_SECRET": secret} if secret else {}))
    await migrate(settings)
    async with running(settings) as api:
        await api.as_(CLEO).open(files=[picture(png_of_size(2_000_000))])
        assert list(folder.rglob("*.png"))
        assert open_to_others(tmp_path) == []


async def test_a_store_of_its_own_is_the_servers_alone(tmp_path: Path) -> None:
    await DiskStorage(tmp_path / "files").put("ab/one.png", [b"abc"])
    assert open_to_others(tmp_path) == []
