"""A person's box, and the label with the id or name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import east_asian_width

from app.core.people import Person
from app.overlay.colors import BOX, CHIP, HALO, TEXT, person_color, text_on
from app.overlay.shape import FAR, Color, Line, Point, Shape, Text
from app.overlay.style import DrawStyle

HEIGHTS_PER_FRAME = 54
"""The longer side of the frame divided by the text height."""
MAX_CHARACTERS = 24
"""Maximum number of characters of a name."""
LINE_HEIGHT = 1.45
"""Height of the background, relative to the text's."""
WIDE, CAPITAL = 1.75, 1.35
"""Width of a Chinese character and of a capital letter, relative to a digit."""


class Label(NamedTuple):
    """Text of ``height`` pixels in front of a background with round ends, both centered on ``at``.

    ``half_width`` is half the length in pixels of the background, without its ends.
    """

    at: Point
    text: str
    height: float
    half_width: float
    background: Color
    color: Color

    @property
    def shapes(self) -> tuple[Line, Text]:
        """The background and the text."""
        x, y = self.at
        ends = (x - self.half_width, y), (x + self.half_width, y)
        return Line(*ends, LINE_HEIGHT * self.height, self.background), Text(
            self.at, self.text, self.height, self.color
        )


def box(person: Person, style: DrawStyle, width: float) -> list[Shape]:
    """The four sides of the box with their halo, thinner than limbs, which are ``width`` pixels wide."""
    x0, y0, x1, y1 = person.box.tolist()
    if not all(abs(value) < FAR for value in (x0, y0, x1, y1)):
        return []
    color = person_color(person.id)._replace(alpha=BOX.alpha) if style.color == "person" else BOX
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    sides = list(zip(corners, corners[1:] + corners[:1], strict=True))
    thickness = max(1.3, 0.5 * width)
    return [
        *(Line(a, b, thickness + 2.4, HALO) for a, b in sides),
        *(Line(a, b, thickness, color) for a, b in sides),
    ]


def label(person: Person, style: DrawStyle, size: tuple[int, int]) -> Label | None:
    """The name or id with its background, above the head and inside the frame of ``size`` (width, height).

    None if the box is not finite or too far away.
    """
    x0, y0, x1, _ = person.box.tolist()
    if not all(abs(value) < FAR for value in (x0, y0, x1)):
        return None
    text = style.names.get(person.id) or str(person.id)
    text = text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
    height = text_height(size) * style.scale  # the same for all people, near or far
    label_height = LINE_HEIGHT * height
    half = half_width(text, height)
    x = min(max((x0 + x1) / 2, half + label_height / 2), size[0] - 1 - half - label_height / 2)
    y = min(max(y0 - 0.75 * label_height, label_height / 2), size[1] - 1 - label_height / 2)
    own = person_color(person.id) if style.color == "person" else None
    background, foreground = (own, text_on(own)) if own else (CHIP, TEXT)
    return Label((x, y), text, height, half, background, foreground)


def text_height(size: tuple[int, int]) -> float:
    """The height in pixels of text on a frame of ``size`` (width, height)."""
    return max(max(size) / HEIGHTS_PER_FRAME, 11.0)


def half_width(text: str, height: float) -> float:
    """Half the length in pixels of the background of ``text``, ``height`` pixels high, without its round ends."""
    return max(0.0, 0.3 * height * _columns(text) - 0.25 * height)


def text_width(text: str, height: float) -> float:
    """About the width in pixels of ``text``, ``height`` pixels high."""
    return 0.6 * height * _columns(text)


def apart(labels: Sequence[Label]) -> list[Label]:
    """``labels`` moved off those before them, the shortest way and by no more than they overlap."""
    placed: list[Label] = []
    for label in labels:
        for other in placed:
            label = _moved_off(label, other)
        placed.append(label)
    return placed


def _moved_off(label: Label, other: Label) -> Label:
    """``label`` moved to where it just touches ``other``, if they overlap."""
    (x, y), (other_x, other_y) = label.at, other.at
    high = LINE_HEIGHT * (label.height + other.height) / 2
    overlap_x = label.half_width + other.half_width + high - abs(x - other_x)
    overlap_y = high - abs(y - other_y)
    if overlap_x <= 0 or overlap_y <= 0:
        return label
    if overlap_y <= overlap_x:
        return label._replace(at=(x, y + (overlap_y if y >= other_y else -overlap_y)))
    return label._replace(at=(x + (overlap_x if x >= other_x else -overlap_x), y))


def _columns(text: str) -> float:
    """The width of ``text``, in digits."""
    return sum(WIDE if east_asian_width(one) in "WF" else CAPITAL if one.isupper() else 1 for one in text)
