"""A section of a panel that can be collapsed."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.style.theme import colors

HEIGHT = 26
CHEVRON = 3.5


class Section(QWidget):
    """A heading above ``column``, which it shows and hides."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = _Heading(title)
        self.heading.installEventFilter(ShortcutFilter(PRESS, self))
        body = QWidget()
        body.setObjectName("panelBody")
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(0, 2, 0, 12)
        self.column.setSpacing(5)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heading)
        layout.addWidget(body)
        self.heading.toggled.connect(body.setVisible)

    @property
    def open(self) -> bool:
        """Whether the content is shown."""
        return self.heading.isChecked()

    def set_open(self, expanded: bool) -> None:
        """Show or hide the content."""
        self.heading.setChecked(expanded)


class _Heading(QAbstractButton):
    """Small capitals, with a chevron at the right that shows the direction of the toggle."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Size of text and chevron."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text().upper()) + HEIGHT, HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the heading, highlighted under the mouse or with focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colors()
        color = QColor(chosen.text if self.underMouse() else chosen.faint)
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text().upper())
        if self.hasFocus():
            painter.setPen(QColor(chosen.accent))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        x, y, peak = self.width() - 10.0, self.height() / 2, -CHEVRON / 2 if self.isChecked() else CHEVRON / 2
        painter.setPen(QPen(color, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(
            QPolygonF([QPointF(x - CHEVRON, y - peak), QPointF(x, y + peak), QPointF(x + CHEVRON, y - peak)])
        )
