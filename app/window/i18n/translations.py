"""Languages of the window: JSON files for its own texts and for messages from outside it, Qt's files for Qt's texts."""

from __future__ import annotations

import json
from typing import Any

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from app.core.assets import asset
from app.core.settings import Language
from app.window.i18n.backend_messages import set_translations
from app.window.i18n.tr import CONTEXT

TRANSLATIONS = asset("translations")
TITLES = {"en": "English", "zh": "简体中文"}
"""Native names of the languages; these are not translated."""
QT_CODES = {"zh": "zh_CN"}
_installed: Language = "en"


class Texts(QTranslator):
    """A translator with the translations in ``texts``, by English text; ``qt`` has those of Qt's texts by context."""

    def __init__(
        self, texts: dict[str, str], parent: QObject | None = None, qt: dict[str, dict[str, str]] | None = None
    ) -> None:
        super().__init__(parent)
        self._texts = texts
        self._qt = qt or {}

    def isEmpty(self) -> bool:
        """Whether there are no translations; Qt skips an empty translator."""
        return not self._texts

    def translate(  # type: ignore[override]
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """The translation of ``sourceText``; None (Qt's null string) leaves it in English."""
        known = self._texts if context == CONTEXT else self._qt.get(context or "", {})
        return known.get(sourceText or "")


def texts_of(language: str) -> dict[str, str]:
    """Translations of the window's texts into ``language``, by English text; empty for English."""
    return dict(_read(f"stance_{language}.json"))


def backend_translations(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """Translations of messages and names from outside the window into ``language``; empty for English.

    Messages are Stance's errors and notices, descriptions in the catalogue, and frequent messages of the system and of
    libraries.
    """
    tables = _read(f"below_{language}.json")
    parts = (tables.get(part, {}) for part in ("sentences", "catalogue", "reasons"))
    return {english: text for part in parts for english, text in part.items()}, dict(tables.get("names", {}))


def system_language() -> str:
    """The system's language if it is one of ``TITLES``, else English."""
    name = QLocale.languageToCode(QLocale.system().language())
    return name if name in TITLES else "en"


def installed_language() -> Language:
    """The language of the texts that are made now."""
    return _installed


def install(application: QCoreApplication, language: str) -> None:
    """Use ``language`` (empty: the system's) for all texts made from now on, instead of the previous language."""
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    global _installed
    language = language or system_language()
    _installed = "zh" if language == "zh" else "en"
    set_translations(*backend_translations(language))
    if language in QT_CODES:
        qts = QTranslator(application)
        if qts.load(f"qtbase_{QT_CODES[language]}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            application.installTranslator(qts)
        # Qt's own files lack some of its texts.
        application.installTranslator(Texts(texts_of(language), application, _read(f"qt_{language}.json")))


def _read(name: str) -> dict[str, Any]:
    file = TRANSLATIONS / name
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
