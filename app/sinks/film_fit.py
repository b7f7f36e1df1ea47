"""Fits pictures to the size of a film."""

from __future__ import annotations

import cv2
import numpy as np

from app.core.people import Image


def scaled(image: Image, width: int, height: int) -> Image:
    """``image`` (H, W, 3) at another size in pixels."""
    high, wide = image.shape[:2]
    if (high, wide) == (height, width):
        return image
    kind = cv2.INTER_AREA if width * height < wide * high else cv2.INTER_CUBIC
    made: Image = np.asarray(cv2.resize(image, (width, height), interpolation=kind), np.uint8)
    return made


def framed(image: Image, width: int, height: int) -> Image:
    """``image``, which is no larger, in the middle of a black picture of ``width`` and ``height`` pixels."""
    high, wide = image.shape[:2]
    if (high, wide) == (height, width):
        return image
    canvas: Image = np.zeros((height, width, 3), dtype=np.uint8)
    x, y = (width - wide) // 2, (height - high) // 2
    canvas[y : y + high, x : x + wide] = image
    return canvas


def fitted(image: Image, width: int, height: int) -> Image:
    """``image`` padded by one row or column if only that is missing, else scaled to fit with black bars."""
    high, wide = image.shape[:2]
    if (high, wide) == (height, width):
        return image
    if 0 <= height - high <= 1 and 0 <= width - wide <= 1:
        return np.pad(image, ((0, height - high), (0, width - wide), (0, 0)), mode="edge")
    scale = min(width / wide, height / high)
    wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
    small: Image = np.asarray(cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
    return framed(small, width, height)
