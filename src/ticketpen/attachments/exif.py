"""The one tag of EXIF that changes how a picture looks: its orientation. Reads it from any block
and writes a block that holds nothing else. Where a block lies is the containers' matter."""

import struct
from dataclasses import dataclass
from typing import Final

# EXIF 2.32, section 4.6.4: tag 0x0112, type SHORT, one value; 1 is upright.
_TAG: Final = 0x0112
_SHORT: Final = 3
_PREFIX: Final = b"Exif\0"
_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How to turn a picture, 2 to 8, and the smallest TIFF block that says so."""

    value: int
    block: bytes

    def turn(self, width: int, height: int) -> tuple[int, int]:
        """Width and height as displayed: 5 to 8 lie on their side."""
        return (height, width) if self.value >= 5 else (width, height)


def find_orientation(block: memoryview) -> Orientation | None:
    """The orientation of a TIFF block (with or without the `Exif` prefix) if it is 2 to 8. A
    malformed block has none. The first directory only: later ones describe thumbnails."""
    if bytes(block[:5]) == _PREFIX:
        block = block[6:]
    # TIFF 6.0, section 2: byte order, 42, where the first directory starts.
    order = _ORDERS.get(bytes(block[:4]))
    if not order:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, start)
    except struct.error:
        return None
    entry = struct.Struct(order + "HHIHxx")
    # A count beyond the block's end: browsers still read the entries that are there.
    stop = start + 2 + min(count, (len(block) - start - 2) // entry.size) * entry.size
    for tag, kind, number, value in entry.iter_unpack(block[start + 2 : stop]):
        if tag == _TAG:
            known = kind == _SHORT and number == 1 and 2 <= value <= 8
            return Orientation(value, _write_block(order, value)) if known else None
    return None


def _write_block(order: str, value: int) -> bytes:
    # The source's byte order is kept, so that a block which is already minimal stays as it is.
    mark = next(mark for mark, known in _ORDERS.items() if known == order)
    return mark + struct.pack(order + "IHHHIHxxI", 8, 1, _TAG, _SHORT, 1, value, 0)
