"""Which people count in a run, as ``--only`` states them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from app.core.errors import StanceError

Place = Literal["largest", "left", "right", "center"]

PLACES: tuple[Place, ...] = get_args(Place)
SPELLINGS = {"centre": "center"}


@dataclass(frozen=True, slots=True)
class Only:
    """The people with these ``ids``; or, if there are none, the person who is at ``place`` most of the time.

    "largest" is the person with the largest box; "left", "right" and "center" go by the horizontal center of the box.
    """

    ids: tuple[int, ...] = ()
    place: Place = "largest"

    def __str__(self) -> str:
        return ",".join(map(str, self.ids)) or self.place


def parse_only(text: str) -> Only:
    """The value of ``--only``: ids as in ``2,3``, or one of ``PLACES``.

    Raises StanceError for anything else.
    """
    word = text.strip().lower()
    for place in PLACES:
        if SPELLINGS.get(word, word) == place:
            return Only(place=place)
    parts = [part.strip() for part in word.split(",")]
    if not all(part.isascii() and part.isdecimal() and 1 <= int(part) < 2**31 for part in parts):
        raise StanceError(
            "--only {text!r} names no people: wanted ids as in 2,3, or one of {known}.",
            text=text,
            known=", ".join(PLACES),
        )
    return Only(tuple(dict.fromkeys(map(int, parts))))
