"""Live previews of the cameras, read in the background; cameras are released before another user opens one."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QImage

from app.window.core.tasks import Task, TaskRunner

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

WIDTH = 320
LIST_INTERVAL_S = 3.0
"""Interval between listings of the cameras, in seconds."""
PREVIEW_S = 2.0
"""Preview time per camera if there are several, in seconds; they are opened one at a time."""
RELEASE_TIMEOUT_MS = 2000
"""Maximum wait for a driver to release its camera, in milliseconds."""


class Previews(QObject):
    """Previews between ``start`` and ``stop``. ``found`` emits the list of cameras when it has changed.

    ``seen`` emits a camera's index and its latest QImage, or None if another program uses the camera.
    """

    found = pyqtSignal(list)
    seen = pyqtSignal(int, object)

    def __init__(self, background: TaskRunner) -> None:
        super().__init__(background)
        self._background = background
        self._active = False
        self._task: Task | None = None
        self._callbacks: list[Callable[[], object]] = []

    @property
    def holding(self) -> bool:
        """Whether a camera may be open."""
        return self._task is not None

    def start(self) -> None:
        """Start the previews."""
        self._active = True
        if self._task is not None:
            return  # restarted when the running task has ended
        task = self._task = self._background.new_task()
        self._background.run("previews", partial(self._run, task), self._on_ended, self._on_ended, self)

    def stop(self, then: Callable[[], object] | None = None) -> None:
        """Release all cameras, then call ``then``."""
        self._active = False
        if self._task is None:
            if then is not None:
                then()
            return
        self._task.cancel()
        if then is not None:
            self._callbacks.append(then)
            QTimer.singleShot(RELEASE_TIMEOUT_MS, partial(self._call_once, then))

    def _on_ended(self, _: object) -> None:
        self._task = None
        for then in list(self._callbacks):
            self._call_once(then)
        if self._active:
            self.start()

    def _call_once(self, then: Callable[[], object]) -> None:
        """Call ``then`` once, after the release of the camera or the timeout, whichever comes first."""
        if then in self._callbacks:
            self._callbacks.remove(then)
            then()

    def _run(self, task: Task) -> None:
        """Preview one camera after another until ``task`` is cancelled; runs in the background."""
        import app.sources.camera as devices

        listed: list[CameraInfo] | None = None
        emit_found = self._background.callback(self.found.emit, self)

        while not task.is_cancelled:
            cameras = devices.list_cameras()
            if cameras != listed:
                listed = cameras
                emit_found(cameras)
            for camera in cameras:
                if not task.is_cancelled:
                    self._preview(camera, cameras, task)
            task.sleep(LIST_INTERVAL_S if not cameras else 0.2)

    def _preview(self, camera: CameraInfo, cameras: list[CameraInfo], task: Task) -> None:
        """Preview ``camera`` until its time is over, or until the list differs from ``cameras``."""
        import app.sources.camera as devices
        from app.sources.preview import preview_frames

        seen = self._background.callback(self.seen.emit, self)
        deadline_s = time.monotonic() + (PREVIEW_S if len(cameras) > 1 else LIST_INTERVAL_S)

        def over() -> bool:
            nonlocal deadline_s
            if task.is_cancelled:
                return True
            if time.monotonic() < deadline_s:
                return False
            deadline_s = time.monotonic() + LIST_INTERVAL_S
            return len(cameras) > 1 or devices.list_cameras() != cameras

        for picture in preview_frames(camera.index, WIDTH, over):
            if task.is_cancelled:
                return
            if picture is None:
                seen(camera.index, None)
                while not over():
                    time.sleep(0.1)
                return
            height, width = picture.shape[:2]
            image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888)
            seen(camera.index, image.copy())
