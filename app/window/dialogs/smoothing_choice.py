"""The choice of offline smoothing in the export dialog."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from app.window.core.preferences import Preferences
from app.window.i18n.tr import tr
from app.window.widgets.value_controls import DoubleSpinBox


class SmoothingChoice(QWidget):
    """Whether people are smoothed over the whole clip, and below which frequency; remembered in ``preferences``."""

    changed = pyqtSignal()

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.box = QCheckBox(tr("Smooth over the whole clip, below"))
        self.box.setToolTip(
            tr("Without lag; gaps of up to 0.5 s are filled and marked. The live picture stays as it is.")
        )
        self.cutoff = DoubleSpinBox()
        self.cutoff.setRange(1.0, 30.0)
        self.cutoff.setDecimals(1)
        self.cutoff.setSuffix(" Hz")
        self.cutoff.setAccessibleName(tr("Cutoff frequency"))
        is_smoothed, cutoff_hz = preferences.export_smoothing
        self.box.setChecked(is_smoothed)
        self.cutoff.setValue(cutoff_hz)
        self._preferences = preferences
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.box)
        row.addWidget(self.cutoff)
        row.addStretch(1)
        self.box.toggled.connect(self._on_changed)
        self.cutoff.valueChanged.connect(self._on_changed)
        self.set_enabled(True)

    @property
    def cutoff_hz(self) -> float | None:
        """The cutoff frequency in Hz; None without smoothing."""
        return self.cutoff.value() if self.box.isChecked() else None

    def set_enabled(self, enabled: bool) -> None:
        """Enable or disable the controls."""
        self.box.setEnabled(enabled)
        self.cutoff.setEnabled(enabled and self.box.isChecked())

    def _on_changed(self) -> None:
        self._preferences.export_smoothing = (self.box.isChecked(), self.cutoff.value())
        self.set_enabled(self.box.isEnabled())
        self.changed.emit()
