"""The window. No slow imports before it is shown."""

from __future__ import annotations

import logging
import signal
import sys
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from app.cli.console import terminate_on_sigterm
from app.system.threads import unjoined_threads
from app.window.display_check import can_show, drop_foreign_plugins

if TYPE_CHECKING:
    from app.core.settings import RunOptions, Settings

__all__ = ["can_show", "run_window"]

log = logging.getLogger(__name__)


def run_window(settings: Settings, job: RunOptions) -> int:
    """Show the window until it is closed; it opens the source of ``job``, if there is one.

    Returns the exit code. Call ``can_show`` before: without a display Qt ends the process.
    """
    drop_foreign_plugins()
    from PyQt6 import sip
    from PyQt6.QtGui import QIcon
    from PyQt6.QtWidgets import QApplication

    from app.window.core.cycle_collector import CycleCollector
    from app.window.core.preferences import Preferences
    from app.window.i18n.translations import install
    from app.window.main_window import MainWindow
    from app.window.sending import Sending
    from app.window.style.theme import ICONS, choose_theme, follow_scheme, theme_of
    from app.window.widgets.notification import Notice, sentence_of

    application = QApplication(sys.argv[:1])
    application.setApplicationName("Stance")
    application.setDesktopFileName("stance")
    application.setStyle("Fusion")
    application.setWindowIcon(QIcon(str(ICONS / "stance.svg")))
    application.setQuitOnLastWindowClosed(False)
    collector = CycleCollector(application)
    preferences = Preferences.of_person()
    choose_theme(application, theme_of(preferences.part("colors")))
    follow_scheme(application)
    install(application, preferences.language)
    window = MainWindow(preferences.settings(settings), rotate=job.rotate, mirror=job.mirror, preferences=preferences)
    window.closed.connect(application.quit)

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log and show an uncaught exception; the window keeps running."""
        log.error("an error in the window", exc_info=(kind, error, trace))
        window.notify(Notice("error", sentence_of(error)))

    def leave(number: int, frame: FrameType | None) -> None:
        window.closing.at_once()

    hook, sys.excepthook = sys.excepthook, report
    handlers = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with terminate_on_sigterm():
            window.show()
            window.loader.detector_is_requested = job.detector_is_requested
            window.player.default_scale = job.scale
            window.player.repeated = job.repetitions
            if job.privacy != "off":
                window.panel.display.choose_privacy(job.privacy)
            if job.live and (sending := window.findChild(Sending)) is not None:
                sending.send(job.live)
            window.run(job)
            return application.exec()
    finally:
        sys.excepthook = hook
        for number, handler in handlers.items():
            signal.signal(number, handler)
        # PyQt would delete the window at the end of the process, while it iterates over the table of all its objects.
        # Python code that runs as widgets are deleted may resize that table meanwhile, and the process crashes.
        # If a thread may still use the window, it stays: ``app.cli.main.leave`` then ends the process without that.
        if not unjoined_threads():
            sip.delete(window)
            collector.stop()
