"""What images.py takes and refuses, and what it leaves of a file."""

import io
import mmap
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from tests.attachments import corpus as make
from tests.attachments.corpus import SAMPLES, SECRET
from tests.attachments.looking import clean, exif_tags, look, orientation_of
from ticketpen.attachments.images import BrokenImage, Kind, WrongKind, clean_image

SWAPPED = (5, 6, 7, 8)


def turned(kind: str, block: bytes) -> bytes:
    """A picture of 40 × 24 with an EXIF block and a comment."""
    if kind == "PNG":
        options: dict[str, object] = {"exif": block}
    elif kind == "JPEG":
        options = {"exif": make.EXIF_LABEL + block, "comment": SECRET}
    else:
        options = {"exif": block, "xmp": make.XMP}
    return make.save(make.paint(), kind, **options)


every_sample = pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
every_kind = pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])


# -- what a file is ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bytes_tell_the_kind_and_the_size_as_displayed(name: str) -> None:
    found = clean_image(SAMPLES[name])
    kinds = {"p": Kind.PNG, "a": Kind.PNG, "j": Kind.JPEG, "m": Kind.JPEG, "w": Kind.WEBP}
    assert found.kind is kinds[name[0]]
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(SAMPLES[name])))
    assert (found.width, found.height) == picture.size


OTHERS = {
    "it is a GIF": make.save(make.paint(), "GIF"),
    "it is a BMP": make.save(make.paint(), "BMP"),
    "it is a TIFF": make.save(make.paint(), "TIFF"),
    "it is an icon file": make.save(make.paint(), "ICO"),
    "it is a PDF": make.save(make.paint(), "PDF"),
    "it is a JPEG 2000 image": b"\xff\x4f\xff\x51\0\x2f",
    "it is a JPEG XL image": b"\xff\x0a\xff\xd8",
    "it is an AVIF image": b"\0\0\0\x20ftypavif\0\0\0\0",
    "it is a HEIC photo": b"\0\0\0\x18ftypheic\0\0\0\0",
    "it is a video": b"\0\0\0\x18ftypmp42\0\0\0\0",
    "it is a sound file": b"RIFF\x24\0\0\0WAVEfmt ",
    "it is an SVG": b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<svg xmlns="x"/>',
    "it is an HTML page": b"\n <!DOCTYPE html><html><body>",
    "it is a text in XML or HTML": b"<p>hello",
    "it is a text": "Grüße, ".encode() * 2000,
    "it is a ZIP archive or an office document": b"PK\3\4\x14\0",
    "it is a program": b"MZ\x90\0\3\0\0\0",
    "it is an archive": b"\x1f\x8b\x08\0",
    "it is not a PNG, JPEG or WebP image": bytes(range(256)),
}


@pytest.mark.parametrize("reason", OTHERS)
def test_another_kind_is_refused_by_its_name(reason: str) -> None:
    with pytest.raises(WrongKind) as refusal:
        clean_image(OTHERS[reason])
    assert str(refusal.value) == reason


def test_an_empty_file_is_broken() -> None:
    with pytest.raises(BrokenImage, match="it is empty"):
        clean_image(b"")


def test_a_png_damaged_as_text_is_a_broken_png() -> None:
    with pytest.raises(BrokenImage, match="the PNG's first bytes are damaged"):
        clean_image(SAMPLES["png RGB"].replace(b"\r\n", b"\n"))


# -- what is left of it --------------------------------------------------------------------------


@every_sample
def test_every_frame_looks_the_same_to_the_last_pixel(data: bytes) -> None:
    assert look(clean(data)) == look(data)


@every_sample
def test_nothing_but_the_picture_is_left(data: bytes) -> None:
    kept = clean(data)
    assert SECRET not in kept
    assert exif_tags(kept) in ([], [make.ORIENTATION])


