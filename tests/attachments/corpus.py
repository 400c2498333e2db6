"""Makes images by several encoders: Pillow's, and containers put together here by hand. All
metadata in them contains SECRET. Also takes containers apart again, by its own simple reading."""

import functools
import io
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

SECRET = b"SECRET"
ORIENTATION = 0x0112
WEBP_EXIF_FLAG, WEBP_XMP_FLAG, WEBP_ANIMATION_FLAG = 0x08, 0x04, 0x02


# -- metadata ------------------------------------------------------------------------------------


def make_exif(orientation: int = 1, order: str = "<") -> bytes:
    """A TIFF block as a phone writes it: the maker, the orientation, a place on earth."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "SECRET maker"
    exif[ORIENTATION] = orientation
    exif[0x8825] = {1: "N", 2: (48.0, 12.0, 30.5), 3: "E", 4: (16.0, 22.0, 7.1), 18: "SECRET place"}
    return exif.tobytes().removeprefix(b"Exif\0\0")


def make_small_exif(orientation: int, order: str = ">") -> bytes:
    """A TIFF block that holds the orientation and nothing else."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    return mark + struct.pack(order + "IHHHIHxxI", 8, 1, ORIENTATION, 3, 1, orientation, 0)


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>SECRET</a></x:xmpmeta>'


@functools.cache
def make_icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# -- pictures ------------------------------------------------------------------------------------


@functools.cache
def paint(mode: str = "RGB", size: tuple[int, int] = (40, 24), shift: int = 0) -> Image.Image:
    """A picture without any symmetry, so that turns and losses show."""
    picture = Image.new("RGBA", size, (240, 240, 230, 255))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((2 + shift, 2, size[0] // 2, size[1] // 3), fill=(200, 30, 60, 255))
    draw.line((0, size[1] - 1, size[0] - 1, shift), fill=(10, 90, 200, 120), width=2)
    draw.point((size[0] - 2, 1), fill=(0, 0, 0, 0))
    return picture.convert(mode)


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


# -- PNG by hand ---------------------------------------------------------------------------------

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_header(width: int = 2, height: int = 2, *rest: int) -> bytes:
    """IHDR; `rest` is depth, colour type, compression, filter, interlace (8-bit RGB)."""
    return png_chunk(b"IHDR", struct.pack(">II5B", width, height, *(rest or (8, 2, 0, 0, 0))))


def png_pixels(width: int = 2, height: int = 2, tone: int = 128) -> bytes:
    return zlib.compress((b"\0" + bytes((tone,)) * 3 * width) * height)


def make_png(*between: bytes, after: Iterable[bytes] = (), header: bytes = b"") -> bytes:
    """A 2 × 2 RGB picture with chunks between IHDR and IDAT, and between IDAT and IEND."""
    data = png_chunk(b"IDAT", png_pixels())
    parts = (PNG_SIGNATURE, header or png_header(), *between, data, *after, png_chunk(b"IEND"))
    return b"".join(parts)


def frame_control(
    number: int, width: int = 2, height: int = 2, left: int = 0, top: int = 0
) -> bytes:
    data = struct.pack(">IIIIIHHBB", number, width, height, left, top, 1, 10, 0, 0)
    return png_chunk(b"fcTL", data)


def frame_data(number: int, width: int = 2, height: int = 2) -> bytes:
    return png_chunk(b"fdAT", struct.pack(">I", number) + png_pixels(width, height, 30))


def animation_control(frames: int) -> bytes:
    return png_chunk(b"acTL", struct.pack(">II", frames, 0))


def split_png(data: bytes) -> list[bytes]:
    """The signature, then each chunk."""
    parts, at = [data[:8]], 8
    while at < len(data):
        stop = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at:stop])
        at = stop
    return parts


# -- JPEG by hand --------------------------------------------------------------------------------


def jpeg_segment(code: int, data: bytes = b"") -> bytes:
    return bytes((0xFF, code)) + (len(data) + 2).to_bytes(2, "big") + data


SOI, EOI = b"\xff\xd8", b"\xff\xd9"
JFIF = jpeg_segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0")
EXIF_LABEL = b"Exif\0\0"
XMP_LABEL = b"http://ns.adobe.com/xap/1.0/\0"
DQT = jpeg_segment(0xDB, b"\0" + bytes([1] * 64))
# One code of one bit in each: DC difference 0, and end of block.
DHT = jpeg_segment(0xC4, b"\0\1" + bytes(15) + b"\0" + b"\x10\1" + bytes(15) + b"\0")
SCAN = jpeg_segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x3f"


