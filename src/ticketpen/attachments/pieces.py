"""What is kept of one image's bytes, and the few rules that all three containers share.
Knows no container: those are png.py, jpeg.py and webp.py."""

from dataclasses import dataclass
from typing import Final

# No real picture of a few megabytes has more chunks. The limit keeps a file made of nothing but
# empty ones from holding the event loop for a second.
MAX_PARTS: Final = 100_000


class BrokenImage(ValueError):
    """The container is damaged or too large; the text is a short reason for a person."""


class Pieces:
    """Stretches of `source` to keep and new bytes between them, in order. Neighbours join, so an
    untouched source stays one piece; nothing is copied."""

    __slots__ = ("_parts", "_source")

    def __init__(self, source: memoryview) -> None:
        self._source = source
        self._parts: list[tuple[int, int] | bytes] = []

    def keep(self, start: int, stop: int) -> None:
        """Keep source[start:stop]."""
        if start == stop:
            return
        last = self._parts[-1] if self._parts else None
        if isinstance(last, tuple) and last[1] == start:
            self._parts[-1] = (last[0], stop)
        else:
            self._parts.append((start, stop))

    def write(self, new: bytes, start: int, stop: int) -> None:
        """Put `new` where source[start:stop] stood; the same bytes count as kept."""
        if self._source[start:stop] == new:
            self.keep(start, stop)
        else:
            self._parts.append(new)

    def extend(self, others: "Pieces") -> None:
        """Append another list of pieces of the same source."""
        for part in others._parts:
            if isinstance(part, bytes):
                self._parts.append(part)
            else:
                self.keep(*part)

    @property
    def size(self) -> int:
        return sum(len(p) if isinstance(p, bytes) else p[1] - p[0] for p in self._parts)

    def cut_out(self) -> tuple[memoryview | bytes, ...]:
        """The pieces themselves: views into the source, and the new bytes."""
        return tuple(p if isinstance(p, bytes) else self._source[p[0] : p[1]] for p in self._parts)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What the walker of a container found: the size as displayed, and the bytes to keep."""

    width: int
    height: int
    pieces: Pieces


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raises BrokenImage for a picture without area or with more than `max_pixels`."""
    if not width or not height:
        raise BrokenImage("its width or height is zero")
    if width * height > max_pixels:
        raise BrokenImage(f"{width} × {height} pixels is more than the allowed {max_pixels:,}")