@every_sample
def test_a_file_without_metadata_stays_as_it_is_in_one_piece(data: bytes) -> None:
    found = clean_image(data)
    untouched = SECRET not in data and b"Exif" not in data
    assert (b"".join(found.pieces) == data) is untouched
    assert (len(found.pieces) == 1) or not untouched


@every_sample
def test_cleaning_again_changes_nothing(data: bytes) -> None:
    once = clean(data)
    again = clean_image(once)
    assert again.pieces == (once,)
    assert again.size == len(once)


@every_sample
def test_the_size_is_the_size_of_what_is_kept(data: bytes) -> None:
    assert clean_image(data).size == len(clean(data))


@every_sample
def test_the_picture_itself_is_not_copied(data: bytes) -> None:
    found = clean_image(data)
    new = [piece for piece in found.pieces if isinstance(piece, bytes)]
    assert sum(map(len, new)) < 60 + 16 * len(found.pieces)
    for piece in found.pieces:
        assert isinstance(piece, bytes) or piece.obj is data


@every_sample
def test_bytes_behind_the_image_are_cut_off(data: bytes) -> None:
    tail = b"\0\0\0\x18ftypmp42 SECRET motion" + make.EOI + make.png_chunk(b"IEND")
    assert clean(data[: make.image_end(data)] + tail) == clean(data)


@pytest.mark.parametrize("wrap", [bytearray, memoryview])
def test_any_buffer_will_do(wrap: type[bytearray] | type[memoryview]) -> None:
    data = SAMPLES["jpeg with exif"]
    assert b"".join(clean_image(wrap(data)).pieces) == clean(data)


def test_a_mapped_file_can_be_cleaned_and_is_free_again_after_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    for data in (SAMPLES["apng"], SAMPLES["jpeg progressive"], SAMPLES["webp animated"]):
        path.write_bytes(data)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            assert b"".join(clean_image(view).pieces) == clean(data)
        path.write_bytes(data[:-3])
        with path.open("rb") as file:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            with pytest.raises(BrokenImage) as refusal:
                clean_image(view)
            view.close()
            assert refusal.value.__context__ is None


@pytest.mark.parametrize("name", ["png with profile", "jpeg with profile", "webp with profile"])
def test_the_colour_profile_is_kept(name: str) -> None:
    before, after = (
        Image.open(io.BytesIO(data)).info["icc_profile"]
        for data in (SAMPLES[name], clean(SAMPLES[name]))
    )
    assert before == after
    assert len(before) % len(make.make_icc()) == 0


# -- orientation ---------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(2, 9))
def test_the_orientation_is_all_that_is_kept_of_exif(
    kind: str, order: str, orientation: int
) -> None:
    data = turned(kind, make.make_exif(orientation, order))
    found = clean_image(data)
    kept = b"".join(found.pieces)
    assert exif_tags(kept) == [make.ORIENTATION]
    assert orientation_of(kept) == orientation
    assert (found.width, found.height) == ((24, 40) if orientation in SWAPPED else (40, 24))
    assert look(kept) == look(data)
    assert make.make_small_exif(orientation, order) in kept


@every_kind
@pytest.mark.parametrize("orientation", [0, 1, 9, 65535])
def test_an_upright_picture_keeps_no_exif(kind: str, orientation: int) -> None:
    kept = clean(turned(kind, make.make_exif(orientation)))
    assert exif_tags(kept) == []
    assert b"exif" not in kept.lower()


@every_kind
@pytest.mark.parametrize("order", "<>")
def test_a_file_with_nothing_but_the_orientation_stays_as_it_is(kind: str, order: str) -> None:
    once = clean(turned(kind, make.make_small_exif(6, order)))
    assert clean_image(once).pieces == (once,)
    if kind != "WEBP":
        data = SAMPLES["png by hand"] if kind == "PNG" else SAMPLES["jpeg by hand"]
        block = make.make_small_exif(3, order)
        chunk = (
            make.png_chunk(b"eXIf", block)
            if kind == "PNG"
            else make.jpeg_segment(0xE1, make.EXIF_LABEL + block)
        )
        at = 33 if kind == "PNG" else 2
        assert clean_image(data[:at] + chunk + data[at:]).pieces == (data[:at] + chunk + data[at:],)


