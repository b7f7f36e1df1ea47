"""Legend of the colors of the left and right side, in a corner of the video view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from app.window.i18n.tr import tr
from app.window.style.side_colors import side_color

if TYPE_CHECKING:
    from app.core.people import FramePoses
    from app.core.skeleton import Side, Skeleton
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
        self.entries: list[tuple[Side, str]] = [("left", tr("left")), ("right", tr("right"))]
        self.setAccessibleName(tr("Colors of left and right"))
        self.hide()

    def show_for(self, poses: FramePoses | None, skeleton: Skeleton | None, style: DrawStyle | None) -> None:
        """Show the legend if people are drawn in the colors of their sides."""
        sided = (
            style is not None and style.skeleton and style.color == "side" and poses is not None and bool(poses.people)
        )
        sides = {skeleton.side(keypoint) for keypoint in range(len(skeleton.names))} if sided and skeleton else set()
        self.setVisible({"left", "right"} <= sides)
        self.fit()

    def fit(self) -> None:
        """Move to the corner."""
        parent = self.parentWidget()
        if parent is not None and not self.isHidden():
            self.resize(self.sizeHint())
            self.move(MARGIN, parent.height() - self.height() - MARGIN)

    def sizeHint(self) -> QSize:
        """Size of the texts and dots."""
        metrics = self.fontMetrics()
        text_width = sum(metrics.horizontalAdvance(text) for _, text in self.entries)
        dot_width = len(self.entries) * (DOT + GAP) + (len(self.entries) - 1) * BETWEEN
        return QSize(text_width + dot_width + 2 * PADDING, metrics.height() + PADDING)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint dots and texts."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(BACKGROUND)
        painter.drawRoundedRect(QRectF(self.rect()), self.height() / 2, self.height() / 2)
        metrics, x, middle = self.fontMetrics(), PADDING, self.height() / 2
        for side, text in self.entries:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(side_color(side))
            painter.drawEllipse(QPointF(x + DOT / 2, middle), DOT / 2, DOT / 2)
            x += DOT + GAP
            width = metrics.horizontalAdvance(text)
            painter.setPen(Qt.GlobalColor.white)
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + BETWEEN
