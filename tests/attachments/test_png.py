"""The chunks of a PNG: which stay, and what makes it a broken one."""

import struct

import pytest

from tests.attachments import corpus as make
from tests.attachments.corpus import SAMPLES, SECRET
from tests.attachments.looking import clean, look
from ticketpen.attachments.images import BrokenImage, clean_image


def test_a_png_keeps_the_chunks_that_change_its_looks_and_no_others() -> None:
    looks = (
        make.png_chunk(b"gAMA", struct.pack(">I", 45455)),
        make.png_chunk(b"cHRM", bytes(32)),
        make.png_chunk(b"sBIT", b"\x08\x08\x08"),
        make.png_chunk(b"cICP", b"\1\x0d\0\1"),
        make.png_chunk(b"bKGD", bytes(6)),
        make.png_chunk(b"pHYs", bytes(9)),
    )
    others = tuple(
        make.png_chunk(name, SECRET)
        for name in (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"oFFs", b"iDOT", b"vpAg", b"prVt")
    )
    mixed = [chunk for pair in zip(others, looks, strict=False) for chunk in pair]
    assert clean(make.make_png(*mixed, after=others)) == make.make_png(*looks)


def test_exif_behind_the_image_data_of_a_png_moves_before_it() -> None:
    behind = make.make_png(after=[make.png_chunk(b"eXIf", make.make_exif(8))])
    before = make.make_png(make.png_chunk(b"eXIf", make.make_small_exif(8, "<")))
    assert clean(behind) == before
    assert look(clean(behind)) == look(behind)


def test_animation_chunks_without_an_animation_are_cut() -> None:
    orphans = [make.frame_control(0), make.frame_data(1), make.animation_control(1)]
    assert clean(make.make_png(after=orphans)) == SAMPLES["png by hand"]
    first = make.make_png(make.frame_control(0))
    assert clean(make.make_png(make.frame_control(0), after=orphans)) == first


def test_the_first_frame_control_may_stand_before_the_animation_control() -> None:
    data = make.make_png(make.frame_control(0), make.animation_control(1))
    assert clean(data) == data


_BOTH = (make.animation_control(2), make.frame_control(0))
_PALETTE = make.png_header(2, 2, 8, 3, 0, 0, 0)

BROKEN_PNGS = {
    "the PNG does not begin with its IHDR chunk": make.PNG_SIGNATURE + make.png_chunk(b"IDAT"),
    "the IHDR chunk has a wrong length": make.make_png(header=make.png_chunk(b"IHDR", bytes(12))),
    "its width or height is zero": make.make_png(header=make.png_header(0, 2)),
    "colour type 2 with 4 bits does not exist": make.make_png(
        header=make.png_header(2, 2, 4, 2, 0, 0, 0)
    ),
    "colour type 5 with 8 bits does not exist": make.make_png(
        header=make.png_header(2, 2, 8, 5, 0, 0, 0)
    ),
    "the IHDR chunk names an unknown method": make.make_png(
        header=make.png_header(2, 2, 8, 2, 0, 0, 2)
    ),
    "the PNG has two IHDR chunks": make.make_png(make.png_header()),
    "the PNG has no image data": make.PNG_SIGNATURE + make.png_header() + make.png_chunk(b"IEND"),
    "the PNG has no PLTE chunk before its image data": make.make_png(header=_PALETTE),
    "the PLTE chunk has a wrong length": make.make_png(
        make.png_chunk(b"PLTE", bytes(4)), header=_PALETTE
    ),
    "the PLTE chunk stands in a wrong place": make.make_png(
        after=[make.png_chunk(b"PLTE", bytes(3))]
    ),
    "the PNG's IDAT chunks do not follow one another": make.make_png(
        after=[make.png_chunk(b"tEXt", b"a\0b"), make.png_chunk(b"IDAT", b"a")]
    ),
    "the PNG needs an unknown chunk, CgBI": make.make_png(make.png_chunk(b"CgBI", bytes(4))),
    "the PNG has no proper chunk at byte 33": make.make_png(make.png_chunk(b"te t")),
    "the IEND chunk has a wrong length": SAMPLES["png by hand"][:-12]
    + make.png_chunk(b"IEND", b"a"),
    "checksum of chunk IDAT is wrong": SAMPLES["png by hand"].replace(b"IDATx", b"IDATy"),
    "checksum of chunk tEXt is wrong": make.make_png(make.png_chunk(b"tEXt", b"a")[:-1] + b"?"),
    "the PNG ends before its IEND chunk": SAMPLES["png by hand"][:-12],
    "the PNG ends inside its IDAT chunk": SAMPLES["png by hand"][:50],
    "the PNG's acTL chunk is wrong": make.make_png(*_BOTH, make.animation_control(2)),
    "the PNG's animation has no frames": make.make_png(make.animation_control(0)),
    "an fcTL chunk has a wrong length": make.make_png(_BOTH[0], make.png_chunk(b"fcTL", bytes(25))),
    "an fcTL chunk names an unknown method": make.make_png(
        _BOTH[0], make.png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 2, 2, 0, 0, 1, 1, 3, 0))
    ),
    "an fdAT chunk has a wrong length": make.make_png(
        *_BOTH, after=[make.png_chunk(b"fdAT", b"a")]
    ),
    "the animation's frames are not in order": make.make_png(
        *_BOTH, after=[make.frame_control(2), make.frame_data(1)]
    ),
    "a frame of the animation does not fit the picture": make.make_png(
        *_BOTH, after=[make.frame_control(1, 2, 2, 1, 0), make.frame_data(2)]
    ),
    "a frame of the animation has no data": make.make_png(*_BOTH, after=[make.frame_control(1)]),
    "the animation has data outside of its frames": make.make_png(
        *_BOTH, after=[make.frame_data(1)]
    ),
    "the animation has 1 of the 2 frames it announces": make.make_png(*_BOTH),
    "the animation's first frame is not the picture itself": make.make_png(
        _BOTH[0], make.frame_control(0, 1, 1)
    ),
}


@pytest.mark.parametrize("reason", BROKEN_PNGS)
def test_a_broken_png_is_refused_with_its_reason(reason: str) -> None:
    with pytest.raises(BrokenImage) as refusal:
        clean_image(BROKEN_PNGS[reason])
    assert str(refusal.value).startswith(reason)
