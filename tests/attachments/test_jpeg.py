"""The segments of a JPEG: which stay, and what makes it a broken one."""

import io
import struct

import pytest
from PIL import Image

from tests.attachments import corpus as make
from tests.attachments.corpus import SAMPLES, SECRET
from tests.attachments.looking import clean
from ticketpen.attachments.images import BrokenImage, clean_image


def test_a_jpeg_cut_in_half_is_refused() -> None:
    data = SAMPLES["jpeg with exif"]
    with pytest.raises(BrokenImage, match="the JPEG ends inside its image data"):
        clean_image(data[: len(data) - 200])


def test_a_jfif_thumbnail_goes_and_its_density_stays() -> None:
    full = make.jpeg_segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\1\1SEC")
    bare = make.jpeg_segment(0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0")
    assert clean(make.make_jpeg(full)) == make.make_jpeg(bare)


def test_adobes_mark_stays_because_it_tells_the_colours() -> None:
    bare = make.jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\2")
    assert clean(make.make_jpeg(bare)) == make.make_jpeg(bare)
    assert clean(make.make_jpeg(make.jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\2SECRET"))) == (
        make.make_jpeg(bare)
    )


def test_fill_bytes_and_restarts_belong_to_a_jpeg() -> None:
    data = make.make_jpeg(b"\xff\xff" + make.JFIF, scan=make.SCAN + b"\xff\xd0\x3f\xff\0\xff\xff")
    assert clean_image(data).pieces == (data,)


def test_segments_between_scans_are_cut() -> None:
    parts = make.split_jpeg(SAMPLES["jpeg progressive"])
    scans = [at for at, part in enumerate(parts) if part[1] == 0xDA]
    assert len(scans) > 5
    extras = [
        make.jpeg_segment(code, label + SECRET)
        for code, label in ((0xFE, b""), (0xE1, make.EXIF_LABEL), (0xE2, b"ICC_PROFILE\0\1\1"))
    ]
    crowded = [
        piece
        for at, part in enumerate(parts)
        for piece in ((*extras, part) if at > scans[0] else (part,))
    ]
    assert clean(b"".join(crowded)) == clean(SAMPLES["jpeg progressive"])


def test_of_several_pictures_in_one_jpeg_the_first_is_kept() -> None:
    data = SAMPLES["mpo"]
    assert Image.open(io.BytesIO(data)).format == "MPO"
    kept = Image.open(io.BytesIO(clean(data)))
    assert kept.format == "JPEG"
    assert make.image_end(data) < len(data)


def _jpeg_frame(
    code: int = 0xC0, bits: int = 8, parts: tuple[bytes, ...] = (b"\1\x11\0",)
) -> bytes:
    head = struct.pack(">BHHB", bits, 8, 8, len(parts))
    return make.jpeg_segment(code, head + b"".join(parts))


def _broken_frame(frame: bytes) -> bytes:
    return make.make_jpeg(frame=frame)


def _broken_scan(header: bytes, code: int = 0xC0) -> bytes:
    scan = make.jpeg_segment(0xDA, header) + b"\x3f"
    return make.make_jpeg(frame=make.jpeg_frame(code), scan=scan)


_THREE = (b"\1\x11\0", b"\2\x11\0", b"\3\x11\0")

BROKEN_JPEGS = {
    "the JPEG ends before its end mark": SAMPLES["jpeg by hand"][:2],
    "the JPEG ends inside its DQT segment": SAMPLES["jpeg by hand"][:30],
    "the JPEG ends inside its image data": SAMPLES["jpeg by hand"][:-2],
    "the JPEG has no marker at byte 2": make.SOI + b"hello",
    "the JPEG has an unexpected marker FFD8": make.SOI + SAMPLES["jpeg by hand"],
    "the JPEG has an unexpected marker FFC5": _broken_frame(make.jpeg_frame(0xC5)),
    "the JPEG has an unexpected marker FF41": make.make_jpeg(scan=make.SCAN + b"\xff\x41"),
    "the JPEG's COM segment has a wrong length": make.make_jpeg(b"\xff\xfe\0\1"),
    "the JPEG's APP3 segment has a wrong length": make.make_jpeg(b"\xff\xe3\0\0"),
    "the JPEG ends inside its APP1 segment": make.SOI + b"\xff\xe1\xff\xffExif\0\0" + make.EOI,
    "its width or height is zero": _broken_frame(make.jpeg_frame(height=0)),
    "the JPEG has two frame headers": make.make_jpeg(between=make.jpeg_frame()),
    "the JPEG's SOF segment has a wrong length": _broken_frame(
        make.jpeg_segment(0xC0, b"\x08\0\x08\0\x08\2\1\x11\0")
    ),
    "the JPEG has 12 bits a sample": _broken_frame(_jpeg_frame(bits=12)),
    "the JPEG's frame header is wrong": _broken_frame(_jpeg_frame(parts=(b"\1\x01\0",))),
    "the JPEG has a wrong number of colour components": _broken_frame(_jpeg_frame(parts=())),
    "the JPEG has image data before its frame header": make.SOI + make.DQT + make.SCAN + make.EOI,
    "the JPEG's SOS segment has a wrong length": _broken_scan(b"\2\1\0\0\x3f\0"),
    "the JPEG has image data for a component that": _broken_scan(b"\1\2\0\0\x3f\0"),
    "the JPEG's scan header is wrong": _broken_scan(b"\1\1\0\0\x3f\0", 0xC2),
    "the JPEG lacks quantization table 2": _broken_frame(_jpeg_frame(parts=(b"\1\x11\2",))),
    "the JPEG has a scan without image data": make.make_jpeg(scan=make.SCAN[:-1]),
    "the JPEG has no image data": make.make_jpeg(scan=b""),
    "the JPEG lacks the image data of a colour component": _broken_frame(_jpeg_frame(parts=_THREE)),
    "the JPEG's DHT segment has a wrong length": make.make_jpeg(
        between=make.jpeg_segment(0xC4, b"\0\1" + bytes(15))
    ),
    "the JPEG has a Huffman table with too many": make.make_jpeg(
        between=make.jpeg_segment(0xC4, b"\0" + b"\xff" * 16 + bytes(4080))
    ),
    "the JPEG has a Huffman table in a place": make.make_jpeg(
        between=make.jpeg_segment(0xC4, b"\x25" + bytes(16))
    ),
    "the JPEG's DQT segment has a wrong length": make.make_jpeg(make.jpeg_segment(0xDB, bytes(64))),
    "the JPEG has a quantization table that does": make.make_jpeg(
        make.jpeg_segment(0xDB, b"\4" + bytes(64))
    ),
    "the JPEG's DRI segment has a wrong length": make.make_jpeg(make.jpeg_segment(0xDD, b"\1")),
    "the JPEG's DAC segment has a wrong length": make.make_jpeg(make.jpeg_segment(0xCC, b"\1")),
    "the JPEG has a DNL segment before its image": make.make_jpeg(make.jpeg_segment(0xDC, b"\0\1")),
}


@pytest.mark.parametrize("reason", BROKEN_JPEGS)
def test_a_broken_jpeg_is_refused_with_its_reason(reason: str) -> None:
    with pytest.raises(BrokenImage) as refusal:
        clean_image(BROKEN_JPEGS[reason])
    assert str(refusal.value).startswith(reason)
