"""The timeline: position of the shown frame, when people are visible, and seeking."""

from __future__ import annotations

from collections.abc import Collection

from PyQt6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QToolTip, QWidget

from app.window.core.times import precise_clock
from app.window.i18n.tr import tr
from app.window.style.theme import Colors, colors
from app.window.widgets.value_controls import Slider

MARGIN = 8
MS_PER_S = 1000
"""Slider values per second: its values are milliseconds."""
GROOVE = 4
STRIP_TOP = 5
LANE = 4.0
ANALYSED = -1
"""Key of the analysed spans, in place of a person's id."""
ANALYSED_SHARE = 0.45
"""Fraction of the accent color in the groove where the clip has been analysed."""
LANES = 6
"""Number of people with a lane of their own; further people share the last lane."""

MARK, MARK_HEIGHT = 2.0, 5
"""Smallest distance of two marks of events, and their height, in pixels."""
BAR_SLACK = 3
"""A bar is hit up to this far before its beginning and behind its end, in pixels."""

NEAR = 5.0
"""Distance in pixels within which the pointer is at a mark of the user."""

Spans = list[tuple[float, float]]


class Timeline(Slider):
    """A slider over seconds: clicking and dragging seek. A strip above it shows when people are visible.

    ``menu_requested`` emits the id of the person whose bar was clicked for a menu, the time there in seconds, and the
    place on the screen.
    """

    grabbed = pyqtSignal()
    seek_requested = pyqtSignal(float)
    released = pyqtSignal()
    menu_requested = pyqtSignal(int, float, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(tr("Timeline"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setMinimumWidth(80)
        self.setSingleStep(MS_PER_S)
        self.setPageStep(5 * MS_PER_S)
        self._dragging = False
        self._people: dict[int, Spans] = {}
        self._names: dict[int, str] = {}
        self._hidden: Collection[int] = ()
        self._analysed: Spans = []
        self._damage: Spans = []
        self._merged_cache: dict[int, Spans] = {}
        self._bounds: tuple[float | None, float | None] = (None, None)
        self._pinned_s: float | None = None
        self._events: Spans = []
        self._marks: list[tuple[float, str]] = []
        self._merged_events: Spans | None = None

    @property
    def dragging(self) -> bool:
        """Whether the slider is being dragged."""
        return self._dragging

    def set_duration(self, seconds: float | None) -> None:
        """Set the duration of another source in seconds; None or 0 disables seeking."""
        self.change_duration(seconds)
        self.setEnabled(bool(seconds))
        self.show_people({}, {}, [])
        self.show_damage([])
        self.show_events([])

    def change_duration(self, seconds: float | None) -> None:
        """Set the duration in seconds; all that is marked stays."""
        self.setRange(0, round((seconds or 0) * MS_PER_S))
        self._merged_cache.clear()
        self._merged_events = None

    def set_time(self, seconds: float) -> None:
        """Set the position of the shown frame in seconds; ignored while dragging."""
        if not self._dragging:
            self.setValue(round(seconds * MS_PER_S))

    def show_people(
        self, people: dict[int, Spans], names: dict[int, str], analysed: Spans, hidden: Collection[int] = ()
    ) -> None:
        """Show the spans (start, end) in seconds of each person, by id, and the analysed spans; ``hidden`` is gray."""
        self._people, self._names, self._analysed, self._hidden = people, names, analysed, hidden
        self._merged_cache.clear()
        self.update()

    def show_damage(self, damage: Spans) -> None:
        """Mark spans (start, end) in seconds where the file is damaged or missing."""
        self._damage = damage
        self.update()

    def show_events(self, events: Spans) -> None:
        """Mark the spans (start, end) in seconds of events; those without a duration are thin marks."""
        if events != self._events:
            self._events, self._merged_events = events, None
            self.update()

    def show_marks(self, marks: list[tuple[float, str]]) -> None:
        """Show marked moments (time in seconds, name)."""
        self._marks = marks
        self.update()

    def show_bounds(self, in_s: float | None, out_s: float | None) -> None:
        """Show the in and out points, in seconds."""
        self._bounds = (in_s, out_s)
        self.update()

    def show_pinned(self, time_s: float | None) -> None:
        """Mark the pinned frame, in seconds."""
        self._pinned_s = time_s
        self.update()

    def person_at(self, time_s: float) -> str:
        """Names of the people visible at ``time_s``, joined by commas."""
        visible = [number for number, spans in self._people.items() if any(a <= time_s <= b for a, b in spans)]
        return ", ".join(self._names.get(number, str(number)) for number in sorted(visible))

    def bar_at(self, place: QPointF) -> int | None:
        """The id of the person whose bar is at ``place``, or nearest to it at this time; None outside the strip."""
        if not self.isEnabled() or place.y() > self._middle - GROOVE:
            return None
        time_s, slack_s = self._time_at(place.x()), self._pixel_s * BAR_SLACK
        lanes, lane = self._lanes()
        visible = [
            (abs(place.y() - (STRIP_TOP + min(row, lanes - 1) * (lane + 1) + lane / 2)), number)
            for row, number in enumerate(sorted(self._people))
            if any(start - slack_s <= time_s <= end + slack_s for start, end in self._people[number])
        ]
        return min(visible, default=(0.0, None))[1]

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Request a menu for the person whose bar is clicked."""
        number = self.bar_at(QPointF(event.pos())) if event is not None else None
        if event is not None and number is not None:
            self.menu_requested.emit(number, self._time_at(event.pos().x()), event.globalPos())

    def sizeHint(self) -> QSize:
        """A low, wide widget."""
        return QSize(300, 42)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Discard cached spans, which depend on the width."""
        super().resizeEvent(event)
        self._merged_cache.clear()
        self._merged_events = None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Start dragging and seek."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._dragging = True
            self.grabbed.emit()
            self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Seek while dragging, else show a tool tip with time and people."""
        if event is None or not self.isEnabled():
            return
        x = event.position().x()
        if self._dragging:
            self._seek(x)
            return
        time_s = self._time_at(x)
        damaged = tr("damaged") if any(start <= time_s <= end for start, end in self._damage) else ""
        parts = (precise_clock(time_s), self._mark_at(x), damaged, self.person_at(time_s))
        text = "  ·  ".join(part for part in parts if part)
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End dragging."""
        if self._dragging:
            self._dragging = False
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Seek with the slider's keys."""
        before = self.value()
        super().keyPressEvent(event)
        if self.value() != before:
            self.seek_requested.emit(self.value() / MS_PER_S)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Seek with the wheel, while focused."""
        before = self.value()
        super().wheelEvent(event)
        if self.value() != before:
            self.seek_requested.emit(self.value() / MS_PER_S)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the strip, the groove, what is analysed and played, the points, and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        chosen = colors()
        painter.setBrush(QColor(chosen.line))
        groove = QRectF(MARGIN, self._middle - GROOVE / 2, self.width() - 2 * MARGIN, GROOVE)
        painter.drawRoundedRect(groove, 2, 2)
        if not self.isEnabled():
            return
        painter.setBrush(mixed(chosen.line, chosen.accent, ANALYSED_SHARE))
        for start, end in self._merged(ANALYSED, self._analysed):
            painter.drawRoundedRect(self._span_rect(start, end, self._middle - GROOVE / 2, GROOVE), 2, 2)
        self._paint_people(painter, chosen)
        self._paint_played(painter, chosen)
        painter.setBrush(QColor(chosen.error))
        for start, end in self._damage:
            painter.drawRect(self._span_rect(start, end, self._middle - GROOVE, 2 * GROOVE))
        self._paint_events(painter, chosen)
        self._paint_points(painter, chosen)
        active = self._dragging or self.hasFocus() or self.underMouse()
        painter.setBrush(QColor(chosen.accent))
        painter.drawEllipse(
            QPointF(self._x(self.value() / MS_PER_S), self._middle),
            7 if active else 5.5,
            7 if active else 5.5,
        )

    @property
    def _middle(self) -> float:
        """Vertical center of the groove."""
        return self.height() - 12.0

    def _paint_people(self, painter: QPainter, chosen: Colors) -> None:
        """Paint a lane per person, thinner if there are many; parts not analysed have no background."""
        lanes, lane = self._lanes()
        painter.setBrush(QColor(chosen.hover))
        for start, end in self._merged(ANALYSED, self._analysed):
            painter.drawRect(self._span_rect(start, end, STRIP_TOP - 1, lanes * (lane + 1) + 1))
        if not self._people:
            return
        from app.overlay.colors import person_color  # imports OpenCV

        for row, number in enumerate(sorted(self._people)):
            painter.setBrush(QColor(chosen.line if number in self._hidden else QColor(*person_color(number)[:3])))
            for start, end in self._merged(number, self._people[number]):
                painter.drawRect(self._span_rect(start, end, STRIP_TOP + min(row, LANES - 1) * (lane + 1), lane))

    def _lanes(self) -> tuple[int, float]:
        """The number of lanes, and the height of each in pixels."""
        lanes = min(max(len(self._people), 1), LANES)
        return lanes, min(LANE, (self._middle - 8 - STRIP_TOP) / lanes - 1)

    @property
    def _pixel_s(self) -> float:
        """Seconds per pixel."""
        return self.maximum() / MS_PER_S / max(self.width() - 2 * MARGIN, 1)

    def _merged(self, key: int, spans: Spans) -> Spans:
        """``spans`` merged to pixel resolution, cached until something changes."""
        if key not in self._merged_cache:
            self._merged_cache[key] = merged(spans, self._pixel_s)
        return self._merged_cache[key]

    def _paint_played(self, painter: QPainter, chosen: Colors) -> None:
        begin, end = self._bounds[0] or 0.0, self._bounds[1] or self.maximum() / MS_PER_S
        painter.setBrush(QColor(chosen.faint))
        if self._bounds != (None, None):
            painter.drawRect(self._span_rect(begin, end, self._middle - GROOVE / 2, GROOVE))
        painter.setBrush(QColor(chosen.accent))
        played_s = min(self.value() / MS_PER_S, end)
        if played_s > begin:
            painter.drawRoundedRect(self._span_rect(begin, played_s, self._middle - GROOVE / 2, GROOVE), 2, 2)

    def _paint_events(self, painter: QPainter, chosen: Colors) -> None:
        """Paint the events under the groove."""
        if self._merged_events is None:
            self._merged_events = merged(self._events, MARK * self._pixel_s)
        painter.setBrush(QColor(chosen.faint))
        for start, end in self._merged_events:
            painter.drawRect(self._span_rect(start, end, self.height() - MARK_HEIGHT, MARK_HEIGHT - 1))

    def _paint_points(self, painter: QPainter, chosen: Colors) -> None:
        painter.setBrush(QColor(chosen.text))
        for time_s, direction in zip(self._bounds, (1, -1), strict=True):
            if time_s is not None:
                x, y = self._x(time_s), self._middle
                painter.drawPolygon(QPolygonF([QPointF(x, y - 8), QPointF(x + 6 * direction, y), QPointF(x, y + 8)]))
        for time_s, _ in self._marks:
            x = self._x(time_s)
            painter.drawPolygon(QPolygonF([QPointF(x - 4, 0), QPointF(x + 4, 0), QPointF(x, 6)]))
            painter.drawRect(QRectF(x - 0.5, 4, 1, self._middle - 4))
        if self._pinned_s is not None:
            painter.setBrush(QColor(chosen.warning))
            painter.drawRect(QRectF(self._x(self._pinned_s) - 1, 2, 2, self.height() - 4))

    def _mark_at(self, x: float) -> str:
        """The name of the mark beside ``x`` in the widget; "mark" if it has none."""
        near = [(abs(self._x(time_s) - x), name or tr("mark")) for time_s, name in self._marks]
        return min((mark for mark in near if mark[0] <= NEAR), default=(0.0, ""))[1]

    def _x(self, time_s: float) -> float:
        return MARGIN + time_s * MS_PER_S / max(self.maximum(), 1) * (self.width() - 2 * MARGIN)

    def _span_rect(self, start_s: float, end_s: float, top: float, lane: float) -> QRectF:
        left, right = self._x(start_s), self._x(end_s)
        return QRectF(left, top, max(right - left, 1.5), lane)

    def _time_at(self, x: float) -> float:
        part = (x - MARGIN) / max(self.width() - 2 * MARGIN, 1)
        return min(max(part, 0.0), 1.0) * self.maximum() / MS_PER_S

    def _seek(self, x: float) -> None:
        time_s = self._time_at(x)
        self.setValue(round(time_s * MS_PER_S))
        self.seek_requested.emit(time_s)


def mixed(below: str, above: str, share: float) -> QColor:
    """The color ``above`` blended over ``below`` with opacity ``share``."""
    one, other = QColor(below), QColor(above)
    parts = zip((one.red(), one.green(), one.blue()), (other.red(), other.green(), other.blue()), strict=True)
    return QColor(*(round(a + share * (b - a)) for a, b in parts))


def merged(spans: Spans, gap_s: float) -> Spans:
    """``spans``, in order, merged where they are at most ``gap_s`` apart."""
    result: Spans = []
    for start, end in spans:
        if result and start - result[-1][1] <= gap_s:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result
