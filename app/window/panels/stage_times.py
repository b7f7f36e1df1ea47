"""The time per stage: of all stages, the same in the status bar and in the engine panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QSizePolicy

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr

if TYPE_CHECKING:
    from app.engine.results import Statistics

MEAN_OF_LAST = 30
"""Number of runs averaged for the time of a stage."""
MORE = "…"
"""Stands for the stages for which there is no room."""


def stage_means(statistics: Statistics) -> dict[str, float]:
    """Milliseconds per run of each stage, as the mean of its last runs, in the order of the pipeline."""
    from app.pipeline import STAGES

    means = {}
    for stage in ("read", *STAGES, "write"):
        measured = statistics.stage_ms.get(stage)
        if measured:
            last = [measured[-1 - i] for i in range(min(MEAN_OF_LAST, len(measured)))]
            means[stage] = sum(last) / len(last)
    return means


class StageTimes(QLabel):
    """The time of each stage on one line; where there is no room for all, the fastest stages are left out.

    The tool tip has all, below ``hint``.
    """

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self._stage_ms: dict[str, float] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.show_times({})

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Keep the tool tip in another language."""
        self._hint = of(self._hint)

    def show_times(self, stage_ms: dict[str, float]) -> None:
        """Show the milliseconds of each stage."""
        self._stage_ms = stage_ms
        hint = "\n".join(filter(None, (self._hint, self._line(len(stage_ms)))))
        self.setToolTip(hint)
        self.setAccessibleDescription(hint)
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many stages as fit now."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        lines = (self._line(count) for count in range(len(self._stage_ms), 0, -1))
        self.setText(next((line for line in lines if metrics.horizontalAdvance(line) <= room), ""))

    def _line(self, count: int) -> str:
        """The ``count`` slowest stages, in the order of the pipeline; empty if there are none."""
        slowest = sorted(self._stage_ms, key=lambda stage: -self._stage_ms[stage])[:count]
        items = [f"{display_name(stage)} {ms:.1f}" for stage, ms in self._stage_ms.items() if stage in slowest]
        if count < len(self._stage_ms):
            items.append(MORE)
        return tr("{ms} ms", ms="  ".join(items)) if count else ""
