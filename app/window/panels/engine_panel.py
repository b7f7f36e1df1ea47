"""What runs, told at length: device, networks, how fast, and where the time goes."""

from __future__ import annotations

import time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.resident import memory_mb
from app.window.stage_chart import StageChart
from app.window.status import LAST, device_report
from app.window.words import tr

if TYPE_CHECKING:
    from app.card import Picture
    from app.engine import Engine
    from app.engine.results import Statistics
    from app.pipeline import Pipeline

FPS_EVERY_S = 0.9


class EnginePanel(QScrollArea):
    """Facts of the pipeline by ``show_pipeline``, figures brought up to date by ``refresh`` a few times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Engine"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(14, 10, 14, 14)
        self._column.setSpacing(4)
        self._heading(tr("Device"))
        self.device = self._text()
        self.device.setObjectName("subtitle")
        self.reasons = self._text()
        self.reasons.setObjectName("faint")
        self._column.addWidget(self.device)
        self._column.addWidget(self.reasons)
        self._heading(tr("Models"))
        models = self._form()
        self.pose = self._fact(models, tr("Pose"), tr("Size of a person's crop and of the file"))
        self.detector = self._fact(models, tr("Detector"), tr("Size of the picture and of the file"))
        self._heading(tr("Flow"))
        flow = self._form()
        self.fps = self._fact(flow, tr("Speed"), tr("Frames a second that come out of the pipe"))
        self.age = self._fact(
            flow,
            tr("Age"),
            tr("From when the shown frame was taken (a file: looked at) to when it was painted"),
        )
        self.dropped = self._fact(flow, tr("Dropped"), tr("Frames left out to stay with what happens now"))
        self.unrecorded = self._fact(flow, tr("Unrecorded"), tr("Frames missing from the recording: the disk is slow"))
        self.memory = self._fact(flow, tr("Memory"), tr("What the whole application holds in main memory"))
        self._heading(tr("Milliseconds a stage"))
        self.stages = StageChart()
        self.stages.setToolTip(tr("Means of the last runs of each stage, over 10 seconds"))
        self._column.addWidget(self.stages)
        self._column.addStretch(1)
        self.setWidget(body)
        self._counted: tuple[Engine, int, float] | None = None
        self.show_pipeline(None)

    def show_pipeline(self, pipeline: Pipeline | None) -> None:
        """Tell what was asked for, what runs and why nothing better does; None: nothing runs yet."""
        if pipeline is None:
            self.device.setText(tr("No models loaded yet"))
            self._say_reasons("")
            self.pose.setText("–")
            self.detector.setText("–")
            return
        from app.detect.detector import Detector

        text, reasons = device_report(pipeline.settings.device, pipeline.device, pipeline.passed_over)
        self.device.setText(text)
        self._say_reasons(reasons)
        estimator, detector = pipeline.estimator, pipeline.detector
        self.pose.setText(_model(estimator.card.name, estimator.card.picture, estimator.network.path))
        self.detector.setText(
            _model(detector.name, detector.card.picture, detector.network.path)
            if isinstance(detector, Detector)
            else tr("None: the whole frame is one person")
        )

    def refresh(self, engine: Engine | None, age_ms: float, playing: bool) -> None:
        """Bring the figures up to date; costs nothing while the panel is hidden."""
        if not self.isVisible():
            return
        held = memory_mb()
        self.memory.setText(tr("{mb} MB", mb=f"{held:,.0f}") if isfinite(held) else "–")
        if engine is None:
            return
        statistics = engine.statistics
        self._say_fps(engine, playing)
        self.age.setText(tr("{ms} ms", ms=f"{age_ms:.0f}") if playing else "–")
        self.dropped.setText(f"{statistics.dropped:,}")
        self.unrecorded.setText(f"{statistics.unrecorded:,}")
        if playing:
            self.stages.add(time.monotonic(), stage_means(statistics))

    def _say_fps(self, engine: Engine, playing: bool) -> None:
        frames, now = engine.statistics.frames, time.monotonic()
        if self._counted is None or self._counted[0] is not engine:
            self._counted = (engine, frames, now)
            self.stages.clear()
        _, before, since = self._counted
        if not playing:
            self.fps.setText(tr("paused"))
        elif now - since >= FPS_EVERY_S:
            self.fps.setText(tr("{fps} fps", fps=f"{(frames - before) / (now - since):.1f}"))
        if now - since >= FPS_EVERY_S:
            self._counted = (engine, frames, now)

    def _say_reasons(self, reasons: str) -> None:
        self.reasons.setText(reasons)
        self.reasons.setVisible(bool(reasons))

    def _heading(self, text: str) -> None:
        if self._column.count():
            self._column.addSpacing(12)
        label = QLabel(text.upper())
        label.setObjectName("heading")
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._column.addWidget(label)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(4)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._column.addLayout(form)
        return form

    def _fact(self, form: QFormLayout, title: str, hint: str) -> QLabel:
        value, name = self._text(), QLabel(title)
        value.setText("–")
        value.setAccessibleName(title)
        name.setObjectName("faint")
        for label in (name, value):
            label.setToolTip(hint)
        form.addRow(name, value)
        return value

    def _text(self) -> QLabel:
        """A label that breaks its lines and can be copied from."""
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        return label


def stage_means(statistics: Statistics) -> dict[str, float]:
    """Milliseconds a run of every stage that there is, mean of its last runs, in the order of the pipe."""
    from app.pipeline import STAGES

    means = {}
    for stage in ("read", *STAGES, "write"):
        measured = statistics.stage_ms.get(stage)
        if measured:
            last = [measured[-1 - i] for i in range(min(LAST, len(measured)))]
            means[stage] = sum(last) / len(last)
    return means


def _model(name: str, picture: Picture, path: Path) -> str:
    width, height = picture.size
    size = f"{path.stat().st_size / 1e6:.1f}" if path.is_file() else "?"
    return tr("{name}\n{width} × {height}, {size} MB", name=name, width=width, height=height, size=size)
