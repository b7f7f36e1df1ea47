"""The window over the pipe. Nothing heavy is imported before it is shown."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from app.stragglers import stragglers
from app.window.display import can_show, drop_foreign_plugins

if TYPE_CHECKING:
    from app.settings import Job, Settings

__all__ = ["can_show", "run_window"]

log = logging.getLogger(__name__)


def run_window(settings: Settings, job: Job) -> int:
    """Show the window, at work on ``job`` if that names a source, until it is closed.

    Returns the exit code. Ask ``can_show`` first: without a display Qt ends the process.
    """
    drop_foreign_plugins()
    from PyQt6 import sip
    from PyQt6.QtGui import QIcon
    from PyQt6.QtWidgets import QApplication

    from app.window.banner import Notice, sentence_of
    from app.window.language import install
    from app.window.main_window import MainWindow
    from app.window.preferences import Preferences
    from app.window.theme import ICONS, dress, follow_scheme

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Stance")
    application.setDesktopFileName("stance")
    application.setStyle("Fusion")
    application.setWindowIcon(QIcon(str(ICONS / "stance.svg")))
    application.setQuitOnLastWindowClosed(False)
    dress(application)
    follow_scheme(application)
    preferences = Preferences.of_person()
    install(application, preferences.language)
    window = MainWindow(preferences.settings(settings), rotate=job.rotate, mirror=job.mirror, preferences=preferences)
    window.closed.connect(application.quit)

    def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """A mistake in one reaction of the window must not end the others."""
        log.error("an error in the window", exc_info=(kind, error, trace))
        window.tell(Notice("error", sentence_of(error)))

    def leave(number: int, frame: FrameType | None) -> None:
        window.close()

    hook, sys.excepthook = sys.excepthook, tell
    handlers = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        window.show()
        window.begin(job)
        return application.exec()
    finally:
        sys.excepthook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)
        # Left to PyQt, it would go at the end of the process, while PyQt walks through the table of all its objects.
        # What Python does as widgets go may lay that table out anew under the walk, and then the process crashes.
        # Where a thread may still tell it something it stays: ``app.cli.leave`` then ends the process without the walk.
        if not stragglers():
            sip.delete(window)
