"""The side panel's switches for hands and faces, which networks of their own add to the people."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtWidgets import QVBoxLayout

from app.core.settings import FACES, Settings
from app.window.i18n.backend_messages import translate
from app.window.i18n.tr import tr
from app.window.panels.rows import add_switches, make_switch
from app.window.panels.shown_settings import ShownSettings
from app.window.widgets.toggle import Switch


class PartSwitches:
    """Two switches at the end of ``column``; a click requests the settings with or without hands or faces."""

    def __init__(self, shown: ShownSettings, column: QVBoxLayout) -> None:
        self._shown = shown
        self._face = FACES[0]  # which keypoints a face gets when it is switched on
        self._unsupported: Mapping[str, str] = {}
        self.hands = make_switch(tr("Hands"), "")
        self.face = make_switch(tr("Face"), "")
        self.hands.toggled.connect(lambda on: shown.request(hands=on))
        self.face.toggled.connect(lambda on: shown.request(face=self._face if on else ""))
        column.addSpacing(4)
        add_switches(column, [self.hands, self.face])
        self.set_enabled(True)

    def show_settings(self, settings: Settings) -> None:
        """Show ``settings``, which are those of ``ShownSettings`` already, so that nothing is requested."""
        self._face = settings.face or self._face
        self.hands.setChecked(settings.hands)
        self.face.setChecked(bool(settings.face))

    def show_unsupported(self, reasons: Mapping[str, str]) -> None:
        """Disable what the pose model's people cannot get, with the reason as tool tip."""
        self._unsupported = reasons
        self.set_enabled(True)

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable or disable the switches; ``reason`` is the tool tip while disabled."""
        tips = {
            "hands": tr("Add 21 keypoints of each hand, by networks of their own"),
            "face": tr("Add the contours of the face, by a network of its own"),
        }
        for name, switch in self._switches().items():
            why = translate(self._unsupported.get(name, "")) if enabled else reason
            switch.setEnabled(enabled and not why)
            switch.setToolTip(why or tips[name])

    def _switches(self) -> dict[str, Switch]:
        return {"hands": self.hands, "face": self.face}
