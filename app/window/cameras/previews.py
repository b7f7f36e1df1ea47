"""Which cameras there are and what they see, looked at in the background, and let go when anybody else wants one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QImage

from app.window.background import Background

if TYPE_CHECKING:
    from app.sources.camera import CameraInfo

WIDTH = 320
LOOK_S = 3.0
"""So often it is asked anew which cameras there are."""
TURN_S = 2.0
"""So long each of several cameras has its turn: they are opened one at a time."""
PATIENCE_MS = 2000
"""A driver that does not let go of its camera is waited for no longer."""


class Previews(QObject):
    """``start`` and ``stop`` it at will. ``found`` gets the cameras whenever others are there than before.

    ``seen`` gets a camera's index and its newest QImage, or None where it gives none: another program has it.
    """

    found = pyqtSignal(list)
    seen = pyqtSignal(int, object)

    def __init__(self, background: Background) -> None:
        super().__init__(background)
        self._background = background
        self._wanted = False
        self._stop: threading.Event | None = None  # of the round that is going on
        self._then: list[Callable[[], object]] = []

    @property
    def holding(self) -> bool:
        """Whether a camera may be in use here."""
        return self._stop is not None

    def start(self) -> None:
        """Look at the cameras from now on."""
        self._wanted = True
        if self._stop is not None:
            return  # it begins anew when the round that is being ended has ended
        stop = self._stop = threading.Event()
        self._background.run("previews", partial(self._look, stop), self._ended, self._ended)

    def stop(self, then: Callable[[], object] | None = None) -> None:
        """Let go of all cameras, and do ``then`` once that has happened."""
        self._wanted = False
        if self._stop is None:
            if then is not None:
                then()
            return
        self._stop.set()
        if then is not None:
            self._then.append(then)
            QTimer.singleShot(PATIENCE_MS, partial(self._do, then))

    def _ended(self, _: object) -> None:
        self._stop = None
        for then in list(self._then):
            self._do(then)
        if self._wanted:
            self.start()

    def _do(self, then: Callable[[], object]) -> None:
        """Do it once, whoever comes first: the camera's release or the end of patience."""
        if then in self._then:
            self._then.remove(then)
            then()

    def _look(self, stop: threading.Event) -> None:
        """A round: until it is called off, go from camera to camera."""
        import app.sources.camera as devices

        told: list[CameraInfo] | None = None

        def stale() -> bool:
            return stop.is_set() or self._background.closing.is_set()

        while not stale():
            cameras = devices.list_cameras()
            if cameras != told:
                told = cameras
                self.found.emit(cameras)
            for camera in cameras:
                if not stale():
                    self._watch(camera, cameras, stale)
            stop.wait(LOOK_S if not cameras else 0.2)

    def _watch(self, camera: CameraInfo, cameras: list[CameraInfo], stale: Callable[[], bool]) -> None:
        """Look at ``camera`` until it is another one's turn or others than ``cameras`` are there."""
        import app.sources.camera as devices
        from app.sources.glimpse import glimpses

        turn_s = time.monotonic() + (TURN_S if len(cameras) > 1 else LOOK_S)

        def over() -> bool:
            nonlocal turn_s
            if stale():
                return True
            if time.monotonic() < turn_s:
                return False
            turn_s = time.monotonic() + LOOK_S
            return len(cameras) > 1 or devices.list_cameras() != cameras

        for picture in glimpses(camera.index, WIDTH, over):
            if stale():
                return
            if picture is None:
                self.seen.emit(camera.index, None)
                while not over():
                    time.sleep(0.1)
                return
            height, width = picture.shape[:2]
            image = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_BGR888)
            self.seen.emit(camera.index, image.copy())
