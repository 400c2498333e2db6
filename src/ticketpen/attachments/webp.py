"""Walks a WebP chunk by chunk, its frames too: checks the container, drops the chunks that only
describe. Sections are those of RFC 9649; libwebp's demuxer, as used by browsers, settles the
rest."""

import struct
from collections.abc import Iterator
from typing import Final

from ticketpen.attachments.exif import Orientation, find_orientation
from ticketpen.attachments.pieces import MAX_PARTS, BrokenImage, Cleaned, Pieces, check_pixels

_HEAD: Final = struct.Struct("<4sI")
_CHUNKS: Final = 12  # where the chunks start, behind RIFF, its size and WEBP
_EXTENDED: Final = 18  # VP8X with its head
_FRAME_HEADER: Final = 16

# Flags in VP8X (section 2.7).
_HAS_EXIF, _HAS_XMP, _HAS_ANIMATION = 0x08, 0x04, 0x02
_IMAGES: Final = frozenset((b"VP8 ", b"VP8L"))

# Name, start, start of data, end of data, end with its padding.
_Chunk = tuple[bytes, int, int, int, int]


def clean_webp(view: memoryview, max_pixels: int) -> Cleaned:
    """Raises BrokenImage when the container is wrong."""
    return _WebP(view, max_pixels).walk()


class _WebP:
    """One walk through one file."""

    def __init__(self, view: memoryview, max_pixels: int) -> None:
        self.view = view
        self.max_pixels = max_pixels
        self.body = Pieces(view)
        self.parts = 0
        self.flags = 0
        self.width = self.height = 0  # the canvas
        self.has_image = self.has_animation = self.has_alpha = self.saw_exif = False
        self.orientation: Orientation | None = None
        self.exif = (0, 0)

    def walk(self) -> Cleaned:
        size = _read_number(self.view, 4, 4)
        if size > len(self.view) - 8:
            raise BrokenImage("the WebP ends before the size it announces")
        chunks = self._list_chunks(_CHUNKS, size + 8)
        first = next(chunks, None)
        if first and first[0] == b"VP8X":
            self._read_extended(first)
            self._walk_extended(chunks)
            return self._finish(is_extended=True)
        if not first or first[0] not in _IMAGES:
            raise BrokenImage("the WebP does not begin with its image data")
        self.width, self.height = self._read_image(first)
        check_pixels(self.width, self.height, self.max_pixels)
        self.body.keep(first[1], first[4])
        for _ in chunks:  # the simple format has one chunk (sections 2.5 and 2.6)
            pass
        return self._finish(is_extended=False)

    def _list_chunks(self, start: int, last: int) -> Iterator[_Chunk]:
        while start < last:
            self.parts += 1
            if self.parts > MAX_PARTS:
                raise BrokenImage(f"the WebP is made of more than {MAX_PARTS:,} chunks")
            if last - start < 8:
                raise BrokenImage(f"the WebP has no proper chunk at byte {start}")
            name, size = _HEAD.unpack_from(self.view, start)
            data = start + 8
            stop = data + size + size % 2  # section 2.3: padded to an even size
            if stop > last:
                raise BrokenImage(f"the WebP ends inside its {_show(name)} chunk")
            yield name, start, data, data + size, stop
            start = stop

    def _read_extended(self, chunk: _Chunk) -> None:
        _, _, data, end, _ = chunk
        if end - data != 10:
            raise BrokenImage("the VP8X chunk has a wrong length")
        self.flags = self.view[data]
        self.width = 1 + _read_number(self.view, data + 4, 3)
        self.height = 1 + _read_number(self.view, data + 7, 3)
        check_pixels(self.width, self.height, self.max_pixels)

    def _walk_extended(self, chunks: Iterator[_Chunk]) -> None:
        moves = bool(self.flags & _HAS_ANIMATION)
        for chunk in chunks:
            name, start, data, end, stop = chunk
            if name == b"EXIF":
                self._read_exif(data, end, stop)
            elif name == b"ICCP":
                self.body.keep(start, stop)
            elif name == b"ANIM" and moves:
                if self.has_animation or end - data != 6:
                    raise BrokenImage("the WebP's ANIM chunk is wrong")
                self.has_animation = True
                self.body.keep(start, stop)
            elif name == b"ANMF" and moves:
                self._read_frame(chunk)
            elif name in _IMAGES or name == b"ALPH":
                if moves:
                    raise BrokenImage("the animated WebP has image data outside of its frames")
                self._read_still(chunk)
            elif name == b"VP8X":
                raise BrokenImage("the WebP has two VP8X chunks")
        if not self.has_image:
            raise BrokenImage("the WebP has no image data")

    def _read_still(self, chunk: _Chunk) -> None:
        if self.has_image:
            raise BrokenImage("the WebP has image data in two places")
        if chunk[0] == b"ALPH":
            self._read_alpha(chunk)
        elif self._read_image(chunk) != (self.width, self.height):
            raise BrokenImage("the WebP's image data has another size than its header says")
        else:
            self.has_image = True
        self.body.keep(chunk[1], chunk[4])

    def _read_frame(self, chunk: _Chunk) -> None:
        """One frame of an animation: its place, size and duration, then its own chunks
        (section 2.7.1.1)."""
        name, start, data, end, _ = chunk
        if not self.has_animation:
            raise BrokenImage("the WebP has a frame before its ANIM chunk")
        if end - data < _FRAME_HEADER:
            raise BrokenImage("an ANMF chunk has a wrong length")
        left, top, width, height = (
            _read_number(self.view, at, 3) for at in range(data, data + 12, 3)
        )
        size = (width + 1, height + 1)
        if 2 * left + size[0] > self.width or 2 * top + size[1] > self.height:
            raise BrokenImage("a frame of the animation does not fit the picture")
        frame = Pieces(self.view)
        frame.keep(data, data + _FRAME_HEADER)
        found = None
        for part in self._list_chunks(data + _FRAME_HEADER, end):
            if part[0] == b"ALPH" and not found:
                self._read_alpha(part)
            elif part[0] in _IMAGES:
                if found:
                    raise BrokenImage("a frame of the animation has image data in two places")
                found = self._read_image(part)
            else:
                continue
            frame.keep(part[1], part[4])
        if found != size:
            raise BrokenImage("a frame of the animation lacks image data of its size")
        self.has_image = True
        self.body.write(_HEAD.pack(name, frame.size), start, data)
        self.body.extend(frame)

    def _read_alpha(self, chunk: _Chunk) -> None:
        _, _, data, end, _ = chunk
        if self.has_alpha or end - data < 2 or self.view[data] & 3 > 1:
            raise BrokenImage("the WebP's ALPH chunk is wrong")
        self.has_alpha = True

    def _read_image(self, chunk: _Chunk) -> tuple[int, int]:
        """Width and height of the compressed image, from its own header."""
        name, _, data, end, _ = chunk
        if name == b"VP8L":
            if self.has_alpha:  # it brings its own (section 2.7.1.2)
                raise BrokenImage("the WebP's ALPH chunk is wrong")
            return _read_lossless(self.view[data:end])
        self.has_alpha = False
        return _read_lossy(self.view[data:end])

    def _read_exif(self, data: int, end: int, stop: int) -> None:
        # Without its flag no reader looks at the chunk.
        if self.flags & _HAS_EXIF and not self.saw_exif:
            self.saw_exif = True
            self.orientation = find_orientation(self.view[data:end])
            self.exif = (data - 8, stop)

    def _finish(self, is_extended: bool) -> Cleaned:
        width, height = self.width, self.height
        flags = self.flags & ~(_HAS_EXIF | _HAS_XMP)
        if self.orientation:  # metadata comes last (section 2.7.1.5)
            block = self.orientation.block
            self.body.write(_HEAD.pack(b"EXIF", len(block)) + block, *self.exif)
            width, height = self.orientation.turn(width, height)
            flags |= _HAS_EXIF
        start = _CHUNKS + (_EXTENDED if is_extended else 0)
        pieces = Pieces(self.view)
        pieces.write(b"RIFF" + (start - 8 + self.body.size).to_bytes(4, "little") + b"WEBP", 0, 12)
        if is_extended:
            pieces.keep(_CHUNKS, _CHUNKS + 8)
            pieces.write(bytes((flags,)), _CHUNKS + 8, _CHUNKS + 9)
            pieces.keep(_CHUNKS + 9, start)
        pieces.extend(self.body)
        return Cleaned(width, height, pieces)


