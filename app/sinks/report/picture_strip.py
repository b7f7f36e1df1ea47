"""A few pictures of a run, evenly spread in time, while its length is still unknown."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace

import cv2

from app.core.people import Frame, FramePoses
from app.core.skeleton import Skeleton
from app.overlay import AngleReadout, DrawStyle, Readings, painted

COUNT = 6
"""Number of pictures that are shown."""
MOST_KEPT = 4 * COUNT
"""Number of pictures from which they are chosen at the end."""
WIDTH = 520
"""Width of a picture in pixels: 58 mm on paper at 230 dots per inch."""
JPEG_QUALITY = 80
LINE_SCALE = 1.6
"""Lines are drawn wider, because the picture is reduced afterwards."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture with its people: a JPEG file, the time in seconds, and whether it is higher than wide."""

    time_s: float
    jpeg: bytes
    is_tall: bool = False

    @property
    def address(self) -> str:
        """The picture as a ``data:`` address."""
        return f"data:image/jpeg;base64,{b64encode(self.jpeg).decode()}"


class PictureStrip:
    """Keeps every frame at first, and every second one of them each time that there are too many.

    So at any time the pictures are evenly spread over all frames seen, and few frames are drawn and encoded.
    """

    def __init__(self, skeleton: Skeleton, style: DrawStyle) -> None:
        self._skeleton = skeleton
        self._style = replace(style, scale=style.scale * LINE_SCALE, trails=0.0)
        self._angles = AngleReadout(skeleton, self._style)
        self._kept: list[Picture] = []
        self._seen = 0
        self._step = 1

    def add(self, frame: Frame, poses: FramePoses) -> None:
        """Show a frame to the strip."""
        readings = self._angles.read(poses)
        if self._seen % self._step == 0:
            if len(self._kept) == MOST_KEPT:
                del self._kept[1::2]
                self._step *= 2
            if self._seen % self._step == 0:
                self._kept.append(self._picture(frame, poses, readings))
        self._seen += 1

    def pictures(self) -> list[Picture]:
        """Up to ``COUNT`` pictures in order of time, from the first to the last one kept."""
        last = len(self._kept) - 1
        count = min(COUNT, len(self._kept))
        return [self._kept[round(number * last / max(count - 1, 1))] for number in range(count)]

    def _picture(self, frame: Frame, poses: FramePoses, readings: Readings) -> Picture:
        image = painted(frame.image, poses, self._skeleton, self._style, readings=readings)
        scale = min(WIDTH / image.shape[1], 1.0)
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        return Picture(poses.time_s, data.tobytes(), small.shape[0] > small.shape[1])
