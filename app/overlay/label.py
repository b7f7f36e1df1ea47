"""A person's box, and the chip that says who it is."""

from __future__ import annotations

from unicodedata import east_asian_width

from app.overlay.inks import BOX, CHIP, HALO, TEXT, person_ink, text_on
from app.overlay.look import Look
from app.overlay.shape import FAR, Line, Shape, Text
from app.people import Person

LONGEST = 24
"""A longer name is cut off."""
WIDE, CAPITAL = 1.75, 1.35
"""So many digits are as wide as a Chinese character, or as a capital letter."""


def box(person: Person, look: Look, width: float) -> list[Shape]:
    """Four sides, finer than the limbs of ``width``."""
    x0, y0, x1, y1 = person.box.tolist()
    if not all(abs(value) < FAR for value in (x0, y0, x1, y1)):
        return []
    ink = person_ink(person.id)._replace(cover=BOX.cover) if look.color == "person" else BOX
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    thin = max(1.3, 0.5 * width)
    return [
        *(Line(a, b, thin + 2.4, HALO) for a, b in sides),
        *(Line(a, b, thin, ink) for a, b in sides),
    ]


def label(person: Person, look: Look, size: tuple[int, int]) -> tuple[Line, Text] | None:
    """The name or id on a chip above the head, kept inside the picture of ``size`` (width, height)."""
    x0, y0, x1, _ = person.box.tolist()
    if not all(abs(value) < FAR for value in (x0, y0, x1)):
        return None
    text = look.names.get(person.id) or str(person.id)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    height = max(min(0.12 * (x1 - x0), max(size) / 42), max(size) / 64, 11.0) * look.scale
    chip = 1.45 * height
    half = max(0.0, 0.3 * height * _columns(text) - 0.25 * height)
    x = min(max((x0 + x1) / 2, half + chip / 2), size[0] - 1 - half - chip / 2)
    y = min(max(y0 - 0.75 * chip, chip / 2), size[1] - 1 - chip / 2)
    own = person_ink(person.id) if look.color == "person" else None
    bed, letters = (own, text_on(own)) if own else (CHIP, TEXT)
    return Line((x - half, y), (x + half, y), chip, bed), Text((x, y), text, height, letters)


def _columns(text: str) -> float:
    """How wide ``text`` is, in digits."""
    return sum(WIDE if east_asian_width(letter) in "WF" else CAPITAL if letter.isupper() else 1 for letter in text)
