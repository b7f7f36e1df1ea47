"""The status bar: frame rate, latency, time per stage, and the device in use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import later, tr
from app.window.panels.stage_times import StageTimes, stage_means

if TYPE_CHECKING:
    from app.engine import Engine, Result
    from app.engine.background_pass import BackgroundPass
    from app.pipeline import Pipeline

DEVICE_NAMES = {
    "auto": later("auto"),
    "cpu": "CPU",
    "cuda": "CUDA",
    "tensorrt": "TensorRT",
    "coreml": "CoreML",
    "directml": "DirectML",
}


class StatusBar(QFrame):
    """Statistics of what runs; ``refresh`` is called a few times per second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 10, 4)
        row.setSpacing(18)
        self.people = self._add_label(row, tr("People in the current frame"))
        self.analysing = self._add_label(
            row,
            tr("Analysed part of the clip: it is analysed once, from its start, in the background"),
        )
        self.fps = self._add_label(row, tr("Frames processed per second"))
        self.age = self._add_label(
            row, tr("Latency of the current frame: from capture (files: from processing) to display")
        )
        self.dropped = self._add_label(row, tr("Frames skipped to keep up with real time"))
        self.reason = self._add_label(row, "")
        self.stages = StageTimes(tr("Milliseconds per frame in each stage, mean of recent frames"))
        row.addWidget(self.stages, 1)
        self.no_detector = self._add_label(row, "")
        self.no_detector.hide()
        self.late = self._add_label(row, "")
        self.late.hide()
        self.delay = self._add_label(row, tr("Delay of the shown picture"))
        self.delay.hide()
        self._frames_late = 0  # of live pictures, with the present models
        self.badge = QLabel()
        self.badge.setObjectName("badge")
        self.badge.setAccessibleName(tr("Device"))
        row.addWidget(self.badge)
        self._last_count: tuple[object, int, float] | None = None
        self.badge.hide()

    def add_beside_device(self, widget: QWidget) -> None:
        """Show ``widget`` on the left of the device."""
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(row.indexOf(self.badge), widget)

    def show_pipeline(self, pipeline: Pipeline) -> None:
        """Show the requested device and the device in use, and what is special about the models, with the reasons."""
        self.no_detector.setVisible(bool(pipeline.no_detector_reason))
        self.no_detector.setText(tr("no detector"))
        _set_hint(self.no_detector, translate(pipeline.no_detector_reason))
        self._frames_late = count = pipeline.info.history[1]
        self.late.setText(tr("1 frame late") if count == 1 else tr("{count} frames late", count=count))
        name = pipeline.info.name
        _set_hint(self.late, tr("{name} also needs later frames: live pictures wait for them", name=name))
        text, reasons = device_report(pipeline.settings.device, pipeline.device, pipeline.skipped_devices)
        self.badge.setText(text)
        self.badge.setToolTip(reasons)
        self.badge.setAccessibleDescription(reasons)
        self.badge.show()

    def show_delay(self, seconds: float) -> None:
        """Show by how many seconds the picture is delayed; nothing for 0."""
        self.delay.setText(tr("delay {seconds} s", seconds=f"{seconds:.2f}"))
        self.delay.setVisible(seconds > 0)

    def show_reason(self, sentence: str, details: str = "") -> None:
        """Show why something cannot be done now, with ``details`` in its tool tip; nothing if ``sentence`` is empty."""
        self.reason.setText(sentence)
        self.reason.setToolTip("\n".join(text for text in (sentence, details) if text))
        self.reason.setVisible(bool(sentence))

    def show_result(self, result: Result) -> None:
        """Show the number of people in the shown frame."""
        count = len(result.poses.people)
        _set_text(self.people, tr("1 person") if count == 1 else tr("{count} people", count=count))

    def show_progress(self, made: BackgroundPass | None) -> None:
        """Show the progress of the clip's analysis."""
        running = made is not None and made.state in ("running", "waiting")
        self.analysing.setVisible(running)
        if made is None or not running:
            return
        if made.share is None:
            text = tr("Analysing, {count} frames", count=made.done)
        else:
            text = tr("Analysing {percent} %", percent=int(100 * made.share))
        _set_text(self.analysing, tr("{what}, waiting", what=text) if made.state == "waiting" else text)

    def refresh(self, engine: Engine | None, age_ms: float, playing: bool) -> None:
        """Update the statistics."""
        self.late.setVisible(bool(self._frames_late) and engine is not None and engine.source.live)
        if engine is None:
            return
        statistics, now = engine.statistics, time.perf_counter()
        frames = statistics.frames
        if self._last_count is None or self._last_count[0] is not engine:
            self._last_count = (engine, frames, now)
        _, before, since = self._last_count
        if now - since >= 0.9:
            _set_text(
                self.fps, tr("{fps} fps", fps=f"{(frames - before) / (now - since):.1f}") if playing else tr("paused")
            )
            self._last_count = (engine, frames, now)
        elif not playing:
            _set_text(self.fps, tr("paused"))
        _set_text(self.age, tr("latency {ms} ms", ms=f"{age_ms:z.0f}") if playing else "")
        self.stages.show_times(stage_means(statistics))
        dropped = statistics.dropped + statistics.unrecorded
        _set_text(self.dropped, tr("{count} dropped", count=dropped) if engine.source.live or dropped else "")

    def _add_label(self, row: QHBoxLayout, hint: str) -> QLabel:
        label = QLabel()
        _set_hint(label, hint)
        label.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(label)
        return label


def _set_hint(label: QLabel, hint: str) -> None:
    label.setToolTip(hint)
    label.setAccessibleDescription(hint)


def _set_text(label: QLabel, text: str) -> None:
    """Set the text; the label's width never shrinks, so that its neighbors do not move."""
    label.setText(text)
    label.setMinimumWidth(max(label.minimumWidth(), label.sizeHint().width()))


def device_report(requested: str, actual: str, skipped_devices: dict[str, str]) -> tuple[str, str]:
    """The text of the device badge, and the reasons as its tool tip."""
    asked = _device_title(requested)
    runs = " + ".join(map(_device_title, actual.split("+")))
    reasons = [
        tr("{device} is not used: {reason}.", device=_device_title(device), reason=translate(reason))
        for device, reason in skipped_devices.items()
    ]
    return f"{asked} → {runs}", "\n".join(
        [tr("Requested: {asked}. Running on: {runs}.", asked=asked, runs=runs), *reasons]
    )


def _device_title(name: str) -> str:
    title = DEVICE_NAMES.get(name, name)
    return tr(title)
