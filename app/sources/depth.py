"""Converts images of more than 8 bits per sample, or of floating point numbers, to 8 bits."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from app.core.people import Image

DEPTHS = (8, 10, 12, 14, 16)


class Span(NamedTuple):
    """The values of black and of white."""

    low: float
    high: float


def to_8_bits(
    pixels: NDArray[Any], low: float | None = None, high: float | None = None, largest: int = 0
) -> tuple[Image, Span | None]:
    """Convert ``pixels`` (H, W, 3) of any dtype to uint8; returns the image and the values scaled to 0 and 255.

    ``low`` and ``high`` are the black and white values that the file declares. Without them the range is inferred:
    integers use the fewest of 8, 10, 12, 14 and 16 bits that hold them and ``largest``; floats end at 1 if none is
    larger. The span is None for integers of the full 8 or 16 bits, where nothing had to be inferred.
    """
    if pixels.dtype == np.uint8 and high is None:
        return cast(Image, pixels), None
    full = high or _full_scale(max(float(pixels.max()), largest)) if pixels.dtype == np.uint16 else 0
    if full == 65535 and low in (None, 0):
        return (pixels >> 8).astype(np.uint8), None
    numbers = np.nan_to_num(pixels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    least, most = float(numbers.min()), float(numbers.max())
    black = low if low is not None else min(least, 0.0)
    white = (
        high if high is not None else _white(max(most, largest), whole=pixels.dtype.kind in "ui", negative=least < 0)
    )
    if not black < white:
        black, white = least, max(most, least + 1)
    scaled = (numbers - np.float32(black)) * np.float32(255 / (white - black))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8), Span(black, white)


def _white(most: float, whole: bool, negative: bool) -> float:
    if negative or most > 65535:
        return most
    return 1.0 if most <= 1 and not whole else _full_scale(most)


def _full_scale(most: float) -> float:
    """The largest integer of the fewest bits, out of ``DEPTHS``, that hold ``most``."""
    return next(float(2**bits - 1) for bits in DEPTHS if most < 2**bits)
