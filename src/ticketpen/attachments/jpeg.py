"""Walks a JPEG segment by segment and scan by scan: checks the container, drops what only describes
and everything behind the first picture. Sections are those of ITU-T T.81 unless said otherwise."""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from ticketpen.attachments.exif import Orientation, find_orientation
from ticketpen.attachments.pieces import BrokenImage, Cleaned, Pieces, check_pixels

# Table B.1, the markers' second bytes.
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_DHT, _DAC, _DQT, _DNL, _DRI = 0xC4, 0xCC, 0xDB, 0xDC, 0xDD
_APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_NAMES: Final = {_SOS: "SOS", _DHT: "DHT", _DAC: "DAC", _DQT: "DQT", _DNL: "DNL", _DRI: "DRI"}
# Allowed bits per sample for each process (table B.2). The hierarchical ones (0xC5 to 0xC7, 0xCD
# to 0xCF) are left out: nothing shows them.
_PRECISIONS: Final = {0xC0: (8,), 0xC1: (8, 12), 0xC2: (8, 12), 0xC9: (8, 12), 0xCA: (8, 12)}
_LOSSLESS: Final = (0xC3, 0xCB)
_PROGRESSIVE: Final = (0xC2, 0xCA)

# Segments and tables. Real files have some hundreds, and each scan of a progressive picture costs
# whoever shows it a pass over all its pixels.
_MAX_PARTS: Final = 10_000

# A marker, with the fill bytes that may stand before it (section B.1.1.2).
_MARKER: Final = re.compile(rb"\xff++([^\xff])", re.DOTALL)
# The first marker after entropy-coded data: neither a stuffed 0xFF nor a restart (B.1.1.5). Fill
# bytes before it count as data; that harms nothing and needs no second look.
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)

# JFIF 1.02: identifier, version, density: 12 bytes, then the thumbnail's size, none here.
_JFIF, _JFIF_SIZE = b"JFIF\0", 12
# T.872, section 6.5.3: identifier, version, flags, colour transform.
_ADOBE, _ADOBE_SIZE = b"Adobe", 12
_EXIF: Final = b"Exif\0"
_ICC: Final = b"ICC_PROFILE\0"


