"""Finds how the network sees one keypoint in the frame that is shown, and makes a picture of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.background import Background

if TYPE_CHECKING:  # they bring OpenCV along, which the window does not wait for
    from app.engine import Result
    from app.estimate.estimator import Estimator
    from app.window.overlay_painter import Glow


class HeatFinder(QObject):
    """Follows the frames that are shown as fast as it can, in ``background``: of those that wait, the newest counts.

    Nothing is done while no keypoint is chosen.
    """

    found = pyqtSignal(object)  # list[Glow]; empty where there is nothing to see
    failed = pyqtSignal(object)

    def __init__(self, background: Background) -> None:
        super().__init__(background)
        self.keypoint: int | None = None
        self._background = background
        self._shown: tuple[Result, Estimator] | None = None
        self._busy = self._again = False

    def choose(self, keypoint: int | None) -> None:
        """Look for another keypoint from now on, in the frame that is shown too; None for no more."""
        self.keypoint = keypoint
        self.found.emit([])
        self._seek()

    def look(self, result: Result | None, estimator: Estimator | None) -> None:
        """Another frame is shown; without an ``estimator`` nobody is in it."""
        self._shown = (result, estimator) if result is not None and estimator is not None else None
        self._seek()

    def _seek(self) -> None:
        keypoint = self.keypoint
        if self._shown is None or keypoint is None:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        result, estimator = self._shown

        def done(heat: list[Glow]) -> None:
            if keypoint == self.keypoint and self._shown is not None:
                self.found.emit(heat)
            self._go_on()

        def failed(error: Exception) -> None:
            if keypoint == self.keypoint:
                self.keypoint = None
                self.failed.emit(error)
            self._go_on()

        self._background.run("heat", lambda: _glows(result, estimator, keypoint), done, failed)

    def _go_on(self) -> None:
        self._busy, again, self._again = False, self._again, False
        if again:
            self._seek()


def _glows(result: Result, estimator: Estimator, keypoint: int) -> list[Glow]:
    import numpy as np
    from PyQt6.QtGui import QImage, QTransform

    from app.overlay import heat_colors
    from app.window.overlay_painter import Glow

    boxes = np.array([person.box for person in result.poses.people], np.float32).reshape(-1, 4)
    glows = []
    for cells, matrix in estimator.heat(result.frame.image, boxes, keypoint):
        colors = heat_colors(cells)
        height, width = cells.shape
        data = cast("bytes", colors.data)
        picture = QImage(data, width, height, QImage.Format.Format_ARGB32_Premultiplied).copy()
        (x, _, left), (_, y, top) = matrix
        # Here cells and pixels reach from 0 to 1, there their centres are integers.
        to_frame = QTransform(x, 0, 0, y, left + (1 - x) / 2, top + (1 - y) / 2)
        glows.append(Glow(picture, to_frame))
    return glows
