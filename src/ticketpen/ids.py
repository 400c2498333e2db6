"""Identifiers: UUIDv7 (RFC 9562), their strict form, and random secrets."""

import re
import secrets
from typing import Final

from ticketpen.clock import Moment, now

_FORM: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)


def new_id(moment: Moment | None = None) -> str:
    """A UUIDv7 for `moment` (default: now): 48 bits of milliseconds, 12 bits of their fraction
    (RFC 9562 section 6.2, method 3), 62 random bits. Sorting by id sorts by time."""
    milli, micro = divmod(now() if moment is None else moment, 1000)
    digits = (
        f"{milli & 0xFFFFFFFFFFFF:012x}7{micro * 4096 // 1000:03x}"
        f"{0x8000000000000000 | secrets.randbits(62):016x}"
    )
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def find_id(text: str) -> str | None:
    """The canonical form of a 36-character UUID in any case, or None for anything else."""
    return text.lower() if _FORM.fullmatch(text) else None


def new_secret(bits: int = 256) -> str:
    """An unguessable URL-safe string of `bits` random bits."""
    return secrets.token_urlsafe(bits // 8)
