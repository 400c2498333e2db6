"""Attachment bytes on the local disk: file synced, renamed, folder synced, then said to be kept."""

import asyncio
import errno
import os
import weakref
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from ticketpen.clock import Moment
from ticketpen.errors import Problem, unavailable
from ticketpen.ids import new_secret
from ticketpen.storage import Bytes, StoredFile

Answer = TypeVar("Answer")

# Below this size a read from the page cache costs less than a visit to a thread.
READ_AT_ONCE: Final = 256 * 1024
CHUNK: Final = 256 * 1024
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class DiskStorage:
    """Files under one folder, two letters deep. See `ticketpen.storage.Storage`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._synced: set[Path] = set()

    async def put(self, key: str, pieces: Iterable[Bytes]) -> None:
        await self._in_thread(lambda: self._write(self._path(key), pieces))

    async def read(self, key: str, start: int, length: int) -> bytes | AsyncIterator[bytes]:
        path = self._path(key)
        if length <= READ_AT_ONCE:
            return self._reading(lambda: _read_range(path, start, length))
        descriptor = await self._in_thread(lambda: _open_range(path, start, length))
        chunks = self._chunks(descriptor, start, length)
        # With the chunks goes the descriptor, also when nobody has begun to read them.
        weakref.finalize(chunks, os.close, descriptor)
        return chunks

    async def delete(self, key: str) -> None:
        await self._in_thread(lambda: self._path(key).unlink(missing_ok=True))

    async def walk(self) -> AsyncIterator[StoredFile]:
        for folder in await self._in_thread(lambda: _folders(self._root)):
            for found in await self._in_thread(partial(_files, folder)):
                yield found

    async def check(self) -> None:
        key = f"pr/probe-{new_secret(64)}"
        await self.put(key, [b"ticketpen"])
        found = await self.read(key, 0, 9)
        await self.delete(key)
        if found != b"ticketpen":
            raise unavailable("The file store does not give back what it was given.")

    async def _chunks(self, descriptor: int, start: int, length: int) -> AsyncIterator[bytes]:
        while length > 0:
            data = await self._in_thread(partial(os.pread, descriptor, min(CHUNK, length), start))
            if not data:
                raise _cut_short()
            yield data
            start += len(data)
            length -= len(data)

    def _path(self, key: str) -> Path:
        return self._root / key

    def _write(self, path: Path, pieces: Iterable[Bytes]) -> None:
        self._make_folder(path.parent)
        fresh = path.with_name(f".{path.name}-{new_secret(64)}")
        try:
            with open(fresh, "xb", buffering=0) as file:
                for piece in pieces:
                    rest = memoryview(piece)
                    while rest:
                        rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            fresh.rename(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def _make_folder(self, folder: Path) -> None:
        # That a folder is there does not mean that its name is durable: another thread or process
        # may have made it this moment, and not have synced its parent yet.
        if folder in self._synced and folder.is_dir():
            return
        folder.mkdir(0o700, parents=True, exist_ok=True)
        place = folder
        while place != self._root.parent:
            place = place.parent
            _sync_folder(place)
        self._synced.add(folder)

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.to_thread(self._reading, work)

    @staticmethod
    def _reading(work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except FileNotFoundError:
            raise
        except OSError as error:
            what = "is full" if error.errno in _FULL else "cannot be used right now"
            raise unavailable(f"The file store {what}. Nothing was changed.") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_range(path: Path, start: int, length: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        data = os.pread(descriptor, length, start)
    finally:
        os.close(descriptor)
    if len(data) < length:
        raise _cut_short()
    return data


def _open_range(path: Path, start: int, length: int) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    if os.fstat(descriptor).st_size < start + length:
        os.close(descriptor)
        raise _cut_short()
    return descriptor


def _cut_short() -> Problem:
    return unavailable("The file is shorter than it was when it was stored.")


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _files(folder: Path) -> list[StoredFile]:
    return [
        StoredFile(f"{folder.name}/{entry.name}", stat.st_size, Moment(stat.st_mtime_ns // 1000))
        for entry in os.scandir(folder)
        if entry.is_file() and (stat := entry.stat())
    ]
