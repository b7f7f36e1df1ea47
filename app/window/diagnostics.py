"""What whoever helps wants to know, put on the clipboard; the person reads it before it is sent to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QGuiApplication

from app.window.banner import Notice, sentence_of
from app.window.words import tr

if TYPE_CHECKING:
    from app.window.main_window import MainWindow


def copy_diagnostics(window: MainWindow) -> None:
    """Gather them in a thread, for that takes seconds, and tell ``window`` when they are copied."""
    settings, action = window.panel.settings, window.deeds["diagnostics"]

    def work() -> str:
        from app.doctor import diagnostics

        return diagnostics(settings)

    def done(text: str) -> None:
        action.setEnabled(True)
        if (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText(text)
        window.tell(Notice("info", tr("The diagnostics are copied: paste them where you tell what went wrong.")))

    def failed(error: Exception) -> None:
        action.setEnabled(True)
        window.tell(Notice("error", sentence_of(error)))

    action.setEnabled(False)
    window.tell(Notice("info", tr("The diagnostics are being gathered.")))
    window.background.run("diagnostics", work, done, failed)
