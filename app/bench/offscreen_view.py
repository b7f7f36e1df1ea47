"""The window's video view alone, for measuring the time from a result to the screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.window.display_check import can_show, drop_foreign_plugins

if TYPE_CHECKING:
    from app.core.skeleton import Skeleton
    from app.engine import Result


@contextmanager
def offscreen_view(skeleton: Skeleton, size: tuple[int, int]) -> Iterator[Callable[[Result], None]]:
    """Open a video view of ``size`` (width, height) and give a function that paints a result on it.

    The function returns when the result is painted. Without a display it is painted off-screen.
    """
    drop_foreign_plugins()
    from PyQt6.QtWidgets import QApplication

    from app.overlay import DrawStyle
    from app.window.video.video_view import VideoView

    if can_show():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication.instance() or QApplication(sys.argv[:1])
    view = VideoView()
    view.set_draw_style(DrawStyle())
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
