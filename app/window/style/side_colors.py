"""Colors of the body sides, the same in overlay, legend and plots."""

from __future__ import annotations

from PyQt6.QtGui import QColor

from app.core.skeleton import Side


def side_color(side: Side) -> QColor:
    """The overlay color of ``side``."""
    from app.overlay import SIDE_COLORS  # imports OpenCV

    return QColor(*SIDE_COLORS[side][:3])
