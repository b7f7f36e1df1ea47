"""The bottom line: how fast, how late, where the time goes, and which device really runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.window.sentences import called, told
from app.window.words import later, tr

if TYPE_CHECKING:
    from app.engine import Engine, Result
    from app.pipeline import Pipeline

STAGES = ("read", "detect", "pose", "track", "smooth", "write")
LAST = 30
DEVICE_NAMES = {
    "auto": later("auto"),
    "cpu": "CPU",
    "cuda": "CUDA",
    "tensorrt": "TensorRT",
    "coreml": "CoreML",
    "directml": "DirectML",
}


class Status(QFrame):
    """Figures of what runs, brought up to date by ``refresh`` a few times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 10, 4)
        row.setSpacing(18)
        self.people = self._figure(row, tr("People in the shown frame"))
        self.fps = self._figure(row, tr("Frames a second that come out of the pipe"))
        self.age = self._figure(
            row, tr("Age of the shown frame: from when it was taken (a file: looked at) to when it was painted")
        )
        self.dropped = self._figure(row, tr("Frames that were left out to stay with what happens now"))
        self.stages = self._figure(row, tr("Milliseconds a frame in each stage, mean of the last frames"))
        self.stages.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.setStretchFactor(self.stages, 1)
        self.badge = QLabel()
        self.badge.setObjectName("badge")
        self.badge.setAccessibleName(tr("Device"))
        row.addWidget(self.badge)
        self._counted: tuple[object, int, float] | None = None
        self.badge.hide()

    def show_pipeline(self, pipeline: Pipeline) -> None:
        """Tell the device that was asked for and the one that runs, with the reasons in between."""
        text, reasons = device_report(pipeline.settings.device, pipeline.device, pipeline.passed_over)
        self.badge.setText(text)
        self.badge.setToolTip(reasons)
        self.badge.setAccessibleDescription(reasons)
        self.badge.show()

    def show_result(self, result: Result) -> None:
        """Count the people of the shown frame."""
        count = len(result.poses.people)
        _say(self.people, tr("1 person") if count == 1 else tr("{count} people", count=count))

    def refresh(self, engine: Engine | None, age_ms: float, playing: bool) -> None:
        """Bring the figures up to date."""
        if engine is None:
            return
        statistics, now = engine.statistics, time.perf_counter()
        frames = statistics.frames
        if self._counted is None or self._counted[0] is not engine:
            self._counted = (engine, frames, now)
        _, before, since = self._counted
        if now - since >= 0.9:
            _say(self.fps, tr("{fps} fps", fps=f"{(frames - before) / (now - since):.1f}") if playing else tr("paused"))
            self._counted = (engine, frames, now)
        elif not playing:
            _say(self.fps, tr("paused"))
        _say(self.age, tr("age {ms} ms", ms=f"{age_ms:.0f}") if playing else "")
        parts = []
        for stage in STAGES:
            measured = statistics.stage_ms.get(stage)
            if measured:
                last = [measured[-1 - i] for i in range(min(LAST, len(measured)))]
                parts.append(f"{called(stage)} {sum(last) / len(last):.1f}")
        self.stages.setText(tr("{ms} ms", ms="  ".join(parts)) if parts else "")
        left_out = statistics.dropped + statistics.unrecorded
        _say(self.dropped, tr("{count} dropped", count=left_out) if engine.source.live or left_out else "")

    def _figure(self, row: QHBoxLayout, hint: str) -> QLabel:
        label = QLabel()
        label.setToolTip(hint)
        label.setAccessibleDescription(hint)
        label.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(label)
        return label


def _say(label: QLabel, text: str) -> None:
    """Change the text; the room that it takes never shrinks, so that its neighbours keep still."""
    label.setText(text)
    label.setMinimumWidth(max(label.minimumWidth(), label.sizeHint().width()))


def device_report(requested: str, actual: str, passed_over: dict[str, str]) -> tuple[str, str]:
    """What the badge says, and the reasons behind it."""
    asked = _device(requested)
    runs = " + ".join(map(_device, actual.split("+")))
    reasons = [
        tr("Not {device}: {reason}.", device=_device(device), reason=told(reason))
        for device, reason in passed_over.items()
    ]
    return f"{asked} → {runs}", "\n".join([tr("Asked for {asked}; runs on {runs}.", asked=asked, runs=runs), *reasons])


def _device(name: str) -> str:
    title = DEVICE_NAMES.get(name, name)
    return tr(title)
