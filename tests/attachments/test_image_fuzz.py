"""Random, cut, flipped and hostile files: a clean image or one of two refusals, nothing else, and
always soon."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attachments import corpus as make
from tests.attachments.corpus import SAMPLES
from tests.attachments.looking import clean
from ticketpen.attachments.images import BrokenImage, WrongKind, clean_image

PNG_METADATA = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"oFFs", b"teSt")
JPEG_METADATA = (*range(0xE0, 0xF0), 0xFE)
WEBP_METADATA = (b"EXIF", b"XMP ", b"JUNK", b"\0\0\0\0")
MARKS = (
    b"\x89PNG\r\n\x1a\n",
    make.PNG_SIGNATURE + make.png_header(),
    b"\xff\xd8\xff",
    make.SOI + make.DQT + make.jpeg_frame() + make.DHT + make.SCAN,
    b"RIFF\x20\0\0\0WEBP",
    make.webp_file(make.webp_header(0x0E))[:30],
    b"",
)
PNGS, JPEGS, WEBPS = (
    [data for data in SAMPLES.values() if data.startswith(mark) and len(data) < 3000]
    for mark in (b"\x89", b"\xff", b"RIFF")
)
FIVE_MEGABYTES = 5 * 1024 * 1024

quickly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def try_to_clean(data: bytes) -> bytes | None:
    """The cleaned file, itself clean; None for a refusal."""
    try:
        kept = clean(data)
    except (BrokenImage, WrongKind):
        return None
    assert clean_image(kept).pieces == (kept,)
    return kept


@quickly
@given(st.sampled_from(MARKS), st.binary(max_size=300))
def test_arbitrary_bytes_are_cleaned_or_refused(mark: bytes, rest: bytes) -> None:
    try_to_clean(mark + rest)


@quickly
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                (*PNG_METADATA, b"IDAT", b"PLTE", b"fcTL", b"fdAT", b"acTL", b"IEND", b"IHDR")
            ),
            st.binary(max_size=40),
        )
    )
)
def test_any_row_of_png_chunks_is_cleaned_or_refused(chunks: list[tuple[bytes, bytes]]) -> None:
    body = b"".join(make.png_chunk(name, data) for name, data in chunks)
    try_to_clean(make.PNG_SIGNATURE + make.png_header() + body + make.png_chunk(b"IEND"))


@quickly
@given(st.lists(st.tuples(st.integers(0xC0, 0xFE), st.binary(max_size=40))))
def test_any_row_of_jpeg_segments_is_cleaned_or_refused(segments: list[tuple[int, bytes]]) -> None:
    body = b"".join(make.jpeg_segment(code, data) for code, data in segments)
    try_to_clean(make.SOI + make.DQT + make.jpeg_frame() + body + make.SCAN + make.EOI)


@quickly
@given(
    st.integers(0, 255),
    st.lists(
        st.tuples(
            st.sampled_from((*WEBP_METADATA, b"ALPH", b"ANMF", b"ANIM", b"VP8 ", b"VP8L", b"VP8X")),
            st.binary(max_size=40),
        )
    ),
)
def test_any_row_of_webp_chunks_is_cleaned_or_refused(
    flags: int, chunks: list[tuple[bytes, bytes]]
) -> None:
    body = (make.webp_chunk(name, data) for name, data in chunks)
    try_to_clean(make.webp_file(make.webp_header(flags), *body, make.webp_image()))


@st.composite
def crowded(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A good file, and the same with random metadata between its parts."""
    good = draw(st.sampled_from(PNGS + JPEGS + WEBPS))
    parts = make.split(good)
    made = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 999), st.binary())))
    if good in PNGS:
        names = [part[4:8] for part in parts]
        first, last = names.index(b"IDAT"), len(names) - names[::-1].index(b"IDAT")
        places = [*range(2, first + 1), *range(last, len(parts))]
        extras = [make.png_chunk(PNG_METADATA[n % 7], data) for _, n, data in made]
    elif good in JPEGS:
        places = [*range(1, parts.index(make.EOI) + 1)]
        extras = [make.jpeg_segment(JPEG_METADATA[n % 17], b"-" + data) for _, n, data in made]
    else:
        places = [*range(2, len(parts) + 1)]
        extras = [make.webp_chunk(WEBP_METADATA[n % 4], data) for _, n, data in made]
    for (place, _, _), extra in zip(made, extras, strict=True):
        at = places[place % len(places)]
        parts[at - 1] += extra  # behind a part, so that the places stay
    body = b"".join(parts)
    if good in WEBPS:
        body = body[:4] + (len(body) - 8).to_bytes(4, "little") + body[8:]
    return good, body


@quickly
@given(crowded())
def test_random_metadata_in_a_good_file_is_cut_out_again(files: tuple[bytes, bytes]) -> None:
    good, full = files
    # A random EXIF block that came first hides the true one: then the picture loses its turn.
    assert clean(full) in (clean(good), clean(_without_exif(good)))


