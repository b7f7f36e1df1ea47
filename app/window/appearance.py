"""Changes the language and the colors of the open window."""

from __future__ import annotations

from typing import cast

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication

from app.window.core.preferences import Preferences
from app.window.dialog_launcher import DialogLauncher
from app.window.i18n.retranslate import change_language
from app.window.style.theme import choose_theme, theme_of


class AppearanceChanges(QObject):
    """Applies the language and the colors in ``preferences`` when they are changed in a dialog."""

    def __init__(self, preferences: Preferences, dialogs: DialogLauncher) -> None:
        super().__init__(dialogs)
        self._preferences = preferences
        self._applied = (preferences.language, theme_of(preferences.part("colors")))
        dialogs.preference_changed.connect(lambda _: self._apply())

    def _apply(self) -> None:
        language, theme = self._preferences.language, theme_of(self._preferences.part("colors"))
        (before, dressed), self._applied = self._applied, (language, theme)
        application = cast(QApplication, QApplication.instance())
        if theme != dressed:
            choose_theme(application, theme)
        if language != before:
            change_language(application, language)
