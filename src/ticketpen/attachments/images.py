"""Is it a PNG, JPEG or WebP, is its container whole, and what of it is the picture: the door to
png.py, jpeg.py and webp.py. Pure: no I/O, and the compressed pixels are never looked at."""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from ticketpen.attachments.jpeg import clean_jpeg
from ticketpen.attachments.pieces import BrokenImage, Cleaned
from ticketpen.attachments.png import clean_png
from ticketpen.attachments.webp import clean_webp

if TYPE_CHECKING:
    from mmap import mmap

__all__ = ["BrokenImage", "CleanImage", "Kind", "WrongKind", "clean_image"]

Source: TypeAlias = "bytes | bytearray | memoryview | mmap"


class Kind(enum.StrEnum):
    """The kinds of image that are taken, as media types."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


class WrongKind(ValueError):
    """Not an image of the three kinds; the text is a short reason for a person."""


@dataclass(frozen=True, slots=True)
class CleanImage:
    """A sound image without its metadata. `width` and `height` are as displayed, the orientation
    applied. `pieces`, `size` bytes in all, are what to keep, in order: views into the input, which
    must outlive them, and a few new bytes; one view when nothing inside was cut."""

    kind: Kind
    width: int
    height: int
    pieces: tuple[memoryview | bytes, ...]
    size: int


def clean_image(data: Source, *, max_pixels: int = 50_000_000) -> CleanImage:
    """Check the container of `data` and cut its metadata; orientation and colour profile stay, and
    cleaning the result again changes nothing.

    Raises WrongKind or BrokenImage, nothing else, in time linear in the size."""
    with memoryview(data).toreadonly().cast("B") as view:
        try:
            kind, clean = _recognise(view)
            found = clean(view, max_pixels)
        except (BrokenImage, WrongKind) as error:
            # Raised anew, without the walkers' frames: their views would keep a mapped file open
            # for as long as anyone keeps the refusal.
            refusal = type(error)(*error.args)
        else:
            pieces = found.pieces
            return CleanImage(kind, found.width, found.height, pieces.cut_out(), pieces.size)
    try:
        raise refusal
    finally:
        del refusal


def _recognise(view: memoryview) -> tuple[Kind, Callable[[memoryview, int], Cleaned]]:
    head = bytes(view[:_HEAD_SIZE])
    # Only the start of each signature: a PNG with its line ends translated is still a broken PNG.
    if head.startswith(b"\x89PNG"):
        return Kind.PNG, clean_png
    if head.startswith(b"\xff\xd8"):
        return Kind.JPEG, clean_jpeg
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Kind.WEBP, clean_webp
    if not head:
        raise BrokenImage("it is empty")
    raise WrongKind(_describe(head))


_HEAD_SIZE: Final = 4096

# What people do send under a false name, first match wins. Only for the wording of a refusal.
_LOOKS: Final = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (rb"GIF8", "it is a GIF"),
        (rb".{4}ftyp(?:avif|avis)", "it is an AVIF image"),
        (rb".{4}ftyp(?:hei|hev|mif1|msf1)", "it is a HEIC photo"),
        (rb".{4}(?:ftyp|moov|mdat)|\x1a\x45\xdf\xa3|RIFF.{4}AVI ", "it is a video"),
        (rb"RIFF.{4}WAVE|ID3[\x02-\x04]|OggS|fLaC", "it is a sound file"),
        (rb"II\*\0|MM\0\*", "it is a TIFF"),
        (rb"BM.{4}\0\0\0\0", "it is a BMP"),
        (rb"\0\0\x01\0[^\0]\0", "it is an icon file"),
        (rb"\xff\x0a|\0\0\0\x0cJXL ", "it is a JPEG XL image"),
        (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", "it is a JPEG 2000 image"),
        (rb"8BPS", "it is a Photoshop file"),
        (rb".{0,1019}%PDF-", "it is a PDF"),
        (rb"PK[\x03\x05]", "it is a ZIP archive or an office document"),
        (rb"\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ", "it is an archive"),
        (rb"MZ.\0|\x7fELF|\xcf\xfa\xed\xfe", "it is a program"),
    )
)
# Markup may begin with a byte order mark, blanks, a declaration and comments.
_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:[!?/a-z])", re.IGNORECASE)
_TEXT_CONTROLS: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")


def _describe(head: bytes) -> str:
    for pattern, text in _LOOKS:
        if pattern.match(head):
            return text
    if _MARKUP.match(head):
        lower = head.lower()
        if b"<svg" in lower:
            return "it is an SVG"
        if b"<html" in lower or b"<!doctype html" in lower or b"<script" in lower:
            return "it is an HTML page"
        return "it is a text in XML or HTML"
    if not _TEXT_CONTROLS.search(head) and _is_utf8(head):
        return "it is a text"
    return "it is not a PNG, JPEG or WebP image"


def _is_utf8(head: bytes) -> bool:
    # Four bytes less: the head may end inside a character.
    try:
        head[: _HEAD_SIZE - 4].decode()
    except UnicodeDecodeError as error:
        return error.start >= _HEAD_SIZE - 8
    return True
