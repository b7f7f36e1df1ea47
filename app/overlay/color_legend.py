"""The legend of the colors of sides or parts of the body, drawn into films and pictures."""

from __future__ import annotations

from app.core.skeleton import Part as BodyPart
from app.core.skeleton import Side, Skeleton
from app.overlay.colors import CHIP, FINGERS, TEXT, Area, part_color, side_color
from app.overlay.drawing import Part
from app.overlay.label import LINE_HEIGHT, text_height, text_width
from app.overlay.shape import Color, Dot, Line, Text
from app.overlay.style import DrawStyle

MARGIN = 0.7
"""Distance to the edges of the picture, in heights of the text; so are the following."""
SHOWN: tuple[BodyPart, ...] = ("face", "trunk", "arm", "leg", "foot")
FINGER_TEXT = "fingers"
"""Key of the text for the colors of all five fingers, whose dots are in a row from the thumb on."""
DOT, GAP, BETWEEN = 0.4, 0.5, 1.0


def legend_entries(skeleton: Skeleton, style: DrawStyle) -> list[tuple[Color, str]]:
    """Each color that is used with its text in ``Marks.legend``; empty where the colors need no legend.

    Of the fingers, whose colors differ, the last one has the text.
    """
    texts, keypoints = style.marks.legend, range(len(skeleton.names))
    if style.color not in ("side", "part"):
        return []
    found = {skeleton.part(keypoint) for keypoint in keypoints}
    hand = [(part_color(Area("middle", part)), "") for part in FINGERS if part in found]
    if hand and FINGER_TEXT in texts:
        hand[-1] = hand[-1][0], texts[FINGER_TEXT]
    else:
        hand = []
    sided = {"left", "right"} <= {skeleton.side(keypoint) for keypoint in keypoints}
    if style.color == "side" and (sided or not hand):
        both: tuple[Side, ...] = ("left", "right")
        sides = [side for side in both if side in texts] if sided else []
        return [(side_color(Area(side, "trunk")), texts[side]) for side in sides]
    parts = [part for part in SHOWN if part in found and part in texts]
    entries = [(part_color(Area("middle", part)), texts[part]) for part in parts] + hand
    return entries if len(entries) > 1 else []


def legend_parts(skeleton: Skeleton, style: DrawStyle, size: tuple[int, int]) -> list[Part]:
    """The legend in the lower left corner of a frame of ``size`` (width, height)."""
    entries = legend_entries(skeleton, style)
    if not entries:
        return []
    height = text_height(size)
    y = size[1] - 1 - (MARGIN + LINE_HEIGHT / 2) * height
    left = x = (MARGIN + LINE_HEIGHT / 2) * height
    drawn: list[Part] = []
    for color, text in entries:
        drawn.append(Dot((x + DOT * height, y), DOT * height, color))
        x += (2 * DOT + GAP) * height
        if text:
            width = text_width(text, height)
            drawn.append(Text((x + width / 2, y), text, height, TEXT))
            x += width + BETWEEN * height
    chip = Line((left, y), (x - BETWEEN * height, y), LINE_HEIGHT * height, CHIP)
    return [chip, *drawn]
