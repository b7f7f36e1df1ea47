"""Named presets of the settings and of the display: saved, chosen and deleted in a menu of the side panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QInputDialog, QMenu, QPushButton

from app.core.errors import StanceError
from app.core.settings import Settings
from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.i18n.tr import tr
from app.window.parts import WindowParts
from app.window.session_state import apply_style, style_of

NAME = "presets"
MAX_NAME = 60
MODELS = ("pose", "detector", "device")
"""What the defaults leave as it is."""


class Presets(QObject):
    """Owns the button with the menu. A preset has all settings and the draw style, by its name in the preferences."""

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._window = parts.window
        self._preferences = parts.preferences
        self._panel = parts.panel
        self.button = button = QPushButton(tr("Presets"))
        button.setAutoDefault(False)
        button.setToolTip(tr("All settings and the display under a name"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.installEventFilter(ShortcutFilter(PRESS, button))
        self.menu = QMenu(button)
        self.menu.aboutToShow.connect(self.fill)
        button.setMenu(self.menu)
        parts.panel.add_above(button)

    def fill(self) -> None:
        """Fill the menu with the present presets."""
        self.menu.clear()
        saved = self._saved()
        for name in saved:
            self._entry(self.menu, name.replace("&", "&&"), partial(self.apply, name))
        self._entry(self.menu, tr("Defaults (models stay)"), self.apply_defaults)
        self.menu.addSeparator()
        self._entry(self.menu, tr("Save as preset…"), self._ask_name)
        if saved and (delete := self.menu.addMenu(tr("Delete preset"))) is not None:
            for name in saved:
                self._entry(delete, name.replace("&", "&&"), partial(self.delete, name))

    def save(self, name: str) -> None:
        """Save the present settings as ``name``; a preset of that name is replaced."""
        name = name.strip()[:MAX_NAME]
        if name:
            preset = {"settings": asdict(self._panel.settings), "display": style_of(self._panel.display)}
            self._keep(self._saved() | {name: preset})

    def delete(self, name: str) -> None:
        """Delete the preset ``name``."""
        self._keep({other: preset for other, preset in self._saved().items() if other != name})

    def apply(self, name: str) -> None:
        """Use the settings of the preset ``name``; values that are not valid any more are left out."""
        preset = self._saved().get(name, {})
        settings, display = preset.get("settings"), preset.get("display")
        if isinstance(settings, dict):
            self._request(_with(self._panel.settings, settings))
        if isinstance(display, dict):
            apply_style(self._panel.display, display)

    def apply_defaults(self) -> None:
        """Use the default settings, with the present models and device."""
        kept: dict[str, Any] = {name: getattr(self._panel.settings, name) for name in MODELS}
        self._request(replace(Settings(), **kept))

    def _request(self, settings: Settings) -> None:
        if settings != self._panel.settings:
            self._panel.request(settings)

    def _ask_name(self) -> None:
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(tr("Save as preset"))
        dialog.setLabelText(tr("Name"))
        dialog.textValueSelected.connect(self.save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _saved(self) -> dict[str, dict[str, Any]]:
        return {name: one for name, one in self._preferences.part(NAME).items() if isinstance(one, dict)}

    def _keep(self, presets: Mapping[str, Any]) -> None:
        self._preferences.keep_part(NAME, dict(sorted(presets.items())))

    @staticmethod
    def _entry(menu: QMenu, text: str, callback: Any) -> None:
        if (action := menu.addAction(text)) is not None:
            action.triggered.connect(lambda _: callback())


def _with(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """``settings`` with those of ``values`` that are valid."""
    for field in fields(Settings):
        value: Any = values.get(field.name)
        if type(value) is type(getattr(settings, field.name)):
            try:
                changed: dict[str, Any] = {field.name: value}
                settings = replace(settings, **changed)
            except StanceError:
                continue
    return settings
