"""Draws the people and the marks of one frame after the other, for films and pictures."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.people import FramePoses, Image
from app.core.skeleton import Skeleton
from app.overlay.angle_readout import AngleReadout
from app.overlay.painter import painted
from app.overlay.style import DrawStyle
from app.overlay.trails import PoseHistory


class FramePainter:
    """Paints frames in order of time, in ``style``; keeps what trails and angles need of the frames before.

    ``facing`` is the side that people face where the user has chosen it, by id.
    """

    def __init__(self, skeleton: Skeleton, style: DrawStyle, facing: Mapping[int, int] | None = None) -> None:
        self._skeleton = skeleton
        self._style = style
        self._history = PoseHistory(style.trails)
        self._angles = AngleReadout(skeleton, style, facing)

    def restyle(self, style: DrawStyle) -> None:
        """Paint in another style from now on."""
        if style.trails != self._style.trails:
            self._history = PoseHistory(style.trails)
        self._style = style
        self._angles.restyle(style)

    def paint(self, image: Image, poses: FramePoses) -> Image:
        """A copy of ``image`` (H, W, 3) uint8 BGR with everything drawn on it."""
        self._history.add(poses)
        readings = self._angles.read(poses)
        return painted(image, poses, self._skeleton, self._style, self._history.frames, readings)
