"""An attachment as a value."""

import msgspec


class Attachment(msgspec.Struct, frozen=True):
    """A kept screenshot. Size in bytes as served; width and height in pixels as displayed."""

    id: str
    filename: str
    original_name: str
    content_type: str
    size: int
    width: int
    height: int
    sha256: str
    storage_key: str