def jpeg_frame(
    code: int = 0xC0, width: int = 8, height: int = 8, parts: Sequence[bytes] = (b"\1\x11\0",)
) -> bytes:
    head = struct.pack(">BHHB", 8, height, width, len(parts))
    return jpeg_segment(code, head + b"".join(parts))


def make_jpeg(
    *before: bytes, frame: bytes = b"", between: bytes = b"", scan: bytes = SCAN
) -> bytes:
    """An 8 × 8 grey picture, every byte of it from here."""
    return b"".join((SOI, *before, DQT, frame or jpeg_frame(), DHT, between, scan, EOI))


def split_jpeg(data: bytes) -> list[bytes]:
    """SOI, then each segment (with the image data behind it), to the first EOI; then the rest."""
    parts, at = [data[:2]], 2
    while data[at : at + 2] != EOI:
        code = at + 1
        while data[code] == 0xFF:
            code += 1
        stop = code + 1 + int.from_bytes(data[code + 1 : code + 3], "big")
        if data[code] == 0xDA:
            while data[stop] != 0xFF or data[stop + 1] == 0 or 0xD0 <= data[stop + 1] <= 0xD7:
                stop += 1
        parts.append(data[at:stop])
        at = stop
    parts.append(data[at : at + 2])
    if data[at + 2 :]:
        parts.append(data[at + 2 :])
    return parts


# -- WebP by hand --------------------------------------------------------------------------------


def webp_chunk(name: bytes, data: bytes = b"") -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def webp_file(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_header(flags: int, width: int = 40, height: int = 24) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + size)


@functools.cache
def webp_image(
    mode: str = "RGB", size: tuple[int, int] = (40, 24), lossless: bool = False
) -> bytes:
    """The VP8 or VP8L chunk (with ALPH before it if the mode has alpha) of a picture."""
    file = save(paint(mode, size), "WEBP", lossless=lossless)
    chunks = split_webp(file)[1:]
    return b"".join(c for c in chunks if c[:4] in (b"ALPH", b"VP8 ", b"VP8L"))


