import asyncio
import errno
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketpen.errors import Code, Problem
from ticketpen.forms import TEXT_LIMIT, Form, FormLimits, read_form

BOUNDARY = "----TicketpenBoundary7MA4YWxk"
MIB = 1024 * 1024


class Sent:
    """A request whose body arrives in the given chunks."""

    def __init__(
        self,
        chunks: Iterable[bytes],
        content_type: str | None = None,
        *headers: tuple[bytes, bytes],
    ) -> None:
        content_type = content_type or f"multipart/form-data; boundary={BOUNDARY}"
        self.scope: Any = {"headers": [(b"content-type", content_type.encode("latin-1")), *headers]}
        self._chunks = list(chunks) or [b""]
        self.ends_early = False

    async def receive(self) -> dict[str, Any]:
        if not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks.pop(0)
        more = bool(self._chunks) or self.ends_early
        return {"type": "http.request", "body": chunk, "more_body": more}


def part(disposition: str | bytes, body: bytes = b"", *more: str) -> bytes:
    head = disposition if isinstance(disposition, bytes) else disposition.encode()
    lines = [b"Content-Disposition: form-data; " + head, *(line.encode() for line in more)]
    return b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), b"\r\n".join(lines), body)


def text(name: str, value: bytes) -> bytes:
    return part(f'name="{name}"', value)


def file(name: str, value: bytes, field: str = "files") -> bytes:
    return part(f'name="{field}"; filename="{name}"', value, "Content-Type: image/png")


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--%s--\r\n" % BOUNDARY.encode()


def limits(folder: Path | str = "/nonexistent") -> FormLimits:
    return FormLimits(file_limit=5 * MIB, files_limit=3, parts_limit=20, data_dir=str(folder))


async def read(whole: bytes, folder: Path | str = "/nonexistent", chunk: int = 65536) -> Form:
    chunks = [whole[i : i + chunk] for i in range(0, len(whole), chunk)]
    return await read_form(Sent(chunks), limits(folder))


async def refusal(request: Sent) -> Problem:
    with pytest.raises(Problem) as caught:
        await read_form(request, limits())
    return caught.value


def shown(form: Form) -> object:
    return (
        form.fields,
        [
            (field, f.name, f.declared_type, f.size, f.oversized, bytes(f.view()), f.sha256)
            for field, f in form.files
        ],
    )


async def test_texts_and_files_come_in_the_order_they_were_sent() -> None:
    form = await read(
        body(
            text("subject", "Größe".encode()),
            file("a.png", b"AAA"),
            text("message", b"line\r\nline"),
            file("b.png", b"B", "files[]"),
            text("größe", b"second"),
        )
    )
    assert form.fields == [("subject", "Größe"), ("message", "line\r\nline"), ("größe", "second")]
    assert [(field, f.name, bytes(f.view())) for field, f in form.files] == [
        ("files", "a.png", b"AAA"),
        ("files[]", "b.png", b"B"),
    ]
    assert (form.first("subject"), form.first("größe")) == ("Größe", "second")
    assert form.first("priority") is None


async def test_a_file_says_what_it_is_declared_as_and_hashes_to_its_sha256() -> None:
    form = await read(body(file("a.png", b"AAA"), part('name="files"; filename="b.png"', b"B")))
    first, second = (f for _, f in form.files)
    assert (first.declared_type, second.declared_type) == ("image/png", None)
    assert (first.size, first.oversized) == (3, False)
    assert first.sha256 == hashlib.sha256(b"AAA").hexdigest()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain; boundary=x",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/mixed; boundary=x",
        "multipart",
        "\xff",
        ";",
    ],
)
async def test_what_is_no_multipart_form_is_an_unsupported_media_type(content_type: str) -> None:
    problem = await refusal(Sent([body(text("a", b"b"))], content_type))
    assert problem.code == Code.UNSUPPORTED_MEDIA_TYPE


async def test_a_request_without_content_type_is_an_unsupported_media_type() -> None:
    request = Sent([b""])
    request.scope = {"headers": []}
    assert (await refusal(request)).code == Code.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "content_type",
    [
        f'multipart/form-data; boundary="{BOUNDARY}"',
        f"Multipart/Form-Data; charset=utf-8; boundary={BOUNDARY}",
    ],
)
async def test_the_boundary_is_found_however_it_is_written(content_type: str) -> None:
    form = await read_form(Sent([body(text("a", b"b"))], content_type), limits())
    assert form.fields == [("a", "b")]


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        b"not multipart at all",
        text("a", b"b"),  # no end
        body(text("a", b"b"))[:-4],
        text("a", b"b")[:-20],
        b"--%s\r\nContent-Disposition: form-data" % BOUNDARY.encode(),
        body(b"--%s\r\n\r\nno head\r\n" % BOUNDARY.encode()),
        body(b"--%s\r\nContent-Disposition: attachment\r\n\r\nx\r\n" % BOUNDARY.encode()),
        body(part('name="a"', b"x", "Content-Length: 7")),
        body(part('name="a"', b"x", "no colon")),
        body(part('name="a\nb"', b"x")),
        body(part(f'name="{"a" * 5000}"', b"x")),
        body(part('name="a"', b"x", *(f"X-{i}: y" for i in range(20)))),
        body(*(text("a", b"b") for _ in range(21))),
        b"--" + BOUNDARY.encode() + b"junk",
    ],
)
async def test_a_broken_form_is_malformed(whole: bytes) -> None:
    assert (await refusal(Sent([whole]))).code == Code.MALFORMED_REQUEST
    assert (await refusal(Sent(bytes([b]) for b in whole))).code == Code.MALFORMED_REQUEST


