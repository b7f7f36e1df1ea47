"""Translation of the window's own texts."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from app.window.i18n.made_texts import remember

CONTEXT = "Stance"


def tr(text: str, **values: object) -> str:
    """Translate ``text``, then replace each ``{name}`` by the value of that name.

    ``text`` must be a literal, here or in ``later``, so that all texts can be collected; without a translation it is
    returned in English.
    """
    translated = QCoreApplication.translate(CONTEXT, text)
    return remember(translated.format(**values) if values else translated, tr, text, values)


def later(text: str) -> str:
    """Mark a literal that is passed to ``tr`` later."""
    return text
