"""What the video view shows over a frame, and how it is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, cast

from PyQt6.QtCore import QPointF, QRect, QRectF
from PyQt6.QtGui import QColor, QImage, QPainter, QTransform

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.core.people import FramePoses, Image
    from app.core.skeleton import Skeleton
    from app.engine import Result
    from app.overlay import AngleReadout, DrawStyle, PoseHistory, Readings
    from app.window.video.overlay_painter import HeatmapImage

SHADOW_ALPHA = 0.45
"""Opacity of the people of a pinned frame, and of another analysis."""


class Blended(NamedTuple):
    """Another ``picture`` over the frame, with the transform from it to frame pixels (both with edges at integers)."""

    picture: QImage
    to_frame: QTransform
    opacity: float

    @classmethod
    def of(cls, pixels: Image, to_frame: QTransform, opacity: float) -> Blended:
        """The picture of ``pixels`` (H, W, 3) BGR."""
        import numpy as np

        height, width, _ = pixels.shape
        pixels = np.ascontiguousarray(pixels)  # rows of a decoded frame may be padded
        shared = QImage(cast("bytes", pixels.data), width, height, pixels.strides[0], QImage.Format.Format_BGR888)
        return cls(shared.convertToFormat(QImage.Format.Format_RGB32), to_frame, opacity)  # a copy


@dataclass(slots=True)
class Scene:
    """The shown ``result`` with the ``history`` of its people, and what else is drawn.

    Without a ``skeleton`` no people are drawn. ``shadow`` are the people of another frame, ``compared`` those of this
    frame in another analysis, ``blended`` is the picture of another clip. ``marked`` is the id of the person with
    corners around, on the screen only. ``readings`` are the angles that are shown.
    """

    result: Result | None = None
    skeleton: Skeleton | None = None
    style: DrawStyle | None = None
    history: PoseHistory | None = None
    heat: Sequence[HeatmapImage] = ()
    shadow: FramePoses | None = None
    compared: tuple[FramePoses, Skeleton] | None = None
    blended: Blended | None = None
    marked: int | None = None
    readings: Readings = field(default_factory=dict)
    _readout: AngleReadout | None = None
    _read_for: Skeleton | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frame; (1, 1) without one."""
        if self.result is None:
            return 1, 1
        height, width = self.result.frame.image.shape[:2]
        return width, height

    def show(self, result: Result, skeleton: Skeleton | None) -> None:
        """Show another frame."""
        from app.overlay import PoseHistory

        self.result, self.skeleton = result, skeleton
        self.history = self.history or PoseHistory()
        self.history.add(result.poses)
        self._read()

    def restyle(self, style: DrawStyle) -> None:
        """Draw in another style."""
        self.style = style
        self._read()

    def _read(self) -> None:
        """Read the angles of the shown frame."""
        self.readings = {}
        if self.result is None or self.style is None or self.skeleton is None or not self.style.marks.angles:
            return
        if self._readout is None or self._read_for != self.skeleton:
            from app.overlay import AngleReadout

            self._readout, self._read_for = AngleReadout(self.skeleton, self.style), self.skeleton
        self._readout.restyle(self.style)
        self.readings = self._readout.read(self.result.poses)

    def clear(self) -> None:
        """Show no frame."""
        self.result = self.history = None
        self.heat = ()
        self.blended = None


def paint_overlay(painter: QPainter, scene: Scene, to_screen: QTransform, area: QRect) -> None:
    """Paint the overlay of ``scene``; ``area`` is the rectangle of the frame in the painter's coordinates.

    ``to_screen`` maps the frame as it is shown, whose first pixel spans 0 to 1.
    """
    result, style, skeleton = scene.result, scene.style, scene.skeleton
    if result is None or style is None:
        return
    _paint_blended(painter, scene, style, to_screen)
    if style.dim > 0:
        painter.fillRect(area, QColor.fromRgbF(0, 0, 0, style.dim))
    from app.overlay import flattened, marks_over, marks_under
    from app.window.video.overlay_painter import paint_shapes

    paint_shapes(painter, flattened(marks_under(result.poses, skeleton, style, scene.size)), to_screen)
    if skeleton is not None:
        _paint_people(painter, scene, result, skeleton, style, to_screen)
    over = marks_over(result.poses, skeleton, style, scene.size, scene.readings)
    paint_shapes(painter, flattened(over), to_screen)


def _paint_blended(painter: QPainter, scene: Scene, style: DrawStyle, to_screen: QTransform) -> None:
    """Paint the picture of another clip over the frame."""
    if scene.blended is None:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setOpacity(scene.blended.opacity)
    painter.setTransform(scene.blended.to_frame * _mirrored(scene, style) * to_screen * painter.transform())
    painter.drawImage(0, 0, scene.blended.picture)
    painter.restore()


def _mirrored(scene: Scene, style: DrawStyle) -> QTransform:
    """From pixels of the frame to those of the frame as it is shown."""
    return QTransform(-1, 0, 0, 1, scene.size[0], 0) if style.mirror else QTransform()


def paint_legend(painter: QPainter, scene: Scene) -> None:
    """Paint the legend of the colors into a picture of the frame's own size."""
    if scene.result is None or scene.style is None:
        return
    from app.overlay import flattened, legend_over
    from app.window.video.overlay_painter import paint_shapes

    legend = legend_over(scene.result.poses, scene.skeleton, scene.style, scene.size)
    paint_shapes(painter, flattened(legend), QTransform())


def _paint_people(
    painter: QPainter, scene: Scene, result: Result, skeleton: Skeleton, style: DrawStyle, to_screen: QTransform
) -> None:
    from app.overlay import shapes
    from app.window.video.overlay_painter import paint_heatmap, paint_shapes

    if scene.heat:
        paint_heatmap(painter, scene.heat, _mirrored(scene, style) * to_screen)
    faint = replace(style, alpha=SHADOW_ALPHA)
    if scene.shadow is not None:
        paint_shapes(painter, shapes(scene.shadow, skeleton, faint, scene.size), to_screen)
    if scene.compared is not None:
        poses, other = scene.compared
        paint_shapes(painter, shapes(poses, other, faint, scene.size), to_screen)
    history = scene.history.frames if scene.history else ()
    paint_shapes(painter, shapes(result.poses, skeleton, style, scene.size, history), to_screen)


def without_ids(poses: FramePoses) -> FramePoses:
    """``poses`` without the ids of people, who are drawn in the color of all."""
    return replace(poses, people=tuple(replace(person, id=0) for person in poses.people))


def paint_mark(painter: QPainter, scene: Scene, to_screen: QTransform, ratio: float) -> None:
    """Paint corners around the marked person; ``ratio`` is the number of device pixels per logical pixel."""
    result, style = scene.result, scene.style
    if result is None or style is None:
        return
    marked = next((person for person in result.poses.people if person.id == scene.marked), None)
    if marked is None:
        return
    from app.window.video.overlay_painter import paint_corners

    x0, y0, x1, y1 = marked.box.tolist()
    if style.mirror:
        width = scene.size[0]
        x0, x1 = width - 1 - x1, width - 1 - x0
    corners = QRectF(QPointF(x0 + 0.5, y0 + 0.5), QPointF(x1 + 0.5, y1 + 0.5))
    paint_corners(painter, corners, to_screen, ratio)
