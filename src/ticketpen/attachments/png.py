"""Walks a PNG or APNG chunk by chunk: checks the container, drops the chunks that only describe.
Names in quotes are sections of the PNG specification, third edition (W3C, 2025)."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from ticketpen.attachments.exif import Orientation, find_orientation
from ticketpen.attachments.pieces import MAX_PARTS, BrokenImage, Cleaned, Pieces, check_pixels

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_HEAD: Final = struct.Struct(">I4s")
_NUMBER: Final = struct.Struct(">I")
_HEADER: Final = struct.Struct(">IIBBBBB")
_FRAME: Final = struct.Struct(">IIIIIHHBB")
_AFTER_HEADER: Final = len(SIGNATURE) + 12 + _HEADER.size

# Ancillary chunks that change how the picture looks; every other one is cut ("Ancillary chunks").
_LOOKS: Final = frozenset(
    b"gAMA cHRM sRGB iCCP sBIT cICP mDCV cLLI tRNS bKGD pHYs hIST sPLT".split()
)
_ANIMATION: Final = frozenset((b"acTL", b"fcTL", b"fdAT"))
# Allowed bit depths per colour type ("IHDR Image header").
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE_COLOUR: Final = 3


def clean_png(view: memoryview, max_pixels: int) -> Cleaned:
    """Raises BrokenImage when the container is wrong."""
    if bytes(view[: len(SIGNATURE)]) != SIGNATURE:
        raise BrokenImage("the PNG's first bytes are damaged")
    return _Png(view, max_pixels).walk()


def _list_chunks(view: memoryview) -> Iterator[tuple[bytes, int, int, int]]:
    """Type, start, start of data and end of each chunk up to IEND, its checksum proven."""
    start, last = len(SIGNATURE), len(view)
    for _ in range(MAX_PARTS):
        if last - start < 12:
            raise BrokenImage("the PNG ends before its IEND chunk")
        length, name = _HEAD.unpack_from(view, start)
        if not name.isalpha():
            raise BrokenImage(f"the PNG has no proper chunk at byte {start}")
        data, stop = start + 8, start + 12 + length
        if stop > last:
            raise BrokenImage(f"the PNG ends inside its {name.decode()} chunk")
        if zlib.crc32(view[start + 4 : stop - 4]) != _NUMBER.unpack_from(view, stop - 4)[0]:
            raise BrokenImage(f"checksum of chunk {name.decode()} is wrong")
        yield name, start, data, stop
        if name == b"IEND":
            return
        start = stop
    raise BrokenImage(f"the PNG is made of more than {MAX_PARTS:,} chunks")


class _Png:
    """One walk through one file."""

    def __init__(self, view: memoryview, max_pixels: int) -> None:
        self.view = view
        self.max_pixels = max_pixels
        self.body = Pieces(view)
        self.width = self.height = self.colour = 0
        self.has_palette = False
        self.data_size = -1  # of all IDAT chunks; below 0 until the first one
        self.animation: _Animation | None = None
        self.saw_exif = False
        self.orientation: Orientation | None = None
        self.exif_is_late = False

    def walk(self) -> Cleaned:
        previous = b""
        for name, start, data, stop in _list_chunks(self.view):
            if not previous:
                self._read_header(name, data, stop)
            elif name == b"IDAT":
                self._read_data(previous, stop - 4 - data)
                self.body.keep(start, stop)
            elif not name[0] & 0x20:  # a capital: critical ("Chunk naming conventions")
                self._read_critical(name, stop - 4 - data)
                self.body.keep(start, stop)
            elif name in _LOOKS:
                self.body.keep(start, stop)
            elif name in _ANIMATION:
                if self._read_animation(name, data, stop):
                    self.body.keep(start, stop)
            elif name == b"eXIf" and not self.saw_exif:
                self._read_exif(start, data, stop)
            previous = name
        return self._finish()

    def _read_header(self, name: bytes, data: int, stop: int) -> None:
        if name != b"IHDR":
            raise BrokenImage("the PNG does not begin with its IHDR chunk")
        if stop - 4 - data != _HEADER.size:
            raise BrokenImage("the IHDR chunk has a wrong length")
        width, height, depth, colour, packing, filtering, lacing = _HEADER.unpack_from(
            self.view, data
        )
        if depth not in _DEPTHS.get(colour, ()):
            raise BrokenImage(f"colour type {colour} with {depth} bits does not exist in PNG")
        if packing or filtering or lacing > 1:
            raise BrokenImage("the IHDR chunk names an unknown method")
        check_pixels(width, height, self.max_pixels)
        self.width, self.height, self.colour = width, height, colour

    def _read_data(self, previous: bytes, size: int) -> None:
        if self.data_size < 0:
            if self.animation and not self.animation.announced:
                self.animation = None
            if self.colour == _PALETTE_COLOUR and not self.has_palette:
                raise BrokenImage("the PNG has no PLTE chunk before its image data")
            self.data_size = 0
        elif previous != b"IDAT":
            raise BrokenImage("the PNG's IDAT chunks do not follow one another")
        self.data_size += size

    def _read_critical(self, name: bytes, size: int) -> None:
        if name == b"PLTE":
            if self.has_palette or self.data_size >= 0:
                raise BrokenImage("the PLTE chunk stands in a wrong place")
            if not size or size % 3 or size > 3 * 256:
                raise BrokenImage("the PLTE chunk has a wrong length")
            self.has_palette = True
        elif name == b"IEND":
            if size:
                raise BrokenImage("the IEND chunk has a wrong length")
            if self.data_size <= 0:
                raise BrokenImage("the PNG has no image data")
        elif name == b"IHDR":
            raise BrokenImage("the PNG has two IHDR chunks")
        else:  # nobody may show a picture without knowing its critical chunks ("Error handling")
            raise BrokenImage(f"the PNG needs an unknown chunk, {name.decode()}")

    def _read_animation(self, name: bytes, data: int, stop: int) -> bool:
        """Whether the chunk belongs to an animation. Without acTL before the image data there is
        none, whatever else follows ("acTL Animation Control Chunk")."""
        chunk = self.view[data : stop - 4]
        if self.data_size < 0:
            if not self.animation:
                self.animation = _Animation(self.width, self.height)
            if name == b"acTL":
                self.animation.announce(chunk)
                return True
        if not self.animation or name == b"acTL":
            return False
        if name == b"fcTL":  # the first may even stand before acTL
            self.animation.read_control(chunk, self.data_size)
        else:
            self.animation.read_data(chunk)
        return True

    def _read_exif(self, start: int, data: int, stop: int) -> None:
        self.saw_exif = True
        self.orientation = find_orientation(self.view[data : stop - 4])
        self.exif_is_late = self.data_size >= 0
        if self.orientation and not self.exif_is_late:
            self.body.write(_make_exif(self.orientation), start, stop)

    def _finish(self) -> Cleaned:
        if self.animation:
            self.animation.check_end(self.data_size)
        pieces = Pieces(self.view)
        pieces.keep(0, _AFTER_HEADER)
        width, height = self.width, self.height
        if self.orientation:
            width, height = self.orientation.turn(width, height)
            if self.exif_is_late:  # its place is before the image data ("Chunk ordering")
                pieces.write(_make_exif(self.orientation), _AFTER_HEADER, _AFTER_HEADER)
        pieces.extend(self.body)
        return Cleaned(width, height, pieces)


class _Animation:
    """The frames of an APNG: fcTL announces one, IDAT or fdAT chunks fill it ("APNG: frame-based
    animation")."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.announced = 0
        self.frames = 0
        self.sequence = 0
        self.filled = 0  # bytes of the latest frame
        self.first_is_image = False  # the IDAT chunks are the first frame

    def announce(self, control: memoryview) -> None:
        if self.announced or len(control) != 8:
            raise BrokenImage("the PNG's acTL chunk is wrong")
        (self.announced,) = _NUMBER.unpack_from(control)
        if not self.announced:
            raise BrokenImage("the PNG's animation has no frames")

    def read_control(self, control: memoryview, data_size: int) -> None:
        if len(control) != _FRAME.size:
            raise BrokenImage("an fcTL chunk has a wrong length")
        number, width, height, left, top, _, _, disposal, blending = _FRAME.unpack(control)
        self._count(number)
        self._check_filled(data_size)
        if not width or not height or left + width > self.width or top + height > self.height:
            raise BrokenImage("a frame of the animation does not fit the picture")
        if disposal > 2 or blending > 1:
            raise BrokenImage("an fcTL chunk names an unknown method")
        if data_size < 0:
            if self.frames or (width, height) != (self.width, self.height):
                raise BrokenImage("the animation's first frame is not the picture itself")
            self.first_is_image = True
        self.frames += 1
        self.filled = 0

    def read_data(self, data: memoryview) -> None:
        if len(data) < 4:
            raise BrokenImage("an fdAT chunk has a wrong length")
        self._count(_NUMBER.unpack_from(data)[0])
        if not self.frames or (self.first_is_image and self.frames == 1):
            raise BrokenImage("the animation has data outside of its frames")
        self.filled += len(data) - 4

    def check_end(self, data_size: int) -> None:
        self._check_filled(data_size)
        if self.frames != self.announced:
            raise BrokenImage(
                f"the animation has {self.frames} of the {self.announced} frames it announces"
            )

    def _count(self, number: int) -> None:
        if number != self.sequence:
            raise BrokenImage("the animation's frames are not in order")
        self.sequence += 1

    def _check_filled(self, data_size: int) -> None:
        is_image = self.frames == 1 and self.first_is_image
        if self.frames and (data_size if is_image else self.filled) <= 0:
            raise BrokenImage("a frame of the animation has no data")


def _make_exif(orientation: Orientation) -> bytes:
    body = b"eXIf" + orientation.block
    return _NUMBER.pack(len(orientation.block)) + body + _NUMBER.pack(zlib.crc32(body))
