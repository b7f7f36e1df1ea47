"""Display size: non-square pixels, and frames of another size than the first."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from app.core.people import Image
from app.sources import MAX_PIXELS, MAX_SIDE

if TYPE_CHECKING:  # cameras use this module too, without PyAV
    from av.video.stream import VideoStream

MAX_ASPECT = 8
"""Maximum plausible pixel aspect ratio, and its inverse the minimum; other values are damage."""


class PixelAspect:
    """The pixel aspect ratio (width / height) of ``stream``: the container's, else the codec's at each frame."""

    def __init__(self, stream: VideoStream) -> None:
        self._codec = stream.codec_context
        self._declared = stream.sample_aspect_ratio
        # A broadcast changes between 4:3 and 16:9 in mid-stream. A container's value applies to the whole file.
        self._changes = self._declared in (None, self._codec.sample_aspect_ratio)

    @property
    def now(self) -> Fraction:
        """The ratio for the frame that was decoded last; 1 if none is declared, or an implausible one."""
        return believed_aspect((self._codec.sample_aspect_ratio if self._changes else None) or self._declared)


def believed_aspect(declared: Fraction | None) -> Fraction:
    """``declared`` if it is a plausible pixel aspect ratio, else 1."""
    return Fraction(declared) if declared and Fraction(1, MAX_ASPECT) <= declared <= MAX_ASPECT else Fraction(1)


def square_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The (width, height) in square pixels of an image whose pixels have the ratio ``aspect``; no side shrinks.

    The size is unchanged if the result would be too large.
    """
    wide, high = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return (width, height) if max(wide, high) > MAX_SIDE or wide * high > MAX_PIXELS else (wide, high)


def fitted(image: Image, size: tuple[int, int]) -> Image:
    """Scale ``image`` (H, W, 3) into ``size`` (width, height) with its aspect ratio kept, centered on black.

    Returns ``image`` itself if it has that size.
    """
    height, width = image.shape[:2]
    if (width, height) == size:
        return image
    scale = min(size[0] / width, size[1] / height)
    wide, high = max(1, min(round(width * scale), size[0])), max(1, min(round(height * scale), size[1]))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cast(Image, cv2.resize(image, (wide, high), interpolation=method))
    if (wide, high) == size:
        return scaled
    canvas: Image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    left, top = (size[0] - wide) // 2, (size[1] - high) // 2
    canvas[top : top + high, left : left + wide] = scaled
    return canvas
