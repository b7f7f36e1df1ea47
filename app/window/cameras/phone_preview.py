"""The picture of a phone while its connection is tried, read in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QImage

from app.window.core.tasks import Task, TaskRunner

PAUSE_S = 0.03
"""Time from an image that is shown to the next one, in seconds."""
POLL_S = 0.1


class PhonePreview(QObject):
    """Images of one phone between ``start`` and ``stop``.

    ``seen`` emits a scaled image with the width and height of the original in pixels, ``failed`` an error. ``ended``
    is emitted after each ``stop``, when no connection is open any longer.
    """

    seen = pyqtSignal(QImage, int, int)
    failed = pyqtSignal(object)
    ended = pyqtSignal()

    def __init__(self, background: TaskRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._task: Task | None = None  # of the images that are wanted
        self._connections = 0
        self._following: tuple[str, QSize] | None = None
        self._shown = threading.Event()

    def start(self, address: str, room: QSize) -> None:
        """Show the phone at ``address`` in ``room``, in pixels, as soon as the connection before is closed."""
        self._cancel()
        self._following = address, room
        self._continue()

    def stop(self) -> None:
        """Show nothing any longer, and close the connection."""
        self._cancel()
        self._following = None
        self._continue()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _continue(self) -> None:
        """Open the connection that is wanted, or tell that there is none, if none is open."""
        if self._connections:
            return
        if self._following is None:
            self.ended.emit()
            return
        (address, room), self._following = self._following, None
        self._connections += 1
        task = self._task = self._background.new_task()
        show = self._background.callback(self._show, self, task)
        work = partial(_read, address, room, show, self._shown, task)
        self._background.run("phone", work, self._on_closed, partial(self._on_failed, task), self)

    def _on_closed(self, _: object) -> None:
        self._connections -= 1
        self._continue_after_end()

    def _on_failed(self, task: Task, error: Exception) -> None:
        self._connections -= 1
        if not task.is_cancelled:
            self._cancel()
            self.failed.emit(error)
        self._continue_after_end()

    def _continue_after_end(self) -> None:
        if self._task is None:
            self._continue()

    def _show(self, image: QImage, width: int, height: int) -> None:
        self.seen.emit(image, width, height)
        self._shown.set()


def _read(address: str, room: QSize, show: Callable[..., None], shown: threading.Event, task: Task) -> None:
    """Let scaled images of the phone at ``address`` be shown, one after another, until ``task`` is cancelled."""
    from app.sources.phone import phone_images

    for image in phone_images(address, lambda: task.is_cancelled):
        height, width = image.shape[:2]
        whole = QImage(image.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888)
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        shown.clear()
        show(whole.scaled(room, keep, smooth), width, height)
        while not shown.wait(POLL_S) and not task.is_cancelled:
            pass
        task.sleep(PAUSE_S)
