"""Copies diagnostics to the clipboard, so that the person can read them before sending them to anyone."""

from __future__ import annotations

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QGuiApplication

from app.core.settings import Settings
from app.window.core.tasks import TaskRunner
from app.window.i18n.tr import tr
from app.window.widgets.notification import Banner, Notice, sentence_of

TOPIC = "diagnostics"


def copy_diagnostics(
    background: TaskRunner, settings: Settings, action: QAction, banner: Banner, receiver: QObject
) -> None:
    """Collect the diagnostics in a thread, which takes seconds, and copy them; ``banner`` says when that is done.

    ``action`` is disabled meanwhile. Nothing happens once ``receiver`` is deleted.
    """

    def work() -> str:
        from app.cli.doctor import diagnostics

        return diagnostics(settings)

    def done(text: str) -> None:
        action.setEnabled(True)
        banner.drop(TOPIC)
        if (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText(text)
        banner.notify(Notice("info", tr("Diagnostics copied. Paste them into your problem report.")))

    def failed(error: Exception) -> None:
        action.setEnabled(True)
        banner.drop(TOPIC)
        banner.notify(Notice("error", sentence_of(error)))

    action.setEnabled(False)
    banner.notify(Notice("info", tr("Collecting diagnostics."), topic=TOPIC))
    background.run("diagnostics", work, done, failed, receiver)