async def test_a_client_that_leaves_early_has_sent_a_malformed_request() -> None:
    request = Sent([text("a", b"b")])
    request.ends_early = True
    assert (await refusal(request)).code == Code.MALFORMED_REQUEST


async def test_an_empty_form_is_a_form() -> None:
    assert shown(await read(body())) == ([], [])


async def test_what_follows_the_end_is_ignored() -> None:
    form = await read_form(Sent([body(text("a", b"b")), b"\r\n", b"epilogue"]), limits())
    assert form.fields == [("a", "b")]


async def test_invalid_utf8_is_refused_only_where_the_field_is_asked_for() -> None:
    form = await read(body(text("message", b"\xff"), text("other", b"\xfe"), text("a", b"b")))
    assert form.first("a") == "b"
    with pytest.raises(Problem) as caught:
        form.first("message")
    assert caught.value.code == Code.INVALID_VALUE
    assert [error.field for error in caught.value.errors] == ["message"]


async def test_a_text_of_the_limit_passes_and_one_more_byte_is_refused() -> None:
    form = await read(
        body(text("a", b"x" * TEXT_LIMIT), text("b", b"x" * (TEXT_LIMIT + 1))), chunk=1000
    )
    assert form.first("a") == "x" * TEXT_LIMIT
    with pytest.raises(Problem) as caught:
        form.first("b")
    assert [error.field for error in caught.value.errors] == ["b"]


async def test_long_texts_that_differ_at_their_end_differ_in_the_form() -> None:
    whole = b"x" * (TEXT_LIMIT + 10)
    one, same, other = [
        await read(body(text("a", value))) for value in (whole, whole, whole + b"y")
    ]
    assert one.fields == same.fields != other.fields


async def test_many_long_texts_are_not_all_kept() -> None:
    form = await read(body(*(text(f"t{i}", b"x" * TEXT_LIMIT) for i in range(19))))
    assert sum(len(value) for _, value in form.fields) < MIB + 19 * 64 + 1
    assert form.first("t3") == "x" * TEXT_LIMIT
    with pytest.raises(Problem):
        form.first("t18")


async def test_an_empty_file_field_of_a_browser_is_ignored() -> None:
    empty = part('name="files"; filename=""', b"", "Content-Type: application/octet-stream")
    form = await read(body(text("a", b"b"), *[empty] * 4, file("a.png", b"A")))
    assert [(f.name, bytes(f.view())) for _, f in form.files] == [("a.png", b"A")]


async def test_an_empty_file_with_a_name_and_bytes_without_a_name_are_files() -> None:
    form = await read(body(file("a.png", b""), file("", b"x")))
    assert [(f.name, f.size) for _, f in form.files] == [("a.png", 0), ("", 1)]


async def test_a_files_part_without_a_file_name_is_a_text() -> None:
    form = await read(body(text("files", b"x"), text("files[]", b"y")))
    assert (form.fields, form.files) == ([("files", "x"), ("files[]", "y")], [])


async def test_files_of_other_fields_are_dropped() -> None:
    form = await read(body(file("a.png", b"x" * 3 * MIB, "avatar"), file("m", b"x", "message")))
    assert (form.fields, form.files) == ([], [])


async def test_a_file_of_the_limit_is_whole_and_one_more_byte_makes_it_oversized(
    tmp_path: Path,
) -> None:
    content = os.urandom(5 * MIB)
    form = await read(body(file("a.png", content), file("b.png", content + b"x")), tmp_path)
    whole, over = (f for _, f in form.files)
    assert (whole.size, whole.oversized) == (5 * MIB, False)
    assert whole.view() == content
    assert (over.size, over.oversized, len(over.view())) == (5 * MIB + 1, True, 0)
    form.close()


@pytest.mark.parametrize("size", [MIB - 1, MIB, MIB + 1, 3 * MIB])
@pytest.mark.parametrize("chunk", [40_000, 10 * MIB])
async def test_files_around_the_memory_limit_are_read_whole(
    size: int, chunk: int, tmp_path: Path
) -> None:
    content = os.urandom(size)
    async with await read(body(file("a.png", content)), tmp_path, chunk) as form:
        assert form.files[0][1].view() == content
        assert form.files[0][1].sha256 == hashlib.sha256(content).hexdigest()