def clean_jpeg(view: memoryview, max_pixels: int) -> Cleaned:
    """Raises BrokenImage when the container is wrong."""
    return _Jpeg(view, max_pixels).walk()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What SOF says (section B.2.2)."""

    process: int
    width: int
    height: int
    tables: dict[int, int]  # component → its quantization table


class _Jpeg:
    """One walk through one file."""

    def __init__(self, view: memoryview, max_pixels: int) -> None:
        self.view = view
        self.max_pixels = max_pixels
        self.pieces = Pieces(view)
        self.parts = 0
        self.frame: _Frame | None = None
        self.quantizations: set[int] = set()
        self.scanned: set[int] = set()  # components that have image data
        self.saw_exif = False
        self.orientation: Orientation | None = None

    def walk(self) -> Cleaned:
        position = 2
        self.pieces.keep(0, position)
        while True:
            code, start = self._find_marker(position)
            self.pieces.keep(position, start)
            self._count(1)
            if code == _EOI:
                self.pieces.keep(start, start + 2)
                return self._finish()
            position = self._read_segment(code, start)

    def _find_marker(self, position: int) -> tuple[int, int]:
        found = _MARKER.match(self.view, position)
        if found:
            return found[1][0], found.end() - 2
        if position < len(self.view) and self.view[position] != 0xFF:
            raise BrokenImage(f"the JPEG has no marker at byte {position}")
        raise BrokenImage("the JPEG ends before its end mark")

    def _count(self, parts: int) -> None:
        self.parts += parts
        if self.parts > _MAX_PARTS:
            raise BrokenImage(f"the JPEG is made of more than {_MAX_PARTS:,} segments")

    def _read_segment(self, code: int, start: int) -> int:
        """Check and keep or cut one segment, and the image data behind SOS; returns its end."""
        is_frame = code in _PRECISIONS or code in _LOSSLESS
        is_extra = _APP0 <= code <= _APP15 or code == _COM
        if not (is_frame or is_extra or code in _NAMES):
            raise BrokenImage(f"the JPEG has an unexpected marker FF{code:02X} at byte {start}")
        body = start + 4
        stop = body - 2 + int.from_bytes(self.view[start + 2 : body], "big")
        if max(body, stop) > len(self.view):
            raise BrokenImage(f"the JPEG ends inside its {_name(code)} segment")
        if stop < body:
            _refuse_length(code)
        if is_extra:
            self._read_extra(code, start, body, stop)
            return stop
        if is_frame:
            self._read_frame(code, self.view[body:stop])
        elif code == _SOS:
            self._read_scan(self.view[body:stop])
            stop = self._find_end_of_scan(stop)
        else:
            self._read_table(code, self.view[body:stop])
        self.pieces.keep(start, stop)
        return stop

    def _read_extra(self, code: int, start: int, body: int, stop: int) -> None:
        """APPn and COM: only what says how to show the picture stays, and that only before the
        image data, where decoders look for it."""
        if self.scanned:
            return
        data = self.view[body:stop]
        label = bytes(data[:12])
        if code == _APP0 and label.startswith(_JFIF) and len(data) >= _JFIF_SIZE + 2:
            header = b"\xff\xe0\0\x10" + bytes(data[:_JFIF_SIZE]) + b"\0\0"
            self.pieces.write(header, start, stop)
        elif code == _APP14 and label.startswith(_ADOBE) and len(data) >= _ADOBE_SIZE:
            self.pieces.write(b"\xff\xee\0\x0e" + bytes(data[:_ADOBE_SIZE]), start, stop)
        elif code == _APP2 and label == _ICC:
            self.pieces.keep(start, stop)
        elif code == _APP1 and label.startswith(_EXIF) and not self.saw_exif:
            self.saw_exif = True
            self.orientation = find_orientation(data)
            if self.orientation:
                block = _EXIF + b"\0" + self.orientation.block
                size = (len(block) + 2).to_bytes(2, "big")
                self.pieces.write(b"\xff\xe1" + size + block, start, stop)

    def _read_frame(self, process: int, data: memoryview) -> None:
        if self.frame:
            raise BrokenImage("the JPEG has two frame headers")
        if len(data) < 6 or len(data) != 6 + 3 * data[5]:
            _refuse_length(process)
        precisions = range(2, 17) if process in _LOSSLESS else _PRECISIONS[process]
        if data[0] not in precisions:
            raise BrokenImage(f"the JPEG has {data[0]} bits a sample, which its process forbids")
        height, width = int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:5], "big")
        check_pixels(width, height, self.max_pixels)
        tables = {}
        for name, sampling, table in zip(data[6::3], data[7::3], data[8::3], strict=True):
            if not (1 <= sampling >> 4 <= 4 and 1 <= sampling & 15 <= 4 and table <= 3):
                raise BrokenImage("the JPEG's frame header is wrong")
            tables[name] = table
        if not 1 <= data[5] <= 4 or len(tables) != data[5]:
            raise BrokenImage("the JPEG has a wrong number of colour components")
        self.frame = _Frame(process, width, height, tables)

    def _read_scan(self, data: memoryview) -> None:
        """The scan header (section B.2.3)."""
        frame = self.frame
        if not frame:
            raise BrokenImage("the JPEG has image data before its frame header")
        count = data[0] if data else 0
        if not 1 <= count <= 4 or len(data) != 4 + 2 * count:
            _refuse_length(_SOS)
        names = set(data[1 : 1 + 2 * count : 2])
        if len(names) != count or not names <= frame.tables.keys():
            raise BrokenImage("the JPEG has image data for a component that does not exist")
        if any(selector & 0xCC for selector in data[2 : 1 + 2 * count : 2]):
            raise BrokenImage("the JPEG's scan header is wrong")
        first, last, approximation = data[-3:]
        if frame.process in _PROGRESSIVE:  # section G.1.1.1.1: DC alone, or AC of one component
            is_right = last == 0 if first == 0 else first <= last <= 63 and count == 1
            if not is_right or approximation & 15 > 13:
                raise BrokenImage("the JPEG's scan header is wrong")
        if frame.process not in _LOSSLESS:
            missing = {frame.tables[name] for name in names} - self.quantizations
            if missing:
                raise BrokenImage(f"the JPEG lacks quantization table {min(missing)}")
        self.scanned |= names

    def _find_end_of_scan(self, start: int) -> int:
        found = _AFTER_SCAN.search(self.view, start)
        if not found:
            raise BrokenImage("the JPEG ends inside its image data")
        if found.start() == start:
            raise BrokenImage("the JPEG has a scan without image data")
        return found.start()

    def _read_table(self, code: int, data: memoryview) -> None:
        if code == _DHT:
            self._read_huffman(data)
        elif code == _DQT:
            self._read_quantization(data)
        elif code == _DAC:
            if len(data) % 2:
                _refuse_length(code)
        elif len(data) != 2:
            _refuse_length(code)
        elif code == _DNL and not self.scanned:
            raise BrokenImage("the JPEG has a DNL segment before its image data")

    def _read_huffman(self, data: memoryview) -> None:
        """One or more tables: class and place, 16 counts, that many values (section B.2.4.2)."""
        at = 0
        while at < len(data):
            self._count(1)
            if data[at] & 0xEC:
                raise BrokenImage("the JPEG has a Huffman table in a place that does not exist")
            values = sum(data[at + 1 : at + 17])
            if values > 256:
                raise BrokenImage("the JPEG has a Huffman table with too many codes")
            at += 17 + values
        if at != len(data):
            _refuse_length(_DHT)

    def _read_quantization(self, data: memoryview) -> None:
        """One or more tables: precision and place, 64 values of 8 or 16 bits (B.2.4.1)."""
        at = 0
        while at < len(data):
            self._count(1)
            if data[at] & 0xEC:
                raise BrokenImage("the JPEG has a quantization table that does not exist")
            self.quantizations.add(data[at] & 3)
            at += 129 if data[at] >> 4 else 65
        if at != len(data):
            _refuse_length(_DQT)

    def _finish(self) -> Cleaned:
        if not self.frame or not self.scanned:
            raise BrokenImage("the JPEG has no image data")
        if len(self.scanned) != len(self.frame.tables):
            raise BrokenImage("the JPEG lacks the image data of a colour component")
        width, height = self.frame.width, self.frame.height
        if self.orientation:
            width, height = self.orientation.turn(width, height)
        return Cleaned(width, height, self.pieces)


def _refuse_length(code: int) -> NoReturn:
    raise BrokenImage(f"the JPEG's {_name(code)} segment has a wrong length")


def _name(code: int) -> str:
    if _APP0 <= code <= _APP15:
        return f"APP{code - _APP0}"
    return "COM" if code == _COM else _NAMES.get(code, "SOF")
