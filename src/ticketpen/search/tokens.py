"""Words from text: case and accents folded, no stemming. Pure."""

import re
import unicodedata
from typing import Final

MAX_WORD: Final = 64
"""Longer words are cut, in the text and in the question alike, so they still match."""

MAX_QUESTION_WORDS: Final = 16

_WORD: Final = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """The distinct words of `text` in order of appearance.

    Folding: NFKD, marks dropped, casefold, NFKD again (folding can bring new marks). Text without
    blanks between words (CJK) is one word: a documented limit."""
    if text.isascii():
        folded = text.lower()
    else:
        decomposed = unicodedata.normalize("NFKD", text)
        folded = unicodedata.normalize("NFKD", _without_marks(decomposed).casefold())
        folded = _without_marks(folded)
    return list(dict.fromkeys(word[:MAX_WORD] for word in _WORD.findall(folded)))


def _without_marks(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Mc", "Me"))