MALFORMED = {
    "empty": b"",
    "cut": b"MM\0",
    "no TIFF": b"XX\0*" + bytes(30),
    "offset far away": b"MM\0*\xff\xff\xff\xff" + bytes(30),
    "offset into itself": b"MM\0*\0\0\0\0" + bytes(30),
    "offset at the end": make.make_small_exif(6)[:8],
    "huge count": b"MM\0*\0\0\0\x08\xff\xff" + bytes(12) * 40,
    "wrong type": make.make_small_exif(6).replace(b"\0\3\0\0\0\1", b"\0\4\0\0\0\1"),
    "two values": make.make_small_exif(6).replace(b"\0\3\0\0\0\1", b"\0\3\0\0\0\2"),
    "a loop of directories": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
}


@pytest.mark.parametrize("block", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_exif_block_means_no_orientation(block: bytes) -> None:
    png = make.make_png(make.png_chunk(b"eXIf", block))
    jpeg = make.make_jpeg(make.jpeg_segment(0xE1, make.EXIF_LABEL + block))
    webp = make.webp_file(
        make.webp_header(make.WEBP_EXIF_FLAG), make.webp_image(), make.webp_chunk(b"EXIF", block)
    )
    assert clean(png) == SAMPLES["png by hand"]
    assert clean(jpeg) == SAMPLES["jpeg by hand"]
    assert clean(webp) == make.webp_file(make.webp_header(0), make.webp_image())


def test_an_orientation_before_the_end_of_a_cut_block_still_counts() -> None:
    block = b"MM\0*\0\0\0\x08\xff\xff" + make.make_small_exif(6)[10:22] + b"\0\0"
    assert orientation_of(clean(make.make_png(make.png_chunk(b"eXIf", block)))) == 6


def test_only_the_first_exif_block_counts() -> None:
    first, second = make.make_small_exif(6), make.make_small_exif(3)
    png = make.make_png(make.png_chunk(b"eXIf", first), make.png_chunk(b"eXIf", second))
    jpeg = make.make_jpeg(
        make.jpeg_segment(0xE1, make.EXIF_LABEL + make.make_exif(1)),
        make.jpeg_segment(0xE1, make.EXIF_LABEL + second),
    )
    assert clean(png) == make.make_png(make.png_chunk(b"eXIf", first))
    assert clean(jpeg) == SAMPLES["jpeg by hand"]


# -- what is refused -------------------------------------------------------------------------------


@every_sample
def test_a_file_that_ends_between_two_of_its_parts_is_refused(data: bytes) -> None:
    end, at = make.image_end(data), 0
    for part in make.split(data):
        for stop in (at, at + len(part) // 2, at + len(part) - 1):
            if stop < end:
                with pytest.raises((BrokenImage, WrongKind)):
                    clean_image(data[:stop])
        at += len(part)


HUGE = {
    "png": make.make_png(header=make.png_header(8000, 9000)),
    "jpeg": make.make_jpeg(frame=make.jpeg_frame(width=8000, height=9000)),
    "webp": make.webp_file(make.webp_header(0, 8000, 9000), make.webp_image()),
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE)
def test_too_many_pixels_are_refused_with_their_number(data: bytes) -> None:
    with pytest.raises(BrokenImage) as refusal:
        clean_image(data)
    assert str(refusal.value) == "8000 × 9000 pixels is more than the allowed 50,000,000"


@every_sample
def test_the_limit_of_pixels_is_exact(data: bytes) -> None:
    found = clean_image(data)
    area = found.width * found.height
    assert clean_image(data, max_pixels=area).size == found.size
    with pytest.raises(BrokenImage, match="is more than the allowed"):
        clean_image(data, max_pixels=area - 1)
