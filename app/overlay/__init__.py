"""Overlays on frames: plain shapes, and a painter for OpenCV images. The window has its own painter."""

from app.overlay.colors import PART_COLORS, SIDE_COLORS, heat_colors
from app.overlay.drawing import mirrored, shapes
from app.overlay.hit_test import person_at
from app.overlay.painter import paint, painted
from app.overlay.shape import Color, Dot, Line, Shape, TaperedBone, Text, outline
from app.overlay.style import COLORINGS, STYLES, Coloring, DrawStyle, Style
from app.overlay.trails import PoseHistory

__all__ = [
    "COLORINGS",
    "PART_COLORS",
    "SIDE_COLORS",
    "STYLES",
    "Color",
    "Coloring",
    "Dot",
    "DrawStyle",
    "Line",
    "PoseHistory",
    "Shape",
    "Style",
    "TaperedBone",
    "Text",
    "heat_colors",
    "mirrored",
    "outline",
    "paint",
    "painted",
    "person_at",
    "shapes",
]
