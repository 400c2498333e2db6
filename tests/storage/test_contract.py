"""What every store of attachments promises; now run for the local disk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from ticketpen.clock import MINUTE, now
from ticketpen.errors import Code, Problem
from ticketpen.storage import Storage
from ticketpen.storage.disk import DiskStorage

LARGE = bytes(range(256)) * 4_000


@pytest.fixture
def store(tmp_path: Path) -> Storage:
    return DiskStorage(tmp_path / "deep" / "files")


async def read(store: Storage, key: str, start: int, length: int) -> bytes:
    found = await store.read(key, start, length)
    if isinstance(found, bytes):
        return found
    return b"".join([chunk async for chunk in found])


async def test_pieces_are_kept_as_one_file(store: Storage) -> None:
    await store.put("ab/one.png", [b"abc", memoryview(b"def"), b"", b"g"])
    assert await read(store, "ab/one.png", 0, 7) == b"abcdefg"


async def test_any_stretch_of_a_file_can_be_read(store: Storage) -> None:
    await store.put("ab/large.png", [LARGE])
    size = len(LARGE)
    for start, length in ((0, 1), (5, 0), (7, 300_000), (0, size), (size - 1, 1), (1, size - 2)):
        assert await read(store, "ab/large.png", start, length) == LARGE[start : start + length]


async def test_a_file_that_is_not_there_says_so_small_or_large(store: Storage) -> None:
    for length in (1, len(LARGE)):
        with pytest.raises(FileNotFoundError):
            await store.read("ab/none.png", 0, length)


async def test_a_file_shorter_than_was_asked_for_is_never_served_as_whole(
    store: Storage,
) -> None:
    await store.put("ab/short.png", [LARGE[:-1]])
    for start, length in ((0, len(LARGE)), (len(LARGE) - 10, 10)):
        with pytest.raises(Problem) as refused:
            await read(store, "ab/short.png", start, length)
        assert refused.value.code is Code.UNAVAILABLE


async def test_deleting_forgets_and_deleting_again_is_fine(store: Storage) -> None:
    await store.put("ab/one.png", [b"abc"])
    await store.delete("ab/one.png")
    await store.delete("ab/one.png")
    await store.delete("zz/never.png")
    with pytest.raises(FileNotFoundError):
        await store.read("ab/one.png", 0, 1)


async def test_a_walk_meets_every_file_with_size_and_age(store: Storage) -> None:
    assert [file async for file in store.walk()] == []
    for key in ("ab/one.png", "ab/two.jpg", "cd/three.webp"):
        await store.put(key, [key.encode()])
    found = {file.key: file async for file in store.walk()}
    assert found.keys() == {"ab/one.png", "ab/two.jpg", "cd/three.webp"}
    for key, file in found.items():
        assert file.size == len(key)
        assert abs(now() - file.written_at) < MINUTE


async def test_an_error_while_writing_keeps_nothing(store: Storage) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"abc"
        raise RuntimeError("the upload is gone")

    with pytest.raises(RuntimeError, match="gone"):
        await store.put("ab/one.png", pieces())
    assert [file async for file in store.walk()] == []
    await store.put("ab/one.png", [b"whole"])
    assert await read(store, "ab/one.png", 0, 5) == b"whole"


async def test_many_may_write_at_once(store: Storage) -> None:
    keys = [f"{n % 5:02d}/{n}.png" for n in range(40)]
    await asyncio.gather(*(store.put(key, [key.encode() * 100]) for key in keys))
    for key in keys:
        assert await read(store, key, 0, len(key) * 100) == key.encode() * 100


async def test_a_probe_leaves_nothing_behind(store: Storage) -> None:
    await store.check()
    assert [file async for file in store.walk()] == []
