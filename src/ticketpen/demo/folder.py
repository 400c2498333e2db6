"""The demo's own folder: marked as its own, and locked while a demo uses it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ticketpen.settings import Settings, SettingsError, load_settings

MARK: Final = "made-by-ticketpen-demo"


class _Marked(msgspec.Struct):
    """What the mark remembers: where the demo is served, and whether its story is all there."""

    address: str = ""
    is_loaded: bool = False


class DemoFolder:
    """A folder that nobody but the demo writes to."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._marked = _read_mark(descriptor)

    def settings(self, address: str) -> Settings:
        """The settings of the demo: nothing of the environment, nothing of a settings file."""
        return load_settings(
            {
                "TICKETPEN_CONFIG": os.devnull,
                "TICKETPEN_DATA_DIR": str(self.path),
                "TICKETPEN_PUBLIC_URL": address,
            }
        )

    @property
    def is_loaded(self) -> bool:
        """Whether the whole story is there."""
        return self._marked.is_loaded and (self.path / "ticketpen.db").exists()

    def clear(self) -> None:
        """Delete everything but the mark."""
        self._mark(_Marked(self._marked.address, is_loaded=False))
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != MARK:
                entry.unlink()

    def note_loaded(self) -> None:
        """Remember that the whole story is there."""
        self._mark(_Marked(self._marked.address, is_loaded=True))

    def note_address(self, address: str) -> None:
        """Remember where it is served, for whoever finds the folder locked."""
        self._mark(_Marked(address, self._marked.is_loaded))

    def _mark(self, marked: _Marked) -> None:
        self._marked = marked
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, msgspec.json.encode(marked), 0)


@contextmanager
def claimed_folder(path: Path) -> Iterator[DemoFolder]:
    """The folder, ours until the block is left or the process ends.

    Raises SettingsError for a folder with something in it that the demo did not make, and for one
    that a running demo uses."""
    path = path.absolute()
    _check_ours(path)
    path.mkdir(exist_ok=True)
    descriptor = os.open(path / MARK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            address = _read_mark(descriptor).address
            raise SettingsError(f"the demo is already running: {address}") from None
        yield DemoFolder(path, descriptor)
    finally:
        os.close(descriptor)


def _check_ours(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise SettingsError(f"{path} is no folder; the demo needs that name for its data")
    if not (path / MARK).exists() and any(path.iterdir()):
        raise SettingsError(
            f"{path} was not made by the demo and is not empty; move it, or run the demo elsewhere"
        )


def _read_mark(descriptor: int) -> _Marked:
    try:
        return msgspec.json.decode(os.pread(descriptor, 4096, 0), type=_Marked)
    except msgspec.DecodeError:  # just made, or cut short by a crash: nothing is known
        return _Marked()