def _without_exif(data: bytes) -> bytes:
    parts = [p for p in make.split(data) if p[4:8] != b"eXIf" and p[:4] != b"EXIF"]
    if data.startswith(b"RIFF"):
        return make.webp_file(*parts[1:])
    return b"".join(parts)


@pytest.mark.parametrize("name", [name for name, data in SAMPLES.items() if len(data) < 1300])
def test_a_file_cut_at_any_byte_is_refused(name: str) -> None:
    data = SAMPLES[name]
    for stop in range(make.image_end(data)):
        with pytest.raises((BrokenImage, WrongKind)):
            clean_image(data[:stop])


@pytest.mark.parametrize("name", ["png by hand", "apng", "png with exif"])
def test_any_flipped_bit_of_a_png_is_noticed(name: str) -> None:
    for flipped in _flip(SAMPLES[name], range(len(SAMPLES[name]) * 8)):
        assert try_to_clean(flipped) is None


@pytest.mark.parametrize("name", SAMPLES)
def test_flipped_bits_never_crash(name: str) -> None:
    chance, data = random.Random(name), SAMPLES[name]
    head = min(len(data), 700) * 8
    for flipped in _flip(data, (chance.randrange(head) for _ in range(250))):
        try_to_clean(flipped)


@pytest.mark.parametrize("name", SAMPLES)
def test_random_bytes_in_a_good_file_never_crash(name: str) -> None:
    chance, data = random.Random(name), SAMPLES[name]
    for _ in range(100):
        altered = bytearray(data)
        for _ in range(chance.randrange(1, 6)):
            altered[chance.randrange(min(len(data), 2000))] = chance.choice((0, 1, 0x7F, 0xFF))
        try_to_clean(bytes(altered))


def _flip(data: bytes, bits: Iterable[int]) -> Iterable[bytes]:
    for bit in bits:
        altered = bytearray(data)
        altered[bit // 8] ^= 1 << bit % 8
        yield bytes(altered)


def _fill(start: bytes, part: bytes, end: bytes = b"") -> bytes:
    return start + part * ((FIVE_MEGABYTES - len(start) - len(end)) // len(part)) + end


def _riff(data: bytes) -> bytes:
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


_PNG_START = make.PNG_SIGNATURE + make.png_header()
_JPEG_START = make.SOI + make.DQT + make.jpeg_frame() + make.DHT
_WEBP_START = make.webp_file(make.webp_header(2), make.ANIM)

HOSTILE = {
    "png of empty chunks": _fill(_PNG_START, make.png_chunk(b"tEXt")),
    "png of empty image data": _fill(_PNG_START, make.png_chunk(b"IDAT"), make.png_chunk(b"IEND")),
    "png with one huge length": _PNG_START + b"\xff\xff\xff\xffIDAT" + bytes(99),
    "png of frames": _fill(_PNG_START + make.animation_control(9), make.frame_control(0)),
    "png of zeros": _fill(_PNG_START, b"\0"),
    "png with a huge exif count": make.make_png(
        make.png_chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + bytes(FIVE_MEGABYTES - 200))
    ),
    "jpeg of empty comments": _fill(make.SOI, b"\xff\xfe\0\2"),
    "jpeg of fill bytes": _fill(make.SOI, b"\xff"),
    "jpeg of fill bytes in its data": _fill(_JPEG_START + make.SCAN, b"\xff"),
    "jpeg of stuffed bytes": _fill(_JPEG_START + make.SCAN, b"\xff\0", make.EOI),
    "jpeg of restarts": _fill(_JPEG_START + make.SCAN, b"\xff\xd0", make.EOI),
    "jpeg of zeros in its data": _fill(_JPEG_START + make.SCAN, b"\0"),
    "jpeg of scans": _fill(_JPEG_START, make.SCAN, make.EOI),
    "jpeg of pictures": _fill(b"", make.SOI),
    "jpeg of empty tables": _fill(
        _JPEG_START, make.jpeg_segment(0xC4, bytes(17) * 3854), make.SCAN + make.EOI
    ),
    "webp of empty chunks": _riff(_fill(_WEBP_START, b"JUNK\0\0\0\0")),
    "webp of frames": _riff(_fill(_WEBP_START, make.webp_frame(make.webp_image()))),
    "webp of empty chunks in a frame": _riff(
        _WEBP_START + make.webp_frame(_fill(make.webp_image(), b"JUNK\0\0\0\0"))
    ),
    "webp of frames in frames": _riff(_fill(_WEBP_START, b"ANMF\xff\xff\xff\x7f" + bytes(16))),
    "text of spaces": _fill(b"", b" "),
    "text of brackets": _fill(b"", b"<"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_five_hostile_megabytes_are_answered(name: str) -> None:
    try_to_clean(HOSTILE[name])
