"""Opaque places in lists and logs: signed, so that what comes back is what was given out."""

import base64
import binascii
import hashlib
import hmac
from typing import Final, TypeVar

import msgspec

Place = TypeVar("Place", bound=msgspec.Struct)

_SIGNATURE: Final = 12


class Cursors:
    """Makes and reads cursors with one key (`settings.key_for("cursor")`)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, place: msgspec.Struct) -> str:
        """The place as URL-safe text."""
        body = msgspec.msgpack.encode(place)
        return base64.urlsafe_b64encode(self._sign(place, body) + body).decode().rstrip("=")

    def read(self, text: str, into: type[Place]) -> Place:
        """The place that `make` wrote. Raises ValueError for anything else."""
        try:
            data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("not a cursor") from None
        signature, body = data[:_SIGNATURE], data[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._sign(into, body)):
            raise ValueError("not a cursor of this list")
        return msgspec.msgpack.decode(body, type=into)

    def _sign(self, kind: msgspec.Struct | type[msgspec.Struct], body: bytes) -> bytes:
        # The kind is signed too: a cursor of one list is junk to another.
        name = (kind if isinstance(kind, type) else type(kind)).__name__
        return hmac.digest(self._key, name.encode() + b":" + body, hashlib.sha256)[:_SIGNATURE]
