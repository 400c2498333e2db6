"""Serve a kept file: headers, ranges, and the bytes. Access was checked before anything here."""

import re
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

import msgspec

from ticketpen.errors import Code, Problem
from ticketpen.storage import Storage

_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.ASCII | re.I)
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._()-]")
_POLICY: Final = b"default-src 'none'; sandbox"


class ServedFile(msgspec.Struct, frozen=True):
    """What is known of a file that may be served."""

    original_name: str
    content_type: str
    size: int
    sha256: str
    storage_key: str


class Wanted(msgspec.Struct, frozen=True):
    """What of the file was asked for, by which headers."""

    as_download: bool = False
    range: str | None = None
    if_range: str | None = None
    if_none_match: str | None = None


class Served(msgspec.Struct, frozen=True):
    """Status, headers, and which bytes are the body (`length` 0: none)."""

    status: int
    headers: list[tuple[bytes, bytes]]
    start: int = 0
    length: int = 0


def plan(file: ServedFile, wanted: Wanted) -> Served:
    """Decide the answer. Raises Problem `range_not_satisfiable`."""
    etag = f'"{file.sha256[:32]}"'
    headers = [
        (b"content-type", file.content_type.encode()),
        (b"content-disposition", _disposition(file.original_name, wanted.as_download)),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cache-control", b"private, no-cache"),
        (b"accept-ranges", b"bytes"),
        (b"etag", etag.encode()),
    ]
    if wanted.if_none_match is not None and _names(etag, wanted.if_none_match):
        return Served(304, headers[1:])
    part = _part(file.size, etag, wanted)
    if part is None:
        headers.append((b"content-length", b"%d" % file.size))
        return Served(200, headers, 0, file.size)
    start, length = part
    headers.append((b"content-length", b"%d" % length))
    headers.append((b"content-range", b"bytes %d-%d/%d" % (start, start + length - 1, file.size)))
    return Served(206, headers, start, length)


async def read_body(
    storage: Storage, file: ServedFile, served: Served
) -> bytes | AsyncIterator[bytes]:
    """The bytes of the answer, at once when small. Raises Problem `attachment_not_found` when the
    store has lost them."""
    try:
        return await storage.read(file.storage_key, served.start, served.length)
    except FileNotFoundError:
        raise Problem(
            Code.ATTACHMENT_NOT_FOUND,
            "The file of this attachment is missing from the store. Tell whoever runs this.",
        ) from None


def _names(etag: str, header: str) -> bool:
    return header.strip() == "*" or etag in (
        tag.strip().removeprefix("W/") for tag in header.split(",")
    )


def _part(size: int, etag: str, wanted: Wanted) -> tuple[int, int] | None:
    """Start and length of a single range; None for the whole (also for what is no single range:
    RFC 9110 section 14.2 lets a server ignore it)."""
    if wanted.range is None or (wanted.if_range is not None and wanted.if_range.strip() != etag):
        return None
    match = _RANGE.fullmatch(wanted.range)
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        start = int(match[1])
        end = min(int(match[2]) if match[2] else size - 1, size - 1)
        if match[2] and int(match[2]) < start:
            return None
    else:
        start, end = max(0, size - int(match[2])), size - 1
    if start > end:
        raise Problem(
            Code.RANGE_NOT_SATISFIABLE,
            f"The file has {size} bytes; the range begins after its end.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, end - start + 1


def _disposition(name: str, as_download: bool) -> bytes:
    # RFC 6266: a plain name for old clients, the true one as filename*.
    kind = "attachment" if as_download else "inline"
    plain = _PLAIN.sub("_", name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}".encode("ascii")
