"""What a person sees in a file, and what a reader of metadata finds in it."""

import io

from PIL import Image, ImageOps

from tests.attachments import corpus as make
from ticketpen.attachments.images import clean_image


def clean(data: bytes) -> bytes:
    return b"".join(clean_image(data).pieces)


def look(data: bytes) -> list[tuple[object, bytes]]:
    """What a person sees: the duration and the pixels of every frame, upright."""
    picture = Image.open(io.BytesIO(data))
    frames = 1 if picture.format in ("JPEG", "MPO") else getattr(picture, "n_frames", 1)
    seen: list[tuple[object, bytes]] = []
    for number in range(frames):
        picture.seek(number)
        upright = ImageOps.exif_transpose(picture)
        seen.append((picture.info.get("duration"), upright.convert("RGBA").tobytes()))
    return seen


def orientation_of(data: bytes) -> int | None:
    orientation = Image.open(io.BytesIO(data)).getexif().get(make.ORIENTATION)
    assert orientation is None or isinstance(orientation, int)
    return orientation


def exif_tags(data: bytes) -> list[int]:
    return list(Image.open(io.BytesIO(data)).getexif())
