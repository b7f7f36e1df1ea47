"""The window's picture alone, for whoever measures how long it takes from a result to the screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.window.display import can_show, drop_foreign_plugins

if TYPE_CHECKING:
    from app.engine import Result
    from app.skeleton import Skeleton


@contextmanager
def screening(skeleton: Skeleton, size: tuple[int, int]) -> Iterator[Callable[[Result], None]]:
    """Gives what paints a result and returns when it is painted, on a view of ``size`` (width, height).

    Where there is no display it is painted off the screen.
    """
    drop_foreign_plugins()
    from PyQt6.QtWidgets import QApplication

    from app.overlay import Look
    from app.window.video_view import VideoView

    if can_show():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication.instance() or QApplication(sys.argv[:1])
    view = VideoView()
    view.set_look(Look())
    view.resize(*size)
    view.show()

    def show(result: Result) -> None:
        view.show_result(result, skeleton)
        view.repaint()
        application.processEvents()

    try:
        yield show
    finally:
        view.close()
