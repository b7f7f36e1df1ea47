"""Overlays on frames: plain shapes, and a painter for OpenCV images. The window has its own painter."""

from app.overlay.angle_readout import NO_READINGS, AngleReadout, Readings, with_clip_angles
from app.overlay.annotations import NO_ANNOTATIONS, Annotation, Annotations, Place
from app.overlay.colors import PART_COLORS, SIDE_COLORS, heat_colors
from app.overlay.drawing import flattened, mirrored, shapes
from app.overlay.frame_painter import FramePainter
from app.overlay.hit_test import person_at
from app.overlay.mark_shapes import legend_over, marks_over, marks_under
from app.overlay.marks import NO_MARKS, Marks
from app.overlay.painter import paint, painted
from app.overlay.shape import (
    Arc,
    Arrow,
    Color,
    Dot,
    Line,
    Shape,
    TaperedBone,
    Text,
    arc_outline,
    arrow_outline,
    outline,
)
from app.overlay.style import COLORINGS, STYLES, Coloring, DrawStyle, Style
from app.overlay.trails import PoseHistory

__all__ = [
    "COLORINGS",
    "NO_ANNOTATIONS",
    "NO_MARKS",
    "NO_READINGS",
    "PART_COLORS",
    "SIDE_COLORS",
    "STYLES",
    "AngleReadout",
    "Annotation",
    "Annotations",
    "Arc",
    "Arrow",
    "Color",
    "Coloring",
    "Dot",
    "DrawStyle",
    "FramePainter",
    "Line",
    "Marks",
    "Place",
    "PoseHistory",
    "Readings",
    "Shape",
    "Style",
    "TaperedBone",
    "Text",
    "arc_outline",
    "arrow_outline",
    "flattened",
    "heat_colors",
    "legend_over",
    "marks_over",
    "marks_under",
    "mirrored",
    "outline",
    "paint",
    "painted",
    "person_at",
    "shapes",
    "with_clip_angles",
]
