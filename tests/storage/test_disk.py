"""The store on the local disk: the order of its syncs, and a disk that refuses."""

import errno
import os
from pathlib import Path

import pytest

from ticketpen.errors import Code, Problem
from ticketpen.storage.disk import READ_AT_ONCE, DiskStorage


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The system calls that make a file durable, in order, as the store makes them."""
    made: list[str] = []
    fsync, rename = os.fsync, os.rename

    def note_fsync(descriptor: int) -> None:
        place = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        made.append(f"sync {'folder' if place.is_dir() else 'file'} {place.name[:2]}")
        fsync(descriptor)

    def note_rename(source: Path, target: Path) -> None:
        made.append(f"rename to {Path(target).name}")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "rename", note_rename)
    return made


async def test_a_file_is_synced_then_renamed_then_its_folder_synced(
    tmp_path: Path, calls: list[str]
) -> None:
    root = tmp_path / "files"
    storage = DiskStorage(root)
    await storage.put("ab/one.png", [b"abc"])
    assert calls == [
        "sync folder fi",
        f"sync folder {tmp_path.name[:2]}",
        "sync file .o",
        "rename to one.png",
        "sync folder ab",
    ]
    calls.clear()
    await storage.put("ab/two.png", [b"abc"])
    assert calls == ["sync file .t", "rename to two.png", "sync folder ab"]


async def test_a_folder_that_somebody_else_made_is_synced_all_the_same(
    tmp_path: Path, calls: list[str]
) -> None:
    (tmp_path / "files" / "ab").mkdir(parents=True)
    await DiskStorage(tmp_path / "files").put("ab/one.png", [b"abc"])
    assert calls[:2] == ["sync folder fi", f"sync folder {tmp_path.name[:2]}"]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
async def test_a_disk_that_refuses_is_told_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(error, os.strerror(error), str(tmp_path))

    store = DiskStorage(tmp_path / "files")
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Problem) as refused:
        await store.put("ab/one.png", [b"abc"])
    monkeypatch.undo()
    assert refused.value.code is Code.UNAVAILABLE
    assert refused.value.headers["Retry-After"]
    assert str(tmp_path) not in refused.value.detail
    assert ("full" in refused.value.detail) == (error in (errno.ENOSPC, errno.EDQUOT))
    assert [file async for file in store.walk()] == []
    await store.put("ab/one.png", [b"abc"])


async def test_a_download_that_nobody_begins_to_read_lets_go_of_its_file(tmp_path: Path) -> None:
    store = DiskStorage(tmp_path / "files")
    await store.put("ab/one.png", [bytes(2 * READ_AT_ONCE)])
    for _ in range(3):
        chunks = await store.read("ab/one.png", 0, 2 * READ_AT_ONCE)
        assert not isinstance(chunks, bytes)
    del chunks
    assert tmp_path / "files" / "ab" / "one.png" not in held_files()


def held_files() -> list[Path]:
    """What this process has open."""
    return [entry.resolve() for entry in Path("/proc/self/fd").iterdir()]
