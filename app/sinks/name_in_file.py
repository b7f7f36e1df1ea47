"""Names of people in the names of files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

MAX_BYTES = 80
"""Longest name in a file name, in bytes: with the rest, names of files have at most 255."""
REFUSED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
"""What a file name must not contain on some system."""


def file_texts(names: Mapping[int, str], taken: tuple[str, ...] = ()) -> dict[int, str]:
    """A text for file names for each of ``names``, by id, all different even where case is ignored.

    Characters that some system refuses become "_". A name of which nothing is left has no text. The second of two
    people with the same name, and one who is named like one of ``taken``, gets the id behind it.
    """
    texts: dict[int, str] = {}
    used = {word.casefold() for word in taken}
    for number in sorted(names):
        text = _safe(names[number])
        if not text:
            continue
        if text.casefold() in used:
            text = f"{text}-{number}"
        while text.casefold() in used:
            text += "_"
        used.add(text.casefold())
        texts[number] = text
    return texts


def _safe(name: str) -> str:
    text = REFUSED.sub("_", unicodedata.normalize("NFC", name).replace("\ufffd", "_"))
    text = "".join(letter for letter in text if not unicodedata.category(letter).startswith("C"))
    text = " ".join(text.split()).strip(". ")
    return text.encode(errors="ignore")[:MAX_BYTES].decode(errors="ignore").strip(". ") if text.strip("_") else ""
