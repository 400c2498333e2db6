"""Reading multipart/form-data from the wire, in bounded memory.

The whole form is read before anything in it is judged; what its texts and files must be is the
caller's matter."""

import hashlib
import mmap
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol
from urllib.parse import unquote_to_bytes

import msgspec
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from ticketpen.errors import Code, FieldError, Problem, invalid, unavailable
from ticketpen.settings import Settings

TEXT_LIMIT: Final = 256 * 1024
"""Largest text field, in bytes."""

_ALL_TEXTS_LIMIT: Final = 1024 * 1024
_MEMORY_LIMIT: Final = 1024 * 1024
_FILE_FIELDS: Final = frozenset(("files", "files[]"))
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"')
_EXTENDED_NAME: Final = re.compile(
    r";\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^']*'([^;\s]*)", re.IGNORECASE
)


class FormLimits(msgspec.Struct, frozen=True):
    """What a form may hold. `data_dir` is where large files wait, in a folder of their own."""

    file_limit: int
    files_limit: int
    parts_limit: int
    data_dir: str

    @classmethod
    def from_settings(cls, settings: Settings) -> "FormLimits":
        """As the settings say."""
        return cls(
            settings.file_limit, settings.files_limit, settings.parts_limit, settings.data_dir
        )

    @property
    def folder(self) -> Path:
        """The folder of files that are arriving."""
        return Path(self.data_dir).expanduser().absolute() / "uploads"


class FormRequest(Protocol):
    """What is needed of a request; Litestar's Request is one."""

    @property
    def scope(self) -> Any:
        """The ASGI scope."""
        ...

    @property
    def receive(self) -> Callable[[], Awaitable[Any]]:
        """The ASGI receive function."""
        ...


class UploadedFile:
    """A file of a form: small ones in memory, others in a file that has no name any more."""

    def __init__(self, name: str, declared_type: str | None, *, is_hashed: bool) -> None:
        self.name = name
        """As it was sent; it may hold anything."""
        self.declared_type = declared_type
        """In lower case and without parameters."""
        self.size = 0
        """Bytes that were sent, also those that were not kept."""
        self.oversized = False
        """It has more bytes than the limit, and none were kept."""
        self._parts: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._view: memoryview | None = None
        self._hash = hashlib.sha256() if is_hashed else None

    @property
    def sha256(self) -> str:
        """Hexadecimal; of all that was sent when the request has an Idempotency-Key, else of what
        was kept."""
        if self._hash is None:
            self._hash = hashlib.sha256(self.view())
        return self._hash.hexdigest()

    def view(self) -> memoryview:
        """The bytes that were kept. Valid until `close`."""
        if self._view is None:
            if self._file is not None:
                mapped = mmap.mmap(self._file.fileno(), self.size, access=mmap.ACCESS_READ)
                self._view = memoryview(mapped)
            else:
                self._view = memoryview(b"".join(self._parts))
        return self._view

    def close(self) -> None:
        """Let go of the bytes. Views that others still hold stay readable."""
        self._parts, self._view = [], None
        if self._file is not None:
            self._file.close()
            self._file = None

    def take(self, chunk: bytes, limits: FormLimits, *, is_kept: bool) -> None:
        """The next bytes from the wire. Raises Problem `unavailable` when the disk is full."""
        self.size += len(chunk)
        if self._hash is not None:
            self._hash.update(chunk)
        if self.size > limits.file_limit:
            self.oversized = True
            self.close()
        elif self._file is not None:
            self._write((chunk,))
        elif is_kept:
            self._parts.append(chunk)
            if self.size > _MEMORY_LIMIT:
                self._spill(limits.folder)

    def _spill(self, folder: Path) -> None:
        try:
            folder.mkdir(0o700, parents=True, exist_ok=True)
            # Without a name from the start (or at once): a crash leaves nothing behind.
            self._file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115
        except OSError as error:
            raise _no_room() from error
        self._write(self._parts)
        self._parts = []

    def _write(self, chunks: "list[bytes] | tuple[bytes, ...]") -> None:
        assert self._file is not None
        try:
            for chunk in chunks:
                rest = memoryview(chunk)
                while rest:
                    rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _no_room() from error


