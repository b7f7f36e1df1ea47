"""Converts a decoded frame to the image that is analysed and shown: upright, square pixels, standard range."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

from app.core.people import Image
from app.core.settings import Rotate
from app.sources.color_conversion import ColorConverter, needs_conversion
from app.sources.display_shape import PixelAspect, fitted, square_size
from app.sources.orientation import CLOCKWISE, UPRIGHT, Orientation, orientation_of_matrix
from app.sources.side_data import display_matrix

SD_HEIGHT = 576
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
LOOK_INTERVAL = 50
"""Smallest number of frames between two key frames whose side data is looked at."""


class PictureMaker:
    """Converts frames of ``stream`` to images (H, W, 3) uint8 BGR, all of the ``size`` (width, height) of the first.

    ``rotate`` "auto" follows each frame's display matrix; any other value rotates clockwise by that many degrees
    instead.
    """

    def __init__(self, stream: VideoStream, rotate: Rotate) -> None:
        self.size: tuple[int, int] | None = None
        self._rotate: Rotate = rotate
        self._reformatter = VideoReformatter()
        self._converter: ColorConverter | None = None
        self.follow(stream)

    def follow(self, stream: VideoStream) -> None:
        """Continue with ``stream``, the same one after reopening the file."""
        self._aspect = PixelAspect(stream)
        self._orientation = UPRIGHT
        self._rotation: int | None = None
        self._since_look = 0

    @property
    def orientation(self) -> Orientation:
        """How the frames are turned; with "auto" that of the last one."""
        return self._orientation if self._rotate == "auto" else CLOCKWISE[self._rotate]

    def __call__(self, frame: VideoFrame) -> Image:
        """Convert ``frame``; one of another size than the first is scaled to fit, with black bars if needed."""
        width, height = square_size(frame.width, frame.height, self._aspect.now)
        # Without a declared color space do as players do: BT.709 for HD, BT.601 below.
        assume_hd = frame.colorspace == UNSPECIFIED and frame.height > SD_HEIGHT
        space = Colorspace.ITU709 if assume_hd else None
        turn = self._turn(frame)
        if needs_conversion(frame):
            self._converter = self._converter or ColorConverter()
            frame, space = self._converter(frame), None
        image = self._reformatter.reformat(
            frame, width=width, height=height, format="bgr24", src_colorspace=space, threads=1
        ).to_ndarray()
        image = turn(np.asarray(image, np.uint8))
        self.size = self.size or (image.shape[1], image.shape[0])
        return fitted(image, self.size)

    def _turn(self, frame: VideoFrame) -> Orientation:
        """The orientation of ``frame``.

        Looking at the side data of a frame makes a reference cycle in PyAV, which keeps the frame in memory until
        Python collects cycles, hundreds of frames later. So it is looked at where the angle changes, which costs
        nothing to know, and for reflections at some key frames.
        """
        if self._rotate != "auto":
            return CLOCKWISE[self._rotate]
        self._since_look += 1
        if frame.rotation != self._rotation or (frame.key_frame and self._since_look >= LOOK_INTERVAL):
            matrix = display_matrix(frame)
            self._orientation = UPRIGHT if matrix is None else orientation_of_matrix(matrix)
            self._rotation, self._since_look = frame.rotation, 0
        return self._orientation
