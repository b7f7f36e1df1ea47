"""Details of what runs: device, models, frame rate, latency, and time per stage."""

from __future__ import annotations

import time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.system.heap import memory_mb
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.stage_chart import StageChart
from app.window.panels.stage_times import stage_means
from app.window.panels.status_bar import device_report

if TYPE_CHECKING:
    from app.engine import Engine
    from app.inference.model_card import ModelCard
    from app.pipeline import Pipeline

FPS_INTERVAL_S = 0.9
"""Interval over which the frame rate is measured, in seconds."""


class EnginePanel(QScrollArea):
    """Details of a pipeline (``show_pipeline``) and its statistics (``refresh``, called a few times per second)."""

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
        self._add_heading(tr("Device"))
        self.device = self._text_label()
        self.device.setObjectName("subtitle")
        self.reasons = self._text_label()
        self.reasons.setObjectName("faint")
        self._column.addWidget(self.device)
        self._column.addWidget(self.reasons)
        self._add_heading(tr("Models"))
        models = self._add_form()
        self.pose = self._add_row(models, tr("Pose"), tr("Crop size and file size"))
        self.detector = self._add_row(models, tr("Detector"), tr("Input size and file size"))
        self.further = self._add_row(models, tr("Further"), tr("Third dimension, hands and face"))
        self._add_heading(tr("Performance"))
        flow = self._add_form()
        self.fps = self._add_row(flow, tr("Speed"), tr("Frames processed per second"))
        self.age = self._add_row(
            flow,
            tr("Latency"),
            tr("From capture of the current frame (files: from processing) to display"),
        )
        self.dropped = self._add_row(flow, tr("Dropped"), tr("Frames skipped to keep up with real time"))
        self.unrecorded = self._add_row(
            flow,
            tr("Not recorded"),
            tr("Frames missing from the recording because the disk or the processor is too slow"),
        )
        self.memory = self._add_row(flow, tr("Memory"), tr("Main memory used by the application"))
        self._add_heading(tr("Milliseconds per stage"))
        self.stages = StageChart()
        self.stages.setToolTip(tr("Mean time of each stage over the last 10 seconds"))
        self._column.addWidget(self.stages)
        self._column.addStretch(1)
        self.setWidget(body)
        self._last_count: tuple[Engine, int, float] | None = None
        self.show_pipeline(None)

    def show_pipeline(self, pipeline: Pipeline | None) -> None:
        """Show the requested device, the device in use with the reasons, and the models; None if nothing is loaded.

        The times of the stages start anew.
        """
        self.stages.clear()
        if pipeline is None:
            self.device.setText(tr("No models loaded yet"))
            self._show_reasons("")
            self.pose.setText("–")
            self.detector.setText("–")
            self.further.setText("–")
            return
        text, reasons = device_report(pipeline.settings.device, pipeline.device, pipeline.skipped_devices)
        self.device.setText(text)
        self._show_reasons(reasons)
        pose, *detector = pipeline.networks
        self.pose.setText(_model_text(pose.card, pose.network.path))
        self.detector.setText(
            _model_text(detector[0].card, detector[0].network.path)
            if detector
            else translate(pipeline.no_detector_reason) or tr("None: the whole frame is one person")
        )
        self.further.setText("\n".join(pipeline.model_names[2:]) or "–")

    def refresh(self, engine: Engine | None, age_ms: float, playing: bool) -> None:
        """Update the statistics; does nothing while the panel is hidden."""
        if not self.isVisible():
            return
        memory = memory_mb()
        self.memory.setText(tr("{mb} MB", mb=f"{memory:,.0f}") if isfinite(memory) else "–")
        if engine is None:
            return
        statistics = engine.statistics
        self._update_fps(engine, playing)
        self.age.setText(tr("{ms} ms", ms=f"{age_ms:z.0f}") if playing else "–")
        self.dropped.setText(f"{statistics.dropped:,}")
        self.unrecorded.setText(f"{statistics.unrecorded:,}")
        means = stage_means(statistics)
        if playing or means != self.stages.latest:  # the last figures stay while it is paused
            self.stages.add(time.monotonic(), means)

    def _update_fps(self, engine: Engine, playing: bool) -> None:
        frames, now = engine.statistics.frames, time.monotonic()
        if self._last_count is None or self._last_count[0] is not engine:
            self._last_count = (engine, frames, now)
            self.stages.clear()
        _, before, since = self._last_count
        if not playing:
            self.fps.setText(tr("paused"))
        elif now - since >= FPS_INTERVAL_S:
            self.fps.setText(tr("{fps} fps", fps=f"{(frames - before) / (now - since):.1f}"))
        if now - since >= FPS_INTERVAL_S:
            self._last_count = (engine, frames, now)

    def _show_reasons(self, reasons: str) -> None:
        self.reasons.setText(reasons)
        self.reasons.setVisible(bool(reasons))

    def _add_heading(self, text: str) -> None:
        if self._column.count():
            self._column.addSpacing(12)
        label = QLabel(text.upper())
        label.setObjectName("heading")
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._column.addWidget(label)

    def _add_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(4)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self._column.addLayout(form)
        return form

    def _add_row(self, form: QFormLayout, title: str, hint: str) -> QLabel:
        value, name = self._text_label(), QLabel(title)
        value.setText("–")
        value.setAccessibleName(title)
        name.setObjectName("faint")
        for label in (name, value):
            label.setToolTip(hint)
        form.addRow(name, value)
        return value

    def _text_label(self) -> QLabel:
        """A label that wraps its text and allows it to be selected."""
        label = QLabel()
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        return label


def _model_text(card: ModelCard, path: Path) -> str:
    name, (width, height) = card.name, card.picture.size
    size = f"{path.stat().st_size / 1e6:.1f}" if path.is_file() else "?"
    return tr("{name}\n{width} × {height}, {size} MB", name=name, width=width, height=height, size=size)
