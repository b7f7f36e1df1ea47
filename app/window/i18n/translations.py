"""The languages of the window: its own texts and those from below it from a JSON file each, Qt's from Qt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from app.window.sentences import speak
from app.window.words import CONTEXT

TRANSLATIONS = Path(__file__).resolve().parent.parent.parent / "assets" / "translations"
TITLES = {"en": "English", "zh": "简体中文"}
"""Languages as those who speak them call them; no translation of these is wanted."""
QTS_NAMES = {"zh": "zh_CN"}


class Texts(QTranslator):
    """Answers with what stands in ``texts``: English text to the one of another language."""

    def __init__(self, texts: dict[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:
        """Qt does not ask an empty one."""
        return not self._texts

    def translate(  # type: ignore[override]
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """The text for ``sourceText``; None, Qt's null string, where there is none, so that it stays as it is."""
        return self._texts.get(sourceText or "") if context == CONTEXT else None


def texts_of(language: str) -> dict[str, str]:
    """English text to the one of ``language``; empty for English."""
    return dict(_read(f"stance_{language}.json"))


def below(language: str) -> tuple[dict[str, str], dict[str, str]]:
    """The sentences and the names that come from below the window, English to ``language``; empty for English.

    Sentences are those of Stance's own errors and notices, what the catalogue tells of its networks, and reasons that
    the system and the libraries give most often.
    """
    tables = _read(f"below_{language}.json")
    parts = (tables.get(part, {}) for part in ("sentences", "catalogue", "reasons"))
    return {english: other for part in parts for english, other in part.items()}, dict(tables.get("names", {}))


def system_language() -> str:
    """The one of ``TITLES`` that the system speaks, else English."""
    name = QLocale.languageToCode(QLocale.system().language())
    return name if name in TITLES else "en"


def install(application: QCoreApplication, language: str) -> None:
    """Show everything that is made from now on in ``language`` (empty: the system's), in place of any other one."""
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()
    language = language or system_language()
    speak(*below(language))
    if language in QTS_NAMES:
        qts = QTranslator(application)
        if qts.load(f"qtbase_{QTS_NAMES[language]}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            application.installTranslator(qts)
        application.installTranslator(Texts(texts_of(language), application))


def _read(name: str) -> dict[str, Any]:
    file = TRANSLATIONS / name
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
