"""The time line: where in the source the shown frame is, who was seen when, and the way to another moment."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QSlider, QToolTip, QWidget

from app.window.theme import Colors, colors
from app.window.words import tr

MARGIN = 8
MS = 1000
GROOVE = 4
STRIP_TOP = 5
LANE = 4.0
LANES = 4
"""So many people have a lane of their own; the others share the last."""

Spans = list[tuple[float, float]]


class Timeline(QSlider):
    """A slider over seconds: a click goes there, dragging scrubs. Above it, a strip of who was seen when."""

    grabbed = pyqtSignal()
    sought = pyqtSignal(float)
    released = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(tr("Time line"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setMinimumWidth(80)
        self.setSingleStep(MS)
        self.setPageStep(5 * MS)
        self._dragging = False
        self._people: dict[int, Spans] = {}
        self._names: dict[int, str] = {}
        self._analysed: Spans = []
        self._bounds: tuple[float | None, float | None] = (None, None)
        self._pinned_s: float | None = None

    @property
    def dragging(self) -> bool:
        """Whether somebody holds it."""
        return self._dragging

    def set_duration(self, seconds: float | None) -> None:
        """How much there is; None or 0 where nothing can be sought."""
        self.setRange(0, round((seconds or 0) * MS))
        self.setEnabled(bool(seconds))
        self.show_people({}, {}, [])

    def set_time(self, seconds: float) -> None:
        """Where the shown frame is; left alone while somebody drags."""
        if not self._dragging:
            self.setValue(round(seconds * MS))

    def show_people(self, people: dict[int, Spans], names: dict[int, str], analysed: Spans) -> None:
        """Who was seen from when until when, in seconds, by id; and what of the source was analysed."""
        self._people, self._names, self._analysed = people, names, analysed
        self.update()

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """From where to where it is played."""
        self._bounds = (in_s, out_s)
        self.update()

    def show_pinned(self, time_s: float | None) -> None:
        """The moment that is compared with."""
        self._pinned_s = time_s
        self.update()

    def who_at(self, time_s: float) -> str:
        """Who was seen at ``time_s``, in words."""
        there = [number for number, spans in self._people.items() if any(a <= time_s <= b for a, b in spans)]
        return ", ".join(self._names.get(number, str(number)) for number in sorted(there))

    def sizeHint(self) -> QSize:
        """Slim, as wide as there is room."""
        return QSize(300, 42)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Go to where the pointer is."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._dragging = True
            self.grabbed.emit()
            self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Scrub, or tell the time under the pointer and who was there."""
        if event is None or not self.isEnabled():
            return
        x = event.position().x()
        if self._dragging:
            self._go(x)
            return
        time_s = self._time_at(x)
        who = self.who_at(time_s)
        QToolTip.showText(event.globalPosition().toPoint(), clock(time_s) + (f"  ·  {who}" if who else ""), self)

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
        """The strip, a groove, what has passed of it, the points, and a knob."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = colors()
        painter.setBrush(QColor(chosen.line))
        whole = QRectF(MARGIN, self._middle - GROOVE / 2, self.width() - 2 * MARGIN, GROOVE)
        painter.drawRoundedRect(whole, 2, 2)
        if not self.isEnabled():
            return
        self._paint_people(painter, chosen)
        self._paint_passed(painter, chosen)
        self._paint_points(painter, chosen)
        wide = self._dragging or self.hasFocus() or self.underMouse()
        painter.setBrush(QColor(chosen.accent))
        painter.drawEllipse(QPointF(self._x(self.value() / MS), self._middle), 7 if wide else 5.5, 7 if wide else 5.5)

    @property
    def _middle(self) -> float:
        """The height of the groove."""
        return self.height() - 12.0

    def _paint_people(self, painter: QPainter, chosen: Colors) -> None:
        """A lane a person, thin where there are many; under them what has not been analysed stays empty."""
        lanes = min(max(len(self._people), 1), LANES)
        high = min(LANE, (self._middle - 8 - STRIP_TOP) / lanes - 1)
        painter.setBrush(QColor(chosen.hover))
        for start, end in self._analysed:
            painter.drawRect(self._stretch(start, end, STRIP_TOP - 1, lanes * (high + 1) + 1))
        if not self._people:
            return
        from app.overlay.inks import person_ink  # it brings OpenCV along

        for place, number in enumerate(sorted(self._people)):
            painter.setBrush(QColor(*person_ink(number)[:3]))
            for start, end in self._people[number]:
                painter.drawRect(self._stretch(start, end, STRIP_TOP + min(place, LANES - 1) * (high + 1), high))

    def _paint_passed(self, painter: QPainter, chosen: Colors) -> None:
        begin, end = self._bounds[0] or 0.0, self._bounds[1] or self.maximum() / MS
        painter.setBrush(QColor(chosen.faint))
        if self._bounds != (None, None):
            painter.drawRect(self._stretch(begin, end, self._middle - GROOVE / 2, GROOVE))
        painter.setBrush(QColor(chosen.accent))
        passed = min(self.value() / MS, end)
        if passed > begin:
            painter.drawRoundedRect(self._stretch(begin, passed, self._middle - GROOVE / 2, GROOVE), 2, 2)

    def _paint_points(self, painter: QPainter, chosen: Colors) -> None:
        painter.setBrush(QColor(chosen.text))
        for time_s, way in zip(self._bounds, (1, -1), strict=True):
            if time_s is not None:
                x, y = self._x(time_s), self._middle
                painter.drawPolygon(QPolygonF([QPointF(x, y - 8), QPointF(x + 6 * way, y), QPointF(x, y + 8)]))
        if self._pinned_s is not None:
            painter.setBrush(QColor(chosen.warning))
            painter.drawRect(QRectF(self._x(self._pinned_s) - 1, 2, 2, self.height() - 4))

    def _x(self, time_s: float) -> float:
        return MARGIN + time_s * MS / max(self.maximum(), 1) * (self.width() - 2 * MARGIN)

    def _stretch(self, start_s: float, end_s: float, top: float, high: float) -> QRectF:
        left, right = self._x(start_s), self._x(end_s)
        return QRectF(left, top, max(right - left, 1.5), high)

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
