"""Read a multipart form from the stream as it arrives: texts in order, files in bounded memory."""

import hashlib
import mmap
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from ticketpen.errors import Code, FieldError, Problem, invalid
from ticketpen.settings import Settings

if TYPE_CHECKING:
    from litestar import Request

IN_MEMORY: Final = 1024 * 1024
MAX_TEXT: Final = 256 * 1024
FILE_FIELDS: Final = ("files", "files[]")


class FormLimits(msgspec.Struct, frozen=True):
    """How much is taken, and where larger files wait."""

    file_limit: int
    files_limit: int
    parts_limit: int
    folder: Path

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The limits that the settings say."""
        return cls(
            settings.file_limit,
            settings.files_limit,
            settings.parts_limit,
            settings.data_path / "uploads",
        )


class UploadedFile:
    """One file as it arrived: in memory, or in a nameless temporary file when it is large."""

    def __init__(self, name: str, declared_type: str | None, *, limit: int, folder: Path) -> None:
        self.name = name
        self.declared_type = declared_type
        self.size = 0
        self._limit = limit
        self._folder = folder
        self._digest = hashlib.sha256()
        self._memory = bytearray()
        self._descriptor: int | None = None
        self._map: mmap.mmap | None = None

    @property
    def oversized(self) -> bool:
        """Whether it has more bytes than are kept."""
        return self.size > self._limit

    @property
    def sha256(self) -> str:
        """The hex digest of all bytes that arrived."""
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; beyond the limit they are counted and dropped."""
        self.size += len(chunk)
        self._digest.update(chunk)
        if self.oversized:
            self.close()
        elif self._descriptor is not None:
            _write_all(self._descriptor, chunk)
        elif self.size <= IN_MEMORY:
            self._memory += chunk
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, path = tempfile.mkstemp(dir=self._folder)
            # Nameless from now on: a crash leaves nothing behind.
            os.unlink(path)
            self._descriptor = descriptor
            _write_all(descriptor, self._memory + chunk)
            self._memory = bytearray()

    def view(self) -> memoryview:
        """The bytes, when it is not oversized."""
        if self._descriptor is None:
            return memoryview(self._memory)
        if self._map is None:
            self._map = mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_READ)
        return memoryview(self._map)

    def close(self) -> None:
        """Let the bytes go."""
        self._memory = bytearray()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class Form:
    """A form that was read whole. Close it, or use it as a context."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, UploadedFile]] = []

    def first(self, name: str) -> str | None:
        """The first text of a field, or None."""
        return next((value for field, value in self.fields if field == name), None)

    def close(self) -> None:
        """Let all files go."""
        for _, file in self.files:
            file.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


async def read_form(request: "Request[Any, Any, Any]", limits: FormLimits) -> Form:
    """Read the request's body as a form.

    Raises Problem `unsupported_media_type`, `malformed_request`, `invalid_value` (text that is not
    UTF-8, or far too long), and what the stream itself raises (`body_too_large`)."""
    boundary = _boundary(request.headers.get("content-type", ""))
    reader = _Reader(boundary, limits)
    try:
        await reader.read(request.receive)
    except BaseException:
        reader.form.close()
        raise
    if reader.wrong:
        reader.form.close()
        raise invalid(*reader.wrong)
    return reader.form


class _Reader:
    def __init__(self, boundary: bytes, limits: FormLimits) -> None:
        self.form = Form()
        self.wrong: list[FieldError] = []
        self._limits = limits
        self._text: bytearray | None = None
        self._name = ""
        self._file: UploadedFile | None = None
        try:
            self._parser = PushMultipartParser(
                boundary, max_segment_count=limits.parts_limit, header_charset="latin-1"
            )
        except MultipartError as error:
            raise _malformed(error) from None

    async def read(self, receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _malformed("the body ends early")
            more = bool(message.get("more_body"))
            chunk = message.get("body", b"")
            try:
                if chunk:
                    for event in self._parser.parse(bytes(chunk)):
                        self._take(event)
            except MultipartError as error:
                raise _malformed(error) from None
        try:
            self._parser.close()
        except MultipartError as error:
            raise _malformed(error) from None

    def _take(self, event: object) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif isinstance(event, bytes | bytearray):
            if self._file is not None:
                self._file.write(bytes(event))
            elif self._text is not None and len(self._text) <= MAX_TEXT:
                self._text += event

    def _begin(self, segment: MultipartSegment) -> None:
        self._name = _decoded(segment.name)
        self._file = self._text = None
        if segment.filename is None:
            self._text = bytearray()
        elif self._name in FILE_FIELDS:
            # Beyond one too many nothing is kept: the request is refused anyway.
            surplus = len(self.form.files) > self._limits.files_limit
            self._file = UploadedFile(
                _decoded(segment.filename),
                segment.header("Content-Type"),
                limit=0 if surplus else self._limits.file_limit,
                folder=self._limits.folder,
            )

    def _end(self) -> None:
        file, text = self._file, self._text
        if file is not None:
            if file.name or file.size:  # a browser sends an empty field as a nameless empty file
                self.form.files.append((FILE_FIELDS[0], file))
        elif text is not None:
            self._add_text(text)
        self._file = self._text = None

    def _add_text(self, raw: bytearray) -> None:
        if len(raw) > MAX_TEXT:
            self.wrong.append(FieldError(self._name, "is far too long."))
            return
        try:
            self.form.fields.append((self._name, raw.decode("utf-8")))
        except UnicodeDecodeError:
            self.wrong.append(FieldError(self._name, "must be valid UTF-8."))


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise Problem(
            Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as multipart/form-data with a boundary."
        )
    return boundary.encode("latin-1", "replace")


def _decoded(text: str) -> str:
    raw = text.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return text


def _write_all(descriptor: int, data: bytes | bytearray) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _malformed(reason: object) -> Problem:
    return Problem(Code.MALFORMED_REQUEST, f"The form cannot be read: {reason}.")
