"""The shown picture without what privacy hides of the people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.window.player.player import Player
from app.window.video.scene import Scene

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.core.people import FramePoses, Image

FramesNear = Callable[["FramePoses"], Sequence["FramePoses"]]


class PrivatePicture:
    """Hides people in the shown frame, once for each frame and choice.

    ``frames_near`` returns the people of frames before and after one, as far as known.
    """

    def __init__(self) -> None:
        self.frames_near: FramesNear = lambda poses: ()
        self._kept: tuple[object, Image] | None = None

    def of(self, scene: Scene) -> Image:
        """The pixels (H, W, 3) of the shown frame. Where nobody knows the people, all of it is blurred."""
        result, style = scene.result, scene.style
        assert result is not None
        if style is None or style.privacy == "off":
            self._kept = None
            return result.frame.image
        key = (result, scene.skeleton, style.privacy)
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, self._hide(scene, style.privacy == "faces"))
        return self._kept[1]

    def _hide(self, scene: Scene, faces: bool) -> Image:
        from app.overlay.privacy import blurred, hidden, plain

        result = scene.result
        assert result is not None
        if not faces:
            return plain(result.frame.image.shape)
        if scene.skeleton is None or not result.analysed:
            return blurred(result.frame.image)
        before = list(scene.history.frames)[:-1] if scene.history else []
        near = [*before, *self.frames_near(result.poses)]
        return hidden(result.frame.image, result.poses, scene.skeleton, "faces", near)


def frames_near(player: Player) -> FramesNear:
    """The analysed frames of the clip that ``player`` shows, around a frame."""

    def near(poses: FramePoses) -> list[FramePoses]:
        from app.overlay.privacy import NEAR_S

        analysis, found = player.analysis, list["FramePoses"]()
        for step in (-1, 1):
            index = poses.index + step
            while analysis is not None and (other := analysis.get(index)) is not None:
                if abs(other.time_s - poses.time_s) > NEAR_S:
                    break
                found.append(other)
                index += step
        return found

    return near
