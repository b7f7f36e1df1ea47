"""Saves and restores the window: place, docks, shortcuts, draw style."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QByteArray, QSize
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from app.window.core.key_sets import chosen_set, usual_keys
from app.window.core.preferences import Preferences
from app.window.dialogs.shortcuts_dialog import apply_shortcuts
from app.window.panels.display_section import DisplaySection
from app.window.panels.dock_area import DockArea
from app.window.panels.side_panel import SidePanel
from app.window.player.capture import CaptureController
from app.window.review.plot_panel import PlotPanel
from app.window.widgets.screen_fit import fit_on_screen

FIRST_SIZE = QSize(1180, 760)
"""Size of the window at the first start, if the screen is large enough."""


class SessionState:
    """Restores the parts of the window from ``preferences``, and saves their state there."""

    def __init__(
        self,
        preferences: Preferences,
        window: QWidget,
        dock_area: DockArea,
        panel: SidePanel,
        plots: PlotPanel,
        capture: CaptureController,
        actions: dict[str, QAction],
    ) -> None:
        self._preferences = preferences
        self._window = window
        self._dock_area = dock_area
        self._panel = panel
        self._plots = plots
        self._capture = capture
        self._actions = actions

    def restore(self) -> None:
        """Restore everything; invalid values are ignored."""
        kept = self._preferences
        self.follow()
        looks = kept.looks
        self._plots.choice = [key for key in looks.pop("plots", []) if isinstance(key, str)] or self._plots.choice
        self._plots.smoothed.setChecked(bool(looks.pop("smoothed-plots", False)))
        self._actions["every-frame"].setChecked(bool(looks.pop("every-frame", True)))
        self._actions["record-clean"].setChecked(bool(looks.pop("record-clean", False)))
        sized = [name for name in looks.pop("sized-panels", []) if isinstance(name, str)]
        apply_style(self._panel.display, looks)
        fit_on_screen(self._window, FIRST_SIZE)
        if kept.restores_window:
            restored = kept.geometry and self._window.restoreGeometry(QByteArray(kept.geometry))
            if restored and not self._window.isMaximized():
                fit_on_screen(self._window, self._window.size())
            if kept.docks:
                self._dock_area.restore(QByteArray(kept.docks), sized)

    def follow(self) -> None:
        """Apply changed preferences."""
        self._capture.recorder.folder = self._plots.export.folder = self._preferences.recordings
        self._capture.last_seconds.seconds = self._preferences.ring_s
        apply_shortcuts(self._actions, usual_keys(chosen_set(self._preferences)), self._preferences.shortcuts)

    def keep(self) -> None:
        """Save everything."""
        kept = self._preferences
        kept.looks = style_of(self._panel.display) | {
            "plots": self._plots.choice,
            "smoothed-plots": self._plots.smoothed.isChecked(),
            "sized-panels": self._dock_area.sized(),
            "every-frame": self._actions["every-frame"].isChecked(),
            "record-clean": self._actions["record-clean"].isChecked(),
        }
        if not self._window.isFullScreen():
            kept.geometry = self._window.saveGeometry().data()
            kept.docks = self._dock_area.saveState().data()


def style_of(display: DisplaySection) -> dict[str, Any]:
    """The draw style by name, without the mirror, which belongs to the source."""
    on = {name: switch.isChecked() for name, switch in display.switches.items() if name != "mirror"}
    boxes = {"style": display.drawn_as, "color": display.colored, "privacy": display.privacy}
    choices = {name: box.currentData() for name, box in boxes.items()}
    choices["angles"] = list(display.marks.angles.chosen)
    return on | choices | {"line_width": display.line_width.value(), "dim": display.dim.value()}


def apply_style(display: DisplaySection, styles: dict[str, Any]) -> None:
    """Apply a draw style saved by ``style_of``."""
    for name, switch in display.switches.items():
        if isinstance(styles.get(name), bool) and name != "mirror":
            switch.setChecked(styles[name])
    for name, box in (("style", display.drawn_as), ("color", display.colored), ("privacy", display.privacy)):
        if (place := box.findData(styles.get(name))) >= 0:
            box.setCurrentIndex(place)
    angles = styles.get("angles")
    if isinstance(angles, list):
        display.marks.angles.choose(tuple(name for name in angles if isinstance(name, str)))
    for name, slider in (("line_width", display.line_width), ("dim", display.dim)):
        if isinstance(styles.get(name), int):
            slider.setValue(styles[name])
