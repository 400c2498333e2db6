"""Small whole pictures, and what only pretends to be one; made once per process."""

import struct
import zlib
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image

PNG_START: Final = b"\x89PNG\r\n\x1a\n"
SCRIPT: Final = b"<script>alert(1)</script>"
PRETENDERS: Final = {
    "a GIF": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a page": b"<!doctype html><title>x</title>" + SCRIPT,
    "a PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "a program": b"\x7fELF\x02\x01\x01" + bytes(64),
    "a text": b"Just some words.",
}


@cache
def _picture(size: tuple[int, int] = (9, 5)) -> Image.Image:
    picture = Image.new("RGB", size, (250, 240, 230))
    for x in range(size[0]):
        picture.putpixel((x, x % size[1]), (x * 20 % 256, 30, 200))
    return picture


@cache
def png() -> bytes:
    """A PNG of 9 × 5 pixels without metadata."""
    return _saved("PNG")


@cache
def jpeg() -> bytes:
    """A JPEG of 9 × 5 pixels without metadata."""
    return _saved("JPEG")


@cache
def webp() -> bytes:
    """A WebP of 9 × 5 pixels without metadata."""
    return _saved("WEBP")


@cache
def moving_webp() -> bytes:
    """An animated WebP of two frames."""
    return _saved("WEBP", save_all=True, append_images=[_picture().rotate(180)], duration=50)


@cache
def jpeg_with_place(orientation: int = 6) -> bytes:
    """A JPEG as a phone writes it: turned, with a GPS position and a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET maker"
    exif[0x8825] = {1: "N", 2: (48.0, 12.0, 30.5), 3: "E", 4: (16.0, 22.0, 7.1)}
    return _saved("JPEG", exif=exif, comment=b"SECRET comment")


@cache
def png_of_size(size: int) -> bytes:
    """A PNG of exactly `size` bytes, most of them behind the picture's own data."""
    header = struct.pack(">II5B", 1000, 1000, 8, 2, 0, 0, 0)
    data = zlib.compress((b"\0" + bytes(3000)) * 1000)
    spare = size - len(PNG_START) - len(header) - len(data) - 12 * 4
    return b"".join(
        (
            PNG_START,
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", data),
            _chunk(b"IDAT", bytes(spare)),
            _chunk(b"IEND", b""),
        )
    )


@cache
def png_of_pixels(width: int, height: int) -> bytes:
    """A PNG that claims so many pixels, and hardly has any."""
    header = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(4096))
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    return PNG_START + b"".join(parts)


def pixels(data: bytes) -> tuple[tuple[int, int], bytes]:
    """What a picture shows, before it is turned."""
    picture = Image.open(BytesIO(data))
    return picture.size, picture.convert("RGB").tobytes()


def _saved(kind: str, **options: object) -> bytes:
    file = BytesIO()
    _picture().save(file, kind, **options)
    return file.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
