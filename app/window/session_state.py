"""What the window remembers from one day to the next: its place, its panels, its keys, how people are drawn."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QByteArray
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.actions import DEEDS
from app.window.capture import Capture
from app.window.desk import Desk
from app.window.plot_panel import PlotPanel
from app.window.preferences import Preferences
from app.window.shortcuts_dialog import apply_shortcuts
from app.window.side_panel import SidePanel


class Memory:
    """Takes the parts of the window to where ``preferences`` say they were, and notes where they are."""

    def __init__(
        self,
        preferences: Preferences,
        window: QWidget,
        desk: Desk,
        panel: SidePanel,
        plots: PlotPanel,
        capture: Capture,
        deeds: dict[str, QAction],
    ) -> None:
        self._preferences = preferences
        self._window = window
        self._desk = desk
        self._panel = panel
        self._plots = plots
        self._capture = capture
        self._deeds = deeds

    def restore(self) -> None:
        """Put everything back; what does not fit any more is left as it is."""
        kept = self._preferences
        self.follow()
        looks = kept.looks
        self._plots.choice = [key for key in looks.pop("plots", []) if isinstance(key, str)] or self._plots.choice
        self._deeds["every-frame"].setChecked(bool(looks.pop("every-frame", True)))
        self._deeds["record-clean"].setChecked(bool(looks.pop("record-clean", False)))
        _dress(self._panel, looks)
        if kept.restores_window:
            if kept.geometry:
                self._window.restoreGeometry(QByteArray(kept.geometry))
            if kept.docks:
                self._desk.restore(QByteArray(kept.docks))

    def follow(self) -> None:
        """The preferences are others."""
        self._capture.recorder.folder = self._preferences.recordings
        self._capture.ring_s = self._preferences.ring_s
        usual = {name: deed.keys for name, deed in DEEDS.items()}
        apply_shortcuts(self._deeds, usual, self._preferences.shortcuts)

    def keep(self) -> None:
        """Note how everything is."""
        kept = self._preferences
        kept.looks = _dressed(self._panel) | {
            "plots": self._plots.choice,
            "every-frame": self._deeds["every-frame"].isChecked(),
            "record-clean": self._deeds["record-clean"].isChecked(),
        }
        if not self._window.isFullScreen():
            kept.geometry = self._window.saveGeometry().data()
            kept.docks = self._desk.saveState().data()


def _dressed(panel: SidePanel) -> dict[str, Any]:
    """How people are drawn, by name; whether it is a mirror belongs to the source."""
    on = {name: switch.isChecked() for name, switch in panel.switches.items() if name != "mirror"}
    choices = {"style": panel.drawn_as.currentData(), "color": panel.colored.currentData()}
    return on | choices | {"line_width": panel.line_width.value(), "dim": panel.dim.value()}


def _dress(panel: SidePanel, looks: dict[str, Any]) -> None:
    """Draw people as ``_dressed`` told."""
    for name, switch in panel.switches.items():
        if isinstance(looks.get(name), bool) and name != "mirror":
            switch.setChecked(looks[name])
    for name, box in (("style", panel.drawn_as), ("color", panel.colored)):
        if (place := box.findData(looks.get(name))) >= 0:
            box.setCurrentIndex(place)
    for name, slider in (("line_width", panel.line_width), ("dim", panel.dim)):
        if isinstance(looks.get(name), int):
            slider.setValue(looks[name])
