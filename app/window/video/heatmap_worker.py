"""Computes the heatmap of one keypoint in the shown frame, as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.core.tasks import TaskRunner

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.core.people import Floats, Image
    from app.engine import Result
    from app.pose.codecs.heatmap_view import ProjectedHeatmap
    from app.window.video.overlay_painter import HeatmapImage


class HeatmapModel(Protocol):
    """What heatmaps are computed with: a pipeline, or a pose model."""

    def heatmap(self, image: Image, boxes: Floats, keypoint: int) -> list[ProjectedHeatmap]:
        """See ``PoseModel.heatmap``."""
        ...


class HeatmapWorker(QObject):
    """Computes heatmaps of the shown frame in ``background``; if frames wait, only the newest is used.

    Does nothing while no keypoint is chosen.
    """

    found = pyqtSignal(object)  # list[HeatmapImage]; empty if there is no heatmap
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner) -> None:
        super().__init__(background)
        self.keypoint: int | None = None
        self._background = background
        self._shown: tuple[Result, HeatmapModel] | None = None
        self._busy = self._pending = False

    def choose(self, keypoint: int | None) -> None:
        """Compute heatmaps of another keypoint (its index), starting with the shown frame; None stops."""
        self.keypoint = keypoint
        self.found.emit([])
        self._compute()

    def show_result(self, result: Result | None, model: HeatmapModel | None) -> None:
        """Follow the shown frame; without an ``model`` it has no people."""
        self._shown = (result, model) if result is not None and model is not None else None
        self._compute()

    def _compute(self) -> None:
        keypoint = self.keypoint
        if self._shown is None or keypoint is None:
            return
        if self._busy:
            self._pending = True
            return
        self._busy = True
        result, model = self._shown

        def done(heat: list[HeatmapImage]) -> None:
            if keypoint == self.keypoint and self._shown is not None:
                self.found.emit(heat)
            self._finish()

        def failed(error: Exception) -> None:
            if keypoint == self.keypoint:
                self.keypoint = None
                self.failed.emit(error)
            self._finish()

        self._background.run("heat", lambda: _heatmap_images(result, model, keypoint), done, failed, self)

    def _finish(self) -> None:
        self._busy, pending, self._pending = False, self._pending, False
        if pending:
            self._compute()


def _heatmap_images(result: Result, model: HeatmapModel, keypoint: int) -> list[HeatmapImage]:
    import numpy as np
    from PyQt6.QtGui import QImage, QTransform

    from app.overlay import heat_colors
    from app.window.video.overlay_painter import HeatmapImage

    boxes = np.array([person.box for person in result.poses.people], np.float32).reshape(-1, 4)
    images = []
    for cells, matrix in model.heatmap(result.frame.image, boxes, keypoint):
        colors = heat_colors(cells)
        height, width = cells.shape
        data = cast("bytes", colors.data)
        picture = QImage(data, width, height, QImage.Format.Format_ARGB32_Premultiplied).copy()
        (x, _, left), (_, y, top) = matrix
        # Model and QTransform differ: cell centers are integers there, cell edges here.
        to_frame = QTransform(x, 0, 0, y, left + (1 - x) / 2, top + (1 - y) / 2)
        images.append(HeatmapImage(picture, to_frame))
    return images
