"""Legend of the colors of the sides, or of the parts of the body, in a corner of the video view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import tr

if TYPE_CHECKING:
    from app.core.people import FramePoses
    from app.core.skeleton import Skeleton
    from app.overlay import DrawStyle

MARGIN = 10
DOT, GAP, BETWEEN, PADDING = 10, 6, 14, 10
BACKGROUND = QColor(16, 18, 26, 184)
"""Background of the id labels, used here too."""


class SideLegend(QWidget):
    """A chip over the lower left corner of its parent; transparent to the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.entries: list[tuple[QColor, str]] = []
        self.switched_on = True
        self._shown: tuple[FramePoses | None, Skeleton | None, DrawStyle | None] = (None, None, None)
        self.setAccessibleName(tr("Legend"))
        self.hide()

    def show_for(self, poses: FramePoses | None, skeleton: Skeleton | None, style: DrawStyle | None) -> None:
        """Show the legend if it is switched on and people are drawn in the colors of their sides or parts."""
        self._shown = poses, skeleton, style
        drawn = self.switched_on and style is not None and style.skeleton and poses is not None and bool(poses.people)
        self.entries = _entries(skeleton, style) if drawn and skeleton and style else []
        self.setVisible(bool(self.entries))
        self.fit()

    def switch(self, on: bool) -> None:
        """Show the legend where it applies, or never."""
        self.switched_on = on
        self.show_for(*self._shown)

    def fit(self) -> None:
        """Move to the corner."""
        parent = self.parentWidget()
        if parent is not None and not self.isHidden():
            self.resize(self.sizeHint())
            self.move(MARGIN, parent.height() - self.height() - MARGIN)

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Show the entries in another language."""
        self.entries = [(color, of(text) if text else "") for color, text in self.entries]
        self.fit()

    def sizeHint(self) -> QSize:
        """Size of the texts and dots."""
        metrics = self.fontMetrics()
        text_width = sum(metrics.horizontalAdvance(text) for _, text in self.entries)
        gaps = sum(bool(text) for _, text in self.entries) - 1
        dot_width = len(self.entries) * (DOT + GAP) + gaps * BETWEEN
        return QSize(text_width + dot_width + 2 * PADDING, metrics.height() + PADDING)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint dots and texts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(BACKGROUND)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        metrics, x, middle = self.fontMetrics(), PADDING, self.height() / 2
        for color, text in self.entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(x + DOT / 2, middle), DOT / 2, DOT / 2)
            x += DOT + GAP
            if not text:
                continue
            width = metrics.horizontalAdvance(text)
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + BETWEEN


def legend_texts() -> dict[str, str]:
    """The texts of sides and parts of the body, by their names."""
    return {
        "left": tr("left"),
        "right": tr("right"),
        "face": tr("face"),
        "trunk": tr("trunk"),
        "arm": tr("arms"),
        "leg": tr("legs"),
        "foot": tr("feet"),
        "fingers": tr("thumb to little finger"),
    }


def _entries(skeleton: Skeleton, style: DrawStyle) -> list[tuple[QColor, str]]:
    """What the colors of a drawing stand for; empty where that is plain, or where there is only one."""
    from app.overlay.color_legend import legend_entries

    shown = replace(style, marks=replace(style.marks, legend=legend_texts()))
    return [(QColor(*color[:3]), text) for color, text in legend_entries(skeleton, shown)]
