"""Whole pictures as inputs of networks: how they are resized, and the way back (as in HigherHRNet and MMPose 1.x)."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Image
from app.inference.bottom_up_card import BottomUpCard

MAX_ASPECT = 8
"""The longest input, in short sides; longer pictures are scaled to fit."""


class InputFrame(NamedTuple):
    """The ``size`` (width, height) of an input, and the ``matrix`` (2, 3) from pixels of the picture to its pixels."""

    size: tuple[int, int]
    matrix: NDArray[np.float64]


def input_frame(picture: tuple[int, int], card: BottomUpCard, scale: float = 1.0) -> InputFrame:
    """Where a ``picture`` of (width, height) pixels lies in the network's input at ``scale``.

    "short-side" is the rule of HigherHRNet and DEKR (``get_multi_scale_size``), which rounds sizes at the smallest of
    the card's scales. "expand" is that of MMPose 1.x (``BottomupResize`` with ``resize_mode="expand"``).
    """
    if card.resize == "letterbox":
        size = card.picture.size
        return InputFrame(size, _centered(picture, size, card.place, "fit"))
    if card.resize == "expand":
        return _expanded(picture, card, scale)
    smallest = min(card.scales)
    across = 0 if card.resize == "short-side" and picture[0] < picture[1] else 1
    base = card.picture.size[1] if card.resize == "height" else min(card.picture.size)
    short = _rounded_up(int(smallest * base), card.multiple)
    length = short / picture[across] * picture[1 - across]
    # HigherHRNet drops the fraction, and may cut off a part of the last pixel.
    length = length if card.resize == "height" else int(length)
    long = min(_rounded_up(length, card.multiple), MAX_ASPECT * short)
    sides = [int(long * scale / smallest)] * 2
    sides[across] = int(short * scale / smallest)
    size = (sides[0], sides[1])
    fits = "fit" if long == MAX_ASPECT * short else ("x" if across == 0 else "y")
    return InputFrame(size, _centered(picture, size, card.place, fits))


def warp_picture(image: Image, frame: InputFrame, pad: int) -> Image:
    """``image`` (H, W, 3) as an input (h, w, 3), with ``pad`` around it."""
    if frame.matrix[0, 2] == frame.matrix[1, 2] == (frame.matrix[0, 0] - 1) / 2:  # in the corner
        warped = cv2.warpAffine(image, frame.matrix, frame.size, borderMode=cv2.BORDER_REPLICATE)
        width, height = (round(side * frame.matrix[0, 0]) for side in image.shape[1::-1])
        warped[height:], warped[:, width:] = pad, pad
        return np.asarray(warped, np.uint8)
    return np.asarray(cv2.warpAffine(image, frame.matrix, frame.size, borderValue=(pad, pad, pad)), np.uint8)


def to_picture(points: Floats, frame: InputFrame) -> Floats:
    """``points`` (..., 2) in pixels of the input as pixels of the picture."""
    return ((points - frame.matrix[:, 2]) / frame.matrix[[0, 1], [0, 1]]).astype(np.float32)


def _expanded(picture: tuple[int, int], card: BottomUpCard, scale: float) -> InputFrame:
    """The input that a picture covers which is scaled to cover the card's size; its exact middle is in the middle."""
    width, height = (_rounded_up(int(scale * side), card.multiple) for side in card.picture.size)
    ratio = max(width / picture[0], height / picture[1])
    ratio = min(ratio, MAX_ASPECT * min(width, height) / max(picture))
    size = tuple(
        max(_rounded_up(round(ratio * side, 6), card.multiple), least)
        for side, least in zip(picture, (width, height), strict=True)
    )
    shift = np.full(2, (ratio - 1) / 2) if card.place == "corner" else (np.array(size) - ratio * np.array(picture)) / 2
    return InputFrame((size[0], size[1]), np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]]]))


def _rounded_up(length: float, multiple: int) -> int:
    return ceil(length / multiple) * multiple


def _centered(picture: tuple[int, int], size: tuple[int, int], place: str, fits: str) -> NDArray[np.float64]:
    """The matrix of a picture that is scaled by the ratio of widths ("x"), of heights ("y") or the smaller one."""
    ratios = {"x": size[0] / picture[0], "y": size[1] / picture[1]}
    scale = ratios.get(fits, min(ratios.values()))
    if place == "corner":
        shift = np.full(2, (scale - 1) / 2)
    else:
        center = np.array([int(side / 2 + 0.5) for side in picture])
        shift = np.array(size) / 2 - scale * center
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
