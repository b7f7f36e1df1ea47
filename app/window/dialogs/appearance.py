"""The choices of language and colors in the settings dialog."""

from __future__ import annotations

from typing import cast

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QComboBox

from app.window.core.preferences import Language, Preferences
from app.window.i18n.tr import tr
from app.window.i18n.translations import TITLES
from app.window.style.theme import Theme, theme_of
from app.window.widgets.value_controls import ComboBox


class Appearance(QObject):
    """Saves the choices in ``preferences``; ``preferred`` gives the name of the one that was saved."""

    preferred = pyqtSignal(str)

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self._preferences = preferences
        self.language = _choice([(tr("System default"), ""), *((title, code) for code, title in TITLES.items())])
        themes = ((tr("System default"), ""), (tr("Light"), "light"), (tr("Dark"), "dark"))
        self.theme = _choice(list(themes))
        self.language.activated.connect(lambda _: self._choose_language())
        self.theme.activated.connect(lambda _: self._choose_theme())

    def show_preferences(self) -> None:
        """Show the saved choices."""
        for box, value in ((self.language, self._preferences.language), (self.theme, self._saved_theme())):
            box.setCurrentIndex(box.findData(value))

    def _saved_theme(self) -> Theme:
        return theme_of(self._preferences.part("colors"))

    def _choose_language(self) -> None:
        chosen = cast(Language, self.language.currentData())
        if chosen != self._preferences.language:
            self._preferences.language = chosen
            self.preferred.emit("language")

    def _choose_theme(self) -> None:
        chosen = self.theme.currentData()
        if chosen != self._saved_theme():
            self._preferences.keep_part("colors", {"theme": chosen})
            self.preferred.emit("theme")


def _choice(offers: list[tuple[str, str]]) -> QComboBox:
    box = ComboBox()
    for title, value in offers:
        box.addItem(title, value)
    return box
