"""The names of attached files: the one that people see, and the one that stands in an address.
Pure but for the random digits; what may be stored is images.py's matter."""

import re
import secrets
import unicodedata
from typing import Final

from ticketpen.attachments.images import Kind

_FALLBACK: Final = "screenshot"
_ENDINGS: Final = (".png", ".jpg", ".jpeg", ".webp")
_ENDING_OF: Final = {Kind.PNG: ".png", Kind.JPEG: ".jpg", Kind.WEBP: ".webp"}
_RAW_CHARACTERS: Final = 4096
_DISPLAY_BYTES: Final = 255
_STORED_CHARACTERS: Final = 100
# A longer "ending" is the rest of a sentence with a dot in it.
_ENDING_BYTES: Final = 16
# Controls, format characters (bidi, joiners, marks of order), halves of pairs, line separators.
_REMOVED: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


def display_name(raw: str) -> str:
    """The name as sent by a browser, fit to be shown: without folders (`/` and `\\` both end one),
    control, bidi and format characters; NFC; at most 255 bytes of UTF-8, the ending kept."""
    # A hostile name of a megabyte would take unicodedata minutes; the base name stands at the end.
    raw = raw[-_RAW_CHARACTERS:]
    text = "".join(c for c in raw if unicodedata.category(c) not in _REMOVED)
    text = unicodedata.normalize("NFC", text)
    name = _shorten(re.split(r"[/\\]", text)[-1].strip())
    return _FALLBACK if name in ("", ".", "..") else name


def ending_is_allowed(name: str) -> bool:
    """Whether the name ends in .png, .jpg, .jpeg or .webp, in any case."""
    return name.lower().endswith(_ENDINGS)


def stored_name(display: str, kind: Kind) -> str:
    """A name for addresses and storage: 8 random hex digits, `_`, at most 100 characters of safe
    ASCII in all, ending as `display` does or, if that ending is not allowed, as `kind` does."""
    stem, dot, ending = display.rpartition(".")
    if not ending_is_allowed(display):
        stem, dot, ending = display, "", _ENDING_OF[kind]
    folded = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    start, ending = f"{secrets.token_hex(4)}_", dot + ending
    safe = _UNSAFE.sub("-", folded).strip("-")[: _STORED_CHARACTERS - len(start + ending)]
    return start + (safe or _FALLBACK) + ending


def _shorten(name: str) -> str:
    size = len(name.encode())
    if size <= _DISPLAY_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = (dot + ending).encode()
    if not stem or len(tail) > _ENDING_BYTES:
        stem, tail = name, b""
    kept = stem.encode()[: _DISPLAY_BYTES - len(tail)].decode(errors="ignore")
    return kept.rstrip() + tail.decode()
