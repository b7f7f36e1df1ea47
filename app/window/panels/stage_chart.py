"""Time per stage: one strip per stage, all on the same scale, over the last seconds."""

from __future__ import annotations

from collections import deque

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr
from app.window.style.theme import colors

WINDOW_S = 10.0
"""Time span shown, in seconds."""
ROW = 30
GAP = 12
"""Pixels between the columns: the stage's name, its strip, the latest value."""


class StageChart(QWidget):
    """Milliseconds of each stage over time; ``add`` appends the latest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Time per stage"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._points: dict[str, deque[tuple[float, float]]] = {}
        self._now_s = 0.0

    @property
    def latest(self) -> dict[str, float]:
        """The latest value of each stage, in milliseconds."""
        return {stage: points[-1][1] for stage, points in self._points.items()}

    def add(self, now_s: float, stage_ms: dict[str, float]) -> None:
        """Append the milliseconds of each stage at ``now_s`` seconds; stages not in ``stage_ms`` are removed."""
        previous = list(self._points)
        self._points = {stage: self._points.get(stage, deque()) for stage in stage_ms}
        for stage, ms in stage_ms.items():
            points = self._points[stage]
            points.append((now_s, ms))
            while len(points) > 2 and points[1][0] <= now_s - WINDOW_S:
                points.popleft()
        self._now_s = now_s
        if list(stage_ms) != previous:
            self.updateGeometry()
        self.setAccessibleDescription(
            tr(", ").join(f"{display_name(stage)} {tr('{ms} ms', ms=f'{ms:.1f}')}" for stage, ms in stage_ms.items())
        )
        self.update()

    def clear(self) -> None:
        """Remove all values, for a new pipeline."""
        self._points = {}
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Height of one row per stage."""
        return QSize(220, max(len(self._points), 1) * ROW)

    def minimumSizeHint(self) -> QSize:
        """Full height, minimum width."""
        return QSize(140, self.sizeHint().height())

    def changeEvent(self, event: QEvent | None) -> None:
        """Repaint for another theme or font."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint name, strip and latest value of each stage."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, metrics = colors(), self.fontMetrics()
        if not self._points:
            painter.setPen(QColor(chosen.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, tr("No measurements yet"))
            return
        name_width = max(metrics.horizontalAdvance(display_name(stage)) for stage in self._points)
        value_width = metrics.horizontalAdvance("0000.0")
        strip = QRectF(name_width + GAP, 0, max(self.width() - name_width - value_width - 2 * GAP, 1), ROW)
        max_ms = max(ms for points in self._points.values() for _, ms in points) or 1.0
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (stage, points) in enumerate(self._points.items()):
            top = row * ROW
            painter.setPen(QColor(chosen.faint))
            painter.drawText(QRectF(0, top, name_width, ROW), middle, display_name(stage))
            painter.setPen(QColor(chosen.text))
            value_rect = QRectF(self.width() - value_width, top, value_width, ROW)
            painter.drawText(value_rect, middle | Qt.AlignmentFlag.AlignRight, f"{points[-1][1]:.1f}")
            self._paint_strip(painter, strip.translated(0, top).adjusted(0, 4, 0, -4), points, max_ms)

    def _paint_strip(self, painter: QPainter, area: QRectF, points: deque[tuple[float, float]], max_ms: float) -> None:
        chosen = colors()
        line = [
            QPointF(
                area.right() - min((self._now_s - at_s) / WINDOW_S, 1.0) * area.width(),
                area.bottom() - ms / max_ms * area.height(),
            )
            for at_s, ms in points
        ]
        filled = QPolygonF([*line, area.bottomRight(), QPointF(line[0].x(), area.bottom())])
        fill = QColor(chosen.accent)
        fill.setAlphaF(0.25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(filled)
        painter.setPen(QPen(QColor(chosen.accent), 1.5))
        painter.drawPolyline(QPolygonF(line))
        painter.setPen(QPen(QColor(chosen.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