def webp_frame(*chunks: bytes, place: tuple[int, int, int, int] = (0, 0, 40, 24)) -> bytes:
    left, top, width, height = place
    numbers = (left // 2, top // 2, width - 1, height - 1, 80)
    head = b"".join(n.to_bytes(3, "little") for n in numbers) + b"\0"
    return webp_chunk(b"ANMF", head + b"".join(chunks))


ANIM = webp_chunk(b"ANIM", bytes(6))


def split_webp(data: bytes) -> list[bytes]:
    """The file's head, then each chunk."""
    parts, at = [data[:12]], 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append(data[at : at + 8 + size + size % 2])
        at += 8 + size + size % 2
    return parts


# -- the corpus ----------------------------------------------------------------------------------


def _many_pngs() -> dict[str, bytes]:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "SECRET comment")
    text.add_text("Author", "SECRET author", zip=True)
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    modes = {mode: save(paint(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
    files = {f"png {mode}": data for mode, data in modes.items()}
    files["png 16 bit"] = save(paint("L").convert("I;16"), "PNG")
    files["png with text"] = save(paint(), "PNG", pnginfo=text)
    files["png with profile"] = save(paint(), "PNG", icc_profile=make_icc(), dpi=(96, 96))
    files["png with exif"] = save(paint(), "PNG", exif=make_exif(6), pnginfo=text)
    files["png with transparent colour"] = save(paint(), "PNG", transparency=(240, 240, 230))
    frames = [paint("RGBA", shift=shift) for shift in (3, 6)]
    moving = {"save_all": True, "append_images": frames, "duration": 70, "pnginfo": text}
    files["apng"] = save(paint("RGBA"), "PNG", **moving)
    files["apng with a cover"] = save(paint("RGBA"), "PNG", default_image=True, **moving)
    files["png by hand"] = make_png()
    files["png in many pieces"] = b"".join(
        (
            *(PNG_SIGNATURE, png_header(), png_chunk(b"tIME", SECRET + b"!")),
            *(png_chunk(b"IDAT", bytes((byte,))) for byte in png_pixels()),
            *(png_chunk(b"IDAT"), png_chunk(b"tEXt", b"Comment\0SECRET"), png_chunk(b"IEND")),
        )
    )
    return files


def _many_jpegs() -> dict[str, bytes]:
    files = {f"jpeg {mode}": save(paint(mode), "JPEG") for mode in ("L", "RGB", "CMYK")}
    files["jpeg progressive"] = save(paint(), "JPEG", progressive=True, comment=b"SECRET")
    files["jpeg progressive cmyk"] = save(paint("CMYK"), "JPEG", progressive=True)
    files["jpeg with restarts"] = save(paint(), "JPEG", restart_marker_blocks=1)
    files["jpeg without subsampling"] = save(paint(), "JPEG", subsampling=0, optimize=True)
    files["jpeg with exif"] = save(
        paint(), "JPEG", exif=EXIF_LABEL + make_exif(6), comment=b"SECRET"
    )
    files["jpeg with upright exif"] = save(paint(), "JPEG", exif=EXIF_LABEL + make_exif(1))
    files["jpeg with xmp"] = save(paint(), "JPEG", xmp=XMP, exif=EXIF_LABEL + make_exif(8))
    files["jpeg with profile"] = save(paint(), "JPEG", icc_profile=make_icc() * 200)
    second = paint("RGB", shift=5)
    files["mpo"] = save(
        paint(), "MPO", save_all=True, append_images=[second], exif=EXIF_LABEL + make_exif(3)
    )
    files["jpeg by hand"] = make_jpeg()
    files["jpeg full of extras"] = make_jpeg(
        jpeg_segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\1\1SEC"),
        jpeg_segment(0xE0, b"JFXX\0\x13\1\1SECRET"),
        jpeg_segment(0xE1, EXIF_LABEL + make_exif(5)),
        jpeg_segment(0xE1, XMP_LABEL + XMP),
        jpeg_segment(0xE2, b"FPXR\0SECRET"),
        jpeg_segment(0xED, b"Photoshop 3.0\x008BIMSECRET"),
        b"\xff\xff\xff" + jpeg_segment(0xFE, SECRET),
        jpeg_segment(0xEF, SECRET),
        between=jpeg_segment(0xDD, b"\0\0") + jpeg_segment(0xFE, SECRET),
    )
    return files


def _many_webps() -> dict[str, bytes]:
    files = {
        "webp lossy": save(paint(), "WEBP"),
        "webp lossless": save(paint(), "WEBP", lossless=True),
        "webp lossy with alpha": save(paint("RGBA"), "WEBP"),
        "webp lossless with alpha": save(paint("RGBA"), "WEBP", lossless=True),
        "webp with exif": save(paint(), "WEBP", exif=make_exif(7), xmp=XMP),
        "webp with profile": save(paint("RGBA"), "WEBP", icc_profile=make_icc(), xmp=XMP),
    }
    frames = [paint("RGBA", shift=shift) for shift in (3, 6)]
    moving = {"save_all": True, "append_images": frames, "duration": 70}
    files["webp animated"] = save(paint("RGBA"), "WEBP", **moving)
    files["webp animated with exif"] = save(
        paint("RGBA"), "WEBP", exif=make_exif(6), xmp=XMP, **moving
    )
    files["webp by hand"] = webp_file(
        webp_header(WEBP_EXIF_FLAG | WEBP_XMP_FLAG | 0x10),
        webp_chunk(b"EXIF", EXIF_LABEL + make_exif(2, ">")),
        webp_chunk(b"SECR", b"ET SECRET"),
        webp_image("RGBA"),
        webp_chunk(b"XMP ", XMP),
    )
    files["webp animated by hand"] = webp_file(
        webp_header(WEBP_ANIMATION_FLAG),
        ANIM,
        webp_frame(webp_image(), webp_chunk(b"note", b"SECRET!")),
        webp_chunk(b"note", SECRET),
        webp_frame(webp_image("RGBA", (20, 10)), place=(20, 14, 20, 10)),
        webp_frame(webp_image(lossless=True)),
    )
    return files


# Good files of all three kinds, by a name that begins with the kind's.
SAMPLES = {**_many_pngs(), **_many_jpegs(), **_many_webps()}


def split(data: bytes) -> list[bytes]:
    """The structural parts of a good file of any kind."""
    cut: Callable[[bytes], list[bytes]]
    cut = {b"\x89": split_png, b"\xff": split_jpeg, b"R": split_webp}[data[:1]]
    return cut(data)


def image_end(data: bytes) -> int:
    """Where the first picture of a good file ends: before the end of the file for an MPO."""
    parts = split(data)
    if data.startswith(SOI):
        parts = parts[: parts.index(EOI) + 1]
    return sum(map(len, parts))