def _read_lossy(data: memoryview) -> tuple[int, int]:
    """The frame tag and key-frame header of VP8 (RFC 6386, section 9.1)."""
    if len(data) < 10:
        raise BrokenImage("the WebP's image data is too short")
    tag = _read_number(data, 0, 3)
    is_key, profile, is_shown = not tag & 1, tag >> 1 & 7, tag >> 4 & 1
    if not is_key or profile > 3 or not is_shown or bytes(data[3:6]) != b"\x9d\x01\x2a":
        raise BrokenImage("the WebP's image data does not start with a picture")
    if tag >> 5 > len(data) - 10:
        raise BrokenImage("the WebP's image data is too short")
    width, height = _read_number(data, 6, 2) & 0x3FFF, _read_number(data, 8, 2) & 0x3FFF
    if not width or not height:
        raise BrokenImage("its width or height is zero")
    return width, height


def _read_lossless(data: memoryview) -> tuple[int, int]:
    """The header of VP8L (section 3.4): signature, width and height, alpha, version 0."""
    if len(data) < 6:
        raise BrokenImage("the WebP's image data is too short")
    header = _read_number(data, 1, 4)
    if data[0] != 0x2F or header >> 29:
        raise BrokenImage("the WebP's image data does not start with a picture")
    return 1 + (header & 0x3FFF), 1 + (header >> 14 & 0x3FFF)


def _read_number(view: memoryview, at: int, size: int) -> int:
    return int.from_bytes(view[at : at + size], "little")


def _show(name: bytes) -> str:
    return name.decode() if name.isalnum() else name.hex()
