"""Scaling of frames to device pixels."""

from __future__ import annotations

from math import ceil, floor, log2
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QTransform

if TYPE_CHECKING:  # OpenCV is imported with the first frame
    from cv2.typing import MatLike

    from app.core.people import Image

CRISP = 4.0
"""Above this scale (device pixels per frame pixel), pixels are drawn with sharp edges."""


def resized(image: Image, width: int, height: int, mirror: bool) -> Image:
    """``image`` (H, W, 3) at another size, halved repeatedly first, so that fine lines do not alias."""
    import cv2

    scaled: MatLike = image
    while scaled.shape[1] >= 2 * width and scaled.shape[0] >= 2 * height:
        scaled = cv2.resize(scaled, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    if scaled.shape[:2] != (height, width):
        scaled = cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(cv2.flip(scaled, 1) if mirror else scaled, dtype=np.uint8)


def seen_part(image: Image, to_screen: QTransform, area: QRect, mirror: bool) -> Image:
    """The part of ``image`` (H, W, 3) visible in ``area`` of the screen, as (height, width, 3) of ``area``.

    ``to_screen`` maps the displayed frame, whose first pixel spans 0 to 1, to the screen. Only the visible part is
    processed.
    """
    import cv2

    scale = to_screen.m11()
    shown = to_screen.inverted()[0].mapRect(area.toRectF())
    if mirror:
        image = image[:, ::-1]
    left, top = max(floor(shown.left()) - 2, 0), max(floor(shown.top()) - 2, 0)
    part: MatLike = image[top : ceil(shown.bottom()) + 2, left : ceil(shown.right()) + 2]
    high, wide = part.shape[:2]
    if scale < 0.5:
        halvings = floor(-log2(scale))
        part = cv2.resize(part, (max(wide >> halvings, 1), max(high >> halvings, 1)), interpolation=cv2.INTER_AREA)
    across, down = scale * wide / part.shape[1], scale * high / part.shape[0]
    x, y = to_screen.dx() + left * scale - area.x(), to_screen.dy() + top * scale - area.y()
    # Between coordinates with integers at pixel centers.
    matrix = np.array([[across, 0, x + (across - 1) / 2], [0, down, y + (down - 1) / 2]])
    method = cv2.INTER_NEAREST if scale > CRISP else cv2.INTER_LINEAR
    part = np.ascontiguousarray(part)
    size = (area.width(), area.height())
    return np.asarray(cv2.warpAffine(part, matrix, size, flags=method, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def for_screen(pixels: Image) -> Image:
    """``pixels`` (H, W, 3) BGR as (H, W, 4), the memory layout of Qt's own images.

    Other formats are converted by Qt on each paint, which is slower and blocks on Qt's thread pool.
    """
    import cv2

    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA), np.uint8)
