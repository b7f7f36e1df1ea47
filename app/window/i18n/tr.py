"""Every text of the window passes through here, so that it is shown in the person's language."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

CONTEXT = "Stance"


def tr(text: str, **values: object) -> str:
    """``text`` in the language of the window, with ``{name}`` replaced by the value of that name.

    ``text`` is a literal, here or in ``later``, so that every text can be found; without an application it stays
    as it is.
    """
    shown = QCoreApplication.translate(CONTEXT, text)
    return shown.format(**values) if values else shown


def later(text: str) -> str:
    """Marks a literal that passes through ``tr`` when it is shown."""
    return text
