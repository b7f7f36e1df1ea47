"""Shows the picture of the second clip: in the panel, or over the open one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QTransform

from app.window.parts import WindowParts
from app.window.player.player import Player
from app.window.review.compare_panel import ComparePanel
from app.window.video.private_picture import frames_near
from app.window.video.scene import Blended

if TYPE_CHECKING:
    from app.analysis.reference import Motion
    from app.core.people import FramePoses, Person
    from app.engine import Result


class SecondPicture(QObject):
    """Keeps the picture over the open clip in step with what the panel shows and with the people of both.

    ``motions`` are those of the compared people, the first in the open clip; None while they are not known.
    Privacy and the other choices of the side panel hold for both pictures.
    """

    def __init__(self, parts: WindowParts, panel: ComparePanel) -> None:
        super().__init__(panel)
        self._parts = parts
        self._panel = panel
        self.motions: tuple[Motion, Motion] | None = None
        self._joined: QTransform | None = None
        panel.blend.changed.connect(self._place)
        parts.player.shown.connect(lambda _: self._place())
        parts.panel.switched.connect(self._restyle)

    def show(self, second: Player, result: Result) -> None:
        """Show another frame of the ``second`` clip."""
        analysis, view = second.analysis, self._panel.view
        if view.draw_style is None:
            view.set_draw_style(self._parts.panel.draw_style({}))
        view.private.frames_near = frames_near(second)
        view.show_result(result, analysis.skeleton if analysis is not None else None)
        self._place()

    def end(self) -> None:
        """Show no second picture."""
        self.motions = self._joined = None
        self._panel.view.show_nothing()
        self._parts.view.show_blended(None)

    def _place(self) -> None:
        """Put the second picture over the open one, if that is wanted."""
        first, second, blend = self._parts.player.current, self._panel.view.shown, self._panel.blend
        pixels = self._panel.view.pixels if blend.is_over else None
        if first is None or second is None or pixels is None:
            self._parts.view.show_blended(None)
            return
        if blend.joins_hips:
            self._joined = self._hips_together(first.poses, second.poses) or self._joined
        placed = self._joined if blend.joins_hips else None
        placed = placed or _whole(second.frame.size, first.frame.size)
        self._parts.view.show_blended(Blended.of(pixels, placed, blend.opacity))

    def _hips_together(self, first: FramePoses, second: FramePoses) -> QTransform | None:
        """None where one of the people, or the hips of one, are not found."""
        if self.motions is None:
            return None
        from app.analysis.reference import hips_of, relative_size

        here, there = self.motions
        onto, person = _person(first, here.number), _person(second, there.number)
        if onto is None or person is None:
            return None
        aim, hips = hips_of(onto.keypoints, here.skeleton), hips_of(person.keypoints, there.skeleton)
        if aim is None or hips is None:
            return None
        scale = relative_size(there, person, here, onto)
        # Centers of pixels are integers for keypoints, and at halves for pictures.
        (x, y), (left, top) = aim + 0.5, hips + 0.5
        return QTransform(scale, 0, 0, scale, x - left * scale, y - top * scale)

    def _restyle(self) -> None:
        if self._panel.view.draw_style is not None:
            self._panel.view.set_draw_style(self._parts.panel.draw_style({}))
            self._place()


def _whole(size: tuple[int, int], onto: tuple[int, int]) -> QTransform:
    """Scales a picture of ``size`` (width, height) into the middle of one of the size ``onto``."""
    scale = min(onto[0] / size[0], onto[1] / size[1])
    return QTransform(scale, 0, 0, scale, (onto[0] - scale * size[0]) / 2, (onto[1] - scale * size[1]) / 2)


def _person(poses: FramePoses, number: int) -> Person | None:
    return next((person for person in poses.people if person.id == number), None)
