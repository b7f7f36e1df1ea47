"""A part of the panel that can be folded away."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from app.window.own_keys import PRESS, OwnKeys
from app.window.theme import colors

HEIGHT = 26
CHEVRON = 3.5


class Section(QWidget):
    """A heading over ``column``, which it shows and hides."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = _Heading(title)
        self.heading.installEventFilter(OwnKeys(PRESS, self))
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
        """Whether what it holds is shown."""
        return self.heading.isChecked()

    def set_open(self, wanted: bool) -> None:
        """Show what it holds, or fold it away."""
        self.heading.setChecked(wanted)


class _Heading(QAbstractButton):
    """Small capitals, and at the right end a chevron that tells which way it would go."""

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
        """Room for the words and the chevron."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text().upper()) + HEIGHT, HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Faint, until the pointer or the keyboard is there."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = colors()
        ink = QColor(chosen.text if self.underMouse() else chosen.faint)
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text().upper())
        if self.hasFocus():
            painter.setPen(QColor(chosen.accent))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        x, y, tip = self.width() - 10.0, self.height() / 2, -CHEVRON / 2 if self.isChecked() else CHEVRON / 2
        painter.setPen(QPen(ink, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(
            QPolygonF([QPointF(x - CHEVRON, y - tip), QPointF(x, y + tip), QPointF(x + CHEVRON, y - tip)])
        )
