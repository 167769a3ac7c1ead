"""Letters that a sign cannot write, written with those that it can: Ä becomes AE on a sign that knows ASCII alone."""

import re
import unicodedata
from typing import Literal

Charset = Literal["utf8", "ascii"]

_SPELLINGS = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "AE", "Ö": "OE", "Ü": "UE", "ß": "ss", "ẞ": "SS",
        "æ": "ae", "ø": "oe", "å": "aa", "Æ": "AE", "Ø": "OE", "Å": "AA", "œ": "oe", "Œ": "OE",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    }
)  # fmt: skip
"""Spellings that German and Danish have for their letters, and others that no decomposition gives."""


_SHARP_S_IN_CAPITALS = re.compile(r"(?<=[A-ZÄÖÜ])ß|ß(?=[A-ZÄÖÜ])")


def spell(text: str, charset: Charset) -> str:
    """Write a text with the letters that a sign has. What has no spelling stays, and is a fault of the text."""
    if charset == "utf8" or text.isascii():
        return text
    in_capitals = _SHARP_S_IN_CAPITALS.sub("SS", unicodedata.normalize("NFC", text))
    spelled = in_capitals.translate(_SPELLINGS)
    return "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
