"""The chunks of a WebP: which stay, and what makes it a broken one."""

import pytest

from tests.attachments import corpus as make
from tests.attachments.corpus import SAMPLES
from tests.attachments.looking import clean
from ticketpen.attachments.images import BrokenImage, clean_image


def test_a_webp_keeps_its_header_in_step_with_its_chunks() -> None:
    kept = clean(SAMPLES["webp with exif"])
    assert [chunk[:4] for chunk in make.split_webp(kept)] == [b"RIFF", b"VP8X", b"VP8 ", b"EXIF"]
    assert kept[20] == make.WEBP_EXIF_FLAG
    assert int.from_bytes(kept[4:8], "little") == len(kept) - 8


def test_exif_that_a_webp_does_not_announce_is_cut() -> None:
    block = make.webp_chunk(b"EXIF", make.make_exif(6))
    simple = make.webp_file(make.webp_image(), block)
    extended = make.webp_file(make.webp_header(0), make.webp_image(), block)
    assert clean(simple) == make.webp_file(make.webp_image())
    assert clean(extended) == make.webp_file(make.webp_header(0), make.webp_image())


def test_frames_in_a_webp_that_does_not_move_are_cut() -> None:
    frame = make.webp_frame(make.webp_image())
    data = make.webp_file(make.webp_header(0), make.ANIM, frame, make.webp_image())
    assert clean(data) == make.webp_file(make.webp_header(0), make.webp_image())


def _webp(*chunks: bytes, flags: int = 0) -> bytes:
    return make.webp_file(make.webp_header(flags), *chunks)


def _moving(*chunks: bytes) -> bytes:
    return _webp(*chunks, flags=make.WEBP_ANIMATION_FLAG)


_IMAGE = make.webp_image()
_LOSSLESS = make.webp_image(lossless=True)
_ALPHA = make.split_webp(make.webp_file(make.webp_image("RGBA")))[1]
_SHORT = make.webp_chunk(b"VP8 ", _IMAGE[8:40])

BROKEN_WEBPS = {
    "the WebP ends before the size it announces": make.webp_file(_IMAGE)[:-1],
    "the WebP does not begin with its image data": make.webp_file(_ALPHA, _IMAGE),
    "the WebP has no proper chunk at byte": make.webp_file(_IMAGE, b"EXIF"),
    "the WebP ends inside its EXIF chunk": make.webp_file(_IMAGE, b"EXIF\1\0\0\0a"),
    "the VP8X chunk has a wrong length": make.webp_file(
        make.webp_chunk(b"VP8X", bytes(11)), _IMAGE
    ),
    "the WebP has two VP8X chunks": _webp(make.webp_header(0), _IMAGE),
    "the WebP has no image data": _webp(make.webp_chunk(b"ICCP", make.make_icc())),
    "the WebP has image data in two places": _webp(_IMAGE, _IMAGE),
    "the WebP's image data has another size": _webp(make.webp_image("RGB", (20, 10))),
    "the WebP's image data is too short": make.webp_file(_SHORT),
    "the WebP's image data does not start with a picture": make.webp_file(
        _IMAGE.replace(b"\x9d\x01\x2a", b"\x9d\x01\x2b", 1)
    ),
    "its width or height is zero": make.webp_file(_IMAGE.replace(b"\x2a\x28\0", b"\x2a\0\0", 1)),
    "the WebP's ALPH chunk is wrong": _webp(_ALPHA, _LOSSLESS),
    "the animated WebP has image data outside": _moving(make.ANIM, _IMAGE),
    "the WebP's ANIM chunk is wrong": _moving(make.ANIM, make.ANIM),
    "the WebP has a frame before its ANIM chunk": _moving(make.webp_frame(_IMAGE)),
    "an ANMF chunk has a wrong length": _moving(make.ANIM, make.webp_chunk(b"ANMF", bytes(15))),
    "a frame of the animation does not fit": _moving(
        make.ANIM, make.webp_frame(_IMAGE, place=(2, 0, 40, 24))
    ),
    "a frame of the animation has image data in two": _moving(
        make.ANIM, make.webp_frame(_IMAGE, _IMAGE)
    ),
    "a frame of the animation lacks image data": _moving(make.ANIM, make.webp_frame(_ALPHA)),
}


def test_a_lossless_webp_with_a_wrong_start_is_refused() -> None:
    for start in (b"\x2e", b"\x2f" + _LOSSLESS[9:12] + b"\xf0"):
        data = _LOSSLESS[:8] + start + _LOSSLESS[8 + len(start) :]
        with pytest.raises(BrokenImage, match="does not start with a picture"):
            clean_image(make.webp_file(data))


@pytest.mark.parametrize("reason", BROKEN_WEBPS)
def test_a_broken_webp_is_refused_with_its_reason(reason: str) -> None:
    with pytest.raises(BrokenImage) as refusal:
        clean_image(BROKEN_WEBPS[reason])
    assert str(refusal.value).startswith(reason)
