"""Where the time goes: one strip a stage, all to one scale, over the last seconds."""

from __future__ import annotations

from collections import deque

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.window.sentences import called
from app.window.theme import colors
from app.window.words import tr

WINDOW_S = 10.0
ROW = 30
GAP = 12
"""Pixels between the columns: the stage's name, its strip, the latest figure."""


class StageChart(QWidget):
    """Milliseconds of every stage by time; ``add`` brings the latest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Time in each stage"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._points: dict[str, deque[tuple[float, float]]] = {}
        self._now_s = 0.0

    @property
    def latest(self) -> dict[str, float]:
        """The figure that each strip tells, in milliseconds."""
        return {stage: points[-1][1] for stage, points in self._points.items()}

    def add(self, now_s: float, stage_ms: dict[str, float]) -> None:
        """What each stage takes now; a stage that is no longer there has no strip."""
        known = list(self._points)
        self._points = {stage: self._points.get(stage, deque()) for stage in stage_ms}
        for stage, ms in stage_ms.items():
            points = self._points[stage]
            points.append((now_s, ms))
            while len(points) > 2 and points[1][0] <= now_s - WINDOW_S:
                points.popleft()
        self._now_s = now_s
        if list(stage_ms) != known:
            self.updateGeometry()
        self.setAccessibleDescription(
            tr(", ").join(f"{called(stage)} {tr('{ms} ms', ms=f'{ms:.1f}')}" for stage, ms in stage_ms.items())
        )
        self.update()

    def clear(self) -> None:
        """Forget everything: something else runs."""
        self._points = {}
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for every stage."""
        return QSize(220, max(len(self._points), 1) * ROW)

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be, as narrow as it must be."""
        return QSize(140, self.sizeHint().height())

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colours."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Name, strip and figure of every stage."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, metrics = colors(), self.fontMetrics()
        if not self._points:
            painter.setPen(QColor(chosen.faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, tr("Nothing measured yet"))
            return
        names = max(metrics.horizontalAdvance(called(stage)) for stage in self._points)
        figures = metrics.horizontalAdvance("0000.0")
        strip = QRectF(names + GAP, 0, max(self.width() - names - figures - 2 * GAP, 1), ROW)
        most = max(ms for points in self._points.values() for _, ms in points) or 1.0
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (stage, points) in enumerate(self._points.items()):
            top = row * ROW
            painter.setPen(QColor(chosen.faint))
            painter.drawText(QRectF(0, top, names, ROW), middle, called(stage))
            painter.setPen(QColor(chosen.text))
            place = QRectF(self.width() - figures, top, figures, ROW)
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, f"{points[-1][1]:.1f}")
            self._paint_strip(painter, strip.translated(0, top).adjusted(0, 4, 0, -4), points, most)

    def _paint_strip(self, painter: QPainter, area: QRectF, points: deque[tuple[float, float]], most: float) -> None:
        chosen = colors()
        line = [
            QPointF(
                area.right() - min((self._now_s - at_s) / WINDOW_S, 1.0) * area.width(),
                area.bottom() - ms / most * area.height(),
            )
            for at_s, ms in points
        ]
        under = QPolygonF([*line, area.bottomRight(), QPointF(line[0].x(), area.bottom())])
        fill = QColor(chosen.accent)
        fill.setAlphaF(0.25)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(under)
        painter.setPen(QPen(QColor(chosen.accent), 1.5))
        painter.drawPolyline(QPolygonF(line))
        painter.setPen(QPen(QColor(chosen.line), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
