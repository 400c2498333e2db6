"""Rules for text that people write: what is blank, what is refused, how length counts. Pure."""

import re
import unicodedata
from typing import Final

from ticketpen.errors import FieldError, invalid

# Letters and symbols by category, but nothing is drawn for them: Hangul fillers, empty Braille.
_INVISIBLE: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NOT_IN_A_LINE: Final = re.compile("[\x00-\x1f\x85\u2028\u2029\ud800-\udfff]")


def is_blank(text: str) -> bool:
    """Whether nothing of it would be seen: only separators (Unicode Z*), controls and formats
    (Cc, Cf), and the letters that draw nothing; the empty text too."""
    return all(_is_unseen(character) for character in text)


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "Z" or category in ("Cc", "Cf") or character in _INVISIBLE


def is_storable(text: str) -> bool:
    """Whether both databases can keep it: no NUL and no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def with_plain_newlines(text: str) -> str:
    """CRLF and CR become LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def clean_text(field: str, value: object, max_length: int) -> str:
    """Text of several lines as it is kept: line ends as LF, everything else verbatim.

    `max_length` counts code points of what is kept. Raises Problem `invalid_value` for what is
    not text, blank, too long, or holds NUL or a lone surrogate."""
    if not isinstance(value, str):
        raise invalid(FieldError(field, "must be text."))
    text = with_plain_newlines(value)
    if _UNSTORABLE.search(text):
        raise invalid(FieldError(field, "must not contain NUL or half of a surrogate pair."))
    return _checked(field, text, max_length)


def clean_line(field: str, value: object, max_length: int) -> str:
    """Text of a single line, verbatim.

    Raises Problem `invalid_value` as `clean_text` does, and for line breaks (U+0085, U+2028 and
    U+2029 too) and control characters below U+0020."""
    if not isinstance(value, str):
        raise invalid(FieldError(field, "must be text."))
    if _NOT_IN_A_LINE.search(value):
        raise invalid(FieldError(field, "must be one line without control characters."))
    return _checked(field, value, max_length)


def _checked(field: str, text: str, max_length: int) -> str:
    if is_blank(text):
        raise invalid(FieldError(field, "must not be empty."))
    if len(text) > max_length:
        raise invalid(FieldError(field, f"must have at most {max_length} characters."))
    return text