class Form:
    """Texts and files by field name, in the order they came. Close it when done."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        """A text that `first` would refuse stands here in a form that only equals itself."""
        self.files: list[tuple[str, UploadedFile]] = []
        """Those of the fields `files` and `files[]`."""
        self._wrong: dict[int, str] = {}

    def first(self, name: str) -> str | None:
        """The first text of this name. Raises Problem `invalid_value` when it is no UTF-8 or
        longer than TEXT_LIMIT."""
        for index, (field, text) in enumerate(self.fields):
            if field == name:
                if index in self._wrong:
                    raise invalid(FieldError(name, self._wrong[index]))
                return text
        return None

    def add_text(self, name: str, text: str, wrong: str | None = None) -> None:
        """One more field; `wrong` says what `first` refuses it with."""
        if wrong is not None:
            self._wrong[len(self.fields)] = wrong
        self.fields.append((name, text))

    def close(self) -> None:
        """Let go of all files."""
        for _, file in self.files:
            file.close()

    async def __aenter__(self) -> "Form":
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()


async def read_form(request: FormRequest, limits: FormLimits) -> Form:
    """The form in the body, read to its end.

    Raises Problem: `unsupported_media_type` for what is not multipart/form-data, or
    `malformed_request` for a body that is broken, ends early or has too many parts; and lets
    through those of the body's limits."""
    headers: Mapping[bytes, bytes] = dict(request.scope["headers"])
    boundary = _find_boundary(headers.get(b"content-type", b""))
    parser = PushMultipartParser(
        boundary, max_segment_count=limits.parts_limit, header_charset="latin-1"
    )
    reader = _Reader(limits, is_hashed=b"idempotency-key" in headers)
    receive = request.receive
    try:
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Problem(Code.MALFORMED_REQUEST, "The body ended early.")
            if chunk := message.get("body"):
                for event in parser.parse(chunk):
                    reader.take(event)
            if not message.get("more_body", False):
                break
        parser.close()
    except BaseException as error:
        reader.close()
        if isinstance(error, ParserLimitReached):
            raise Problem(
                Code.MALFORMED_REQUEST,
                f"The form has more than {limits.parts_limit} parts, or a part with too long a "
                "head.",
            ) from None
        if isinstance(error, MultipartError):
            raise _broken() from None
        raise
    return reader.form


class _Reader:
    """Turns the parser's events into a form."""

    def __init__(self, limits: FormLimits, *, is_hashed: bool) -> None:
        self.form = Form()
        self._limits = limits
        self._is_hashed = is_hashed
        self._name = ""
        self._file: UploadedFile | None = None
        self._is_dropped = False
        self._text = _Text(0)
        self._text_left = _ALL_TEXTS_LIMIT

    def take(self, event: MultipartSegment | bytes | None) -> None:
        """The head of a part, some of its bytes, or its end (None)."""
        if event is None:
            self._end()
        elif isinstance(event, MultipartSegment):
            self._begin(event)
        elif self._file is not None:
            is_kept = len(self.form.files) < self._limits.files_limit
            self._file.take(event, self._limits, is_kept=is_kept)
        elif not self._is_dropped:
            self._text.take(event)

    def close(self) -> None:
        """Let go of everything."""
        self.form.close()
        if self._file is not None:
            self._file.close()

    def _begin(self, segment: MultipartSegment) -> None:
        disposition = ""
        for header, value in segment.headerlist:
            if "\n" in value:  # the parser misses them when a chunk ends here
                raise _broken()
            if header == "Content-Disposition":
                disposition = value
        self._name = _decoded(segment.name or "")
        filename = segment.filename
        if "*" in disposition:
            filename = _find_extended_name(disposition) or filename
        self._file, self._is_dropped = None, False
        if filename is None:
            self._text = _Text(min(TEXT_LIMIT, self._text_left))
        elif self._name in _FILE_FIELDS:
            self._file = UploadedFile(
                _decoded(filename), segment.content_type, is_hashed=self._is_hashed
            )
        else:
            self._is_dropped = True

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            if file.name or file.size:  # else a browser's file field that was left empty
                self.form.files.append((self._name, file))
        elif not self._is_dropped:
            self._text_left -= self._text.kept
            self.form.add_text(self._name, *self._text.end())


class _Text:
    """The bytes of one text field."""

    __slots__ = ("_hash", "_limit", "_parts", "kept")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._hash: Any = None
        self.kept = 0

    def take(self, chunk: bytes) -> None:
        """The next bytes; beyond the limit only their hash is kept."""
        if self._hash is None:
            self._parts.append(chunk)
            self.kept += len(chunk)
            if self.kept <= self._limit:
                return
            chunk = b"".join(self._parts)
            self._parts, self.kept = [], 0
            self._hash = hashlib.sha256()
        self._hash.update(chunk)

    def end(self) -> tuple[str, str | None]:
        """The text, and what is wrong with it."""
        if self._hash is not None:
            return self._hash.hexdigest(), "is too long."
        raw = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        try:
            return raw.decode(), None
        except UnicodeDecodeError:
            return raw.decode("utf-8", "backslashreplace"), "must be valid UTF-8."


def _find_boundary(content_type: bytes) -> bytes:
    media_type, options = parse_options_header(content_type.decode("latin-1"))
    boundary: str = options.get("boundary", "")
    if media_type != "multipart/form-data" or not boundary:
        raise Problem(
            Code.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as multipart/form-data, with its boundary in the Content-Type header.",
        )
    return boundary.encode("latin-1")


def _find_extended_name(disposition: str) -> str | None:
    """The file name of RFC 5987: `filename*=UTF-8''na%C3%AFve.png`, as Latin-1 like the others."""
    found = _EXTENDED_NAME.search(_QUOTED.sub('""', disposition))
    if found is None:
        return None
    return unquote_to_bytes(found[2].encode("latin-1")).decode("latin-1")


def _decoded(text: str) -> str:
    """Names are read as Latin-1, which any bytes are; nearly always they are UTF-8."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def _broken() -> Problem:
    return Problem(Code.MALFORMED_REQUEST, "The multipart body is broken or ends early.")


def _no_room() -> Problem:
    return unavailable("There is no room for uploads right now. Try again in a while.")
