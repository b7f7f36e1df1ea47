"""The time line: where in the source the shown frame is, and the way to another one."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSlider, QToolTip, QWidget

from app.window.theme import colors

MARGIN = 8
MS = 1000


class Timeline(QSlider):
    """A slider over seconds: a click goes there, dragging scrubs."""

    grabbed = pyqtSignal()
    sought = pyqtSignal(float)
    released = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName("Time line")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setMinimumWidth(80)
        self.setSingleStep(MS)
        self.setPageStep(5 * MS)
        self._dragging = False

    @property
    def dragging(self) -> bool:
        """Whether somebody holds it."""
        return self._dragging

    def set_duration(self, seconds: float | None) -> None:
        """How much there is; None or 0 where nothing can be sought."""
        self.setRange(0, round((seconds or 0) * MS))
        self.setEnabled(bool(seconds))
        self.update()

    def set_time(self, seconds: float) -> None:
        """Where the shown frame is; left alone while somebody drags."""
        if not self._dragging:
            self.setValue(round(seconds * MS))

    def sizeHint(self) -> QSize:
        """Slim, as wide as there is room."""
        return QSize(300, 26)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to where the pointer is."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._dragging = True
            self.grabbed.emit()
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Scrub, or tell the time under the pointer."""
        if event is None or not self.isEnabled():
            return
        x = event.position().x()
        if self._dragging:
            self._go(x)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), clock(self._time_at(x)), self)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Let go."""
        if self._dragging:
            self._dragging = False
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """The slider's own keys, where it has the keyboard."""
        before = self.value()
        super().keyPressEvent(event)
        if self.value() != before:
            self.sought.emit(self.value() / MS)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """A groove, what has passed of it, and a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen, middle = colors(), self.height() / 2
        painter.setBrush(QColor(chosen.line))
        painter.drawRoundedRect(QRectF(MARGIN, middle - 2, self.width() - 2 * MARGIN, 4), 2, 2)
        if not self.isEnabled():
            return
        x = MARGIN + self.value() / max(self.maximum(), 1) * (self.width() - 2 * MARGIN)
        painter.setBrush(QColor(chosen.accent))
        painter.drawRoundedRect(QRectF(MARGIN, middle - 2, x - MARGIN, 4), 2, 2)
        wide = self._dragging or self.hasFocus() or self.underMouse()
        painter.drawEllipse(QPointF(x, middle), 7 if wide else 5.5, 7 if wide else 5.5)

    def _time_at(self, x: float) -> float:
        part = (x - MARGIN) / max(self.width() - 2 * MARGIN, 1)
        return min(max(part, 0.0), 1.0) * self.maximum() / MS

    def _go(self, x: float) -> None:
        time_s = self._time_at(x)
        self.setValue(round(time_s * MS))
        self.sought.emit(time_s)


def clock(seconds: float) -> str:
    """1:02.3, or 1:01:02.3 from an hour on."""
    tenths = max(round(seconds * 10), 0)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    front = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{front}:{tenths / 10:04.1f}"