async def test_large_files_wait_in_the_uploads_folder_under_no_name(tmp_path: Path) -> None:
    form = await read(body(file("a.png", b"x" * 2 * MIB)), tmp_path)
    folder = tmp_path / "uploads"
    assert folder.is_dir()
    assert list(folder.iterdir()) == []
    form.close()


async def test_views_stay_readable_after_the_form_is_closed(tmp_path: Path) -> None:
    async with await read(body(file("a.png", b"x" * 2 * MIB)), tmp_path) as form:
        piece = form.files[0][1].view()[5:10]
    assert bytes(piece) == b"xxxxx"


async def test_after_the_third_file_others_are_counted_and_not_kept() -> None:
    form = await read(body(*(file(f"{i}.png", b"x" * 1000) for i in range(6))))
    assert [(f.size, len(f.view())) for _, f in form.files] == [(1000, 1000)] * 3 + [(1000, 0)] * 3


async def test_the_hash_of_a_request_with_a_key_covers_what_was_not_kept() -> None:
    content = b"x" * (5 * MIB + 1)
    key = (b"idempotency-key", b"k")
    form = await read_form(Sent([body(file("a.png", content))], None, key), limits("/proc"))
    assert form.files[0][1].sha256 == hashlib.sha256(content).hexdigest()


async def test_a_full_disk_is_unavailable_and_leaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        closed = False

        def write(self, _data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self.closed = True

    full = Full()
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full)
    with pytest.raises(Problem) as caught:
        await read(body(file("a.png", b"x" * 2 * MIB)), tmp_path)
    assert caught.value.code == Code.UNAVAILABLE
    assert full.closed


async def test_a_folder_that_cannot_be_made_is_unavailable() -> None:
    with pytest.raises(Problem) as caught:
        await read(body(file("a.png", b"x" * 2 * MIB)), "/proc/none")
    assert caught.value.code == Code.UNAVAILABLE
    assert caught.value.headers["Retry-After"]


async def test_a_refusal_of_the_bodys_limits_passes_through() -> None:
    class TooLarge(Sent):
        async def receive(self) -> dict[str, Any]:
            raise Problem(Code.BODY_TOO_LARGE, "too large")

    assert (await refusal(TooLarge([]))).code == Code.BODY_TOO_LARGE


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="na\u00efve.png"'.encode(), "na\u00efve.png"),
        ('filename="na\u00efve.png"'.encode("latin-1"), "na\u00efve.png"),
        (b'filename="100%.png"', "100%.png"),
        (b'filename="a%22b.png"', 'a"b.png'),
        (b'filename="a\\"b.png"', 'a"b.png'),
        (b"filename=plain.png", "plain.png"),
        (b"filename*=UTF-8''na%C3%AFve.png", "na\u00efve.png"),
        (b"filename=\"x.png\"; filename*=UTF-8'en'na%C3%AFve.png", "na\u00efve.png"),
        (b"filename*=ISO-8859-1''na%EFve.png", "na\u00efve.png"),
        (b"filename=\"x; filename*=UTF-8''y.png\"", "x; filename*=UTF-8''y.png"),
        (b'filename="C:\\\\dir\\\\a.png"', "a.png"),
        (b'filename="\xff\xfe.png"', "\u00ff\u00fe.png"),
        (b'filename="a\x00b.png"', "a\x00b.png"),
        ('filename="\u202egnp.exe"'.encode(), "\u202egnp.exe"),
    ],
)
async def test_file_names_of_every_client_are_read(disposition: bytes, name: str) -> None:
    form = await read(body(part(b'name="files"; ' + disposition, b"x")))
    assert [f.name for _, f in form.files] == [name]


_contents = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"\r\n", b"\r", b"--", b"\r\n--", b"\r\n--" + BOUNDARY[:9].encode(), b"\xff"]),
)
_parts = st.one_of(
    st.builds(text, st.sampled_from(["subject", "files", "x"]), _contents),
    st.builds(file, st.sampled_from(["", "a.png", "ü.png"]), _contents),
)


@given(st.lists(_parts, max_size=8), st.data())
def test_however_a_form_is_cut_into_chunks_it_is_the_same(
    parts: list[bytes], data: st.DataObject
) -> None:
    whole = body(*parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    async def compare() -> None:
        assert shown(await read_form(Sent(chunks), limits())) == shown(await read(whole))

    asyncio.run(compare())


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            _parts,
            st.sampled_from([b"--" + BOUNDARY.encode(), b"\r\n", b"--", b"Content-Disposition: "]),
        ),
        max_size=12,
    ),
    st.text(st.characters(max_codepoint=255), max_size=30),
)
def test_random_bytes_are_a_form_or_a_problem(pieces: list[bytes], content_type: str) -> None:
    statuses: set[int] = set()

    async def attempt() -> None:
        for kind in (None, content_type, f"multipart/form-data; boundary={content_type}"):
            try:
                shown(await read_form(Sent(pieces, kind), limits()))
            except Problem as problem:
                statuses.add(problem.status)

    asyncio.run(attempt())
    assert statuses <= {400, 415}
