"""Colors of the body's sides and parts, the same in overlay, legend and plots."""

from __future__ import annotations

from PyQt6.QtGui import QColor

from app.core.skeleton import Part, Side


def side_color(side: Side) -> QColor:
    """The overlay color of ``side``."""
    from app.overlay import SIDE_COLORS  # imports OpenCV

    return QColor(*SIDE_COLORS[side][:3])


def part_color(part: Part) -> QColor:
    """The overlay color of ``part``."""
    from app.overlay import PART_COLORS  # imports OpenCV

    return QColor(*PART_COLORS[part][:3])
