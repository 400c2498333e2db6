"""Take screenshots in: check, cut out the metadata, keep the bytes before any transaction."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from ticketpen.attachments.attachment import Attachment
from ticketpen.attachments.images import BrokenImage, CleanImage, WrongKind, clean_image
from ticketpen.attachments.names import display_name, ending_is_allowed, stored_name
from ticketpen.errors import Code, Problem
from ticketpen.ids import new_id
from ticketpen.settings import Settings
from ticketpen.storage import Storage

# Walking and hashing less than this costs less than a visit to a thread.
CHECK_AT_ONCE: Final = 512 * 1024
_TYPES: Final = ("image/png", "image/jpeg", "image/jpg", "image/pjpeg", "image/webp")
_UNDECLARED: Final = ("", "application/octet-stream")
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


class Upload(Protocol):
    """A file as it arrived. `oversized`: it has more bytes than allowed, and they are not all
    here."""

    @property
    def name(self) -> str: ...
    @property
    def declared_type(self) -> str | None: ...
    @property
    def size(self) -> int: ...
    @property
    def oversized(self) -> bool: ...
    def view(self) -> memoryview:
        """The bytes."""
        ...


class CheckedFile(msgspec.Struct, frozen=True):
    """A screenshot that may be kept: its row, and the pieces of the upload that are its bytes."""

    attachment: Attachment
    pieces: tuple[bytes | memoryview, ...]


async def check_files(uploads: Sequence[Upload], settings: Settings) -> list[CheckedFile]:
    """Check every file; keep nothing yet.

    Raises Problem `too_many_files`, `invalid_file_type`, `file_too_large`, `invalid_file`: the
    detail names the file and the reason."""
    if len(uploads) > settings.files_limit:
        raise Problem(
            Code.TOO_MANY_FILES,
            f"At most {settings.files_limit} files can be attached to one message.",
        )
    checked = []
    for upload in uploads:
        name = display_name(upload.name)
        _check_outside(upload, name, settings.file_limit)
        if upload.size <= CHECK_AT_ONCE:
            checked.append(_check_inside(upload, name, settings.pixel_limit))
        else:
            checked.append(
                await asyncio.to_thread(_check_inside, upload, name, settings.pixel_limit)
            )
    return checked


async def keep_files(storage: Storage, files: Sequence[CheckedFile]) -> None:
    """Make the bytes durable. Rows that name them may be written afterwards."""
    for file in files:
        await storage.put(file.attachment.storage_key, file.pieces)


async def forget_files(storage: Storage, files: Sequence[CheckedFile]) -> None:
    """Delete bytes whose rows were refused. (After a crash the sweep finds them.)"""
    for file in files:
        await storage.delete(file.attachment.storage_key)


def attachment_params(
    files: Sequence[CheckedFile], *, ticket_id: str, message_id: str, moment: int
) -> dict[str, object]:
    """The parameters of the rows of a message's files: `file0_id`, `file0_place`, …"""
    params: dict[str, object] = {}
    for place, file in enumerate(files):
        row = msgspec.structs.asdict(file.attachment) | {
            "place": place,
            "ticket_id": ticket_id,
            "message_id": message_id,
            "created_at": moment,
        }
        params |= {f"file{place}_{name}": value for name, value in row.items()}
    return params


def _check_outside(upload: Upload, name: str, limit: int) -> None:
    if not ending_is_allowed(name):
        raise _wrong_type(name, "its name must end in .png, .jpg, .jpeg or .webp")
    declared = (upload.declared_type or "").partition(";")[0].strip().lower()
    if declared not in _TYPES and declared not in _UNDECLARED:
        raise _wrong_type(name, f"it was sent as {declared[:60]!r}, not as PNG, JPEG or WebP")
    if upload.oversized or upload.size > limit:
        raise Problem(
            Code.FILE_TOO_LARGE,
            f"“{name}” is too large: a file may have at most {limit:,} bytes.",
        )


def _check_inside(upload: Upload, name: str, max_pixels: int) -> CheckedFile:
    try:
        image = clean_image(upload.view(), max_pixels=max_pixels)
    except WrongKind as error:
        raise _wrong_type(name, str(error)) from None
    except BrokenImage as error:
        raise Problem(Code.INVALID_FILE, f"“{name}” cannot be used: {error}.") from None
    return CheckedFile(_attachment(name, image), image.pieces)


def _attachment(name: str, image: CleanImage) -> Attachment:
    digest = hashlib.sha256()
    for piece in image.pieces:
        digest.update(piece)
    file_id = new_id()
    # The last characters of a UUIDv7 are random: folders fill evenly.
    key = f"{file_id[-2:]}/{file_id}.{_ENDINGS[image.kind]}"
    return Attachment(
        id=file_id,
        filename=stored_name(name, image.kind),
        original_name=name,
        content_type=str(image.kind),
        size=image.size,
        width=image.width,
        height=image.height,
        sha256=digest.hexdigest(),
        storage_key=key,
    )


def _wrong_type(name: str, reason: str) -> Problem:
    return Problem(
        Code.INVALID_FILE_TYPE,
        f"“{name}” cannot be used: {reason}. Screenshots are PNG, JPEG or WebP files.",
    )
