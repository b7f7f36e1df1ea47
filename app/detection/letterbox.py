"""Scales an image to a network's input size and pads the rest, and maps the network's coordinates back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from app.core.people import Floats, Image
from app.inference.model_card import InputSpec, Placement


class LetterboxCard(Protocol):
    """What the card of a network that takes whole images states."""

    @property
    def picture(self) -> InputSpec:
        """The network's input."""
        ...

    @property
    def letterbox(self) -> Placement:
        """Where in the input the image lies."""
        ...

    @property
    def pad(self) -> int:
        """The gray value around it."""
        ...


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How an image was scaled: source pixel = (input pixel - ``shift``) / ``scale``, for x and y."""

    scale: tuple[float, float]
    shift: tuple[float, float]

    def to_image(self, boxes: Floats, size: tuple[int, int]) -> Floats:
        """The network's ``boxes`` (N, 4) = x0 y0 x1 y1 in source pixels, clipped to ``size`` = (width, height)."""
        corners = self.points_to_image(boxes.reshape(-1, 2, 2))
        return np.clip(corners, 0, np.asarray(size, np.float32)).reshape(-1, 4).astype(np.float32)

    def points_to_image(self, points: Floats) -> Floats:
        """The network's ``points`` (..., 2) = x y in source pixels."""
        moved: Floats = points - np.asarray(self.shift, np.float32)
        return np.divide(moved, np.asarray(self.scale, np.float32), dtype=np.float32)


def letterbox(image: Image, card: LetterboxCard) -> tuple[Image, Letterbox]:
    """``image`` (H, W, 3) scaled into the card's size, and how it was scaled.

    The aspect ratio is kept and the image lies at the top left ("corner") or in the middle ("centre"), unless the card
    says "stretch": then it fills the input.
    """
    width, height = card.picture.size
    if card.letterbox == "stretch":
        stretched = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        return stretched, Letterbox((width / image.shape[1], height / image.shape[0]), (0.0, 0.0))
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    left, top = (0, 0) if card.letterbox == "corner" else ((width - inner[0]) // 2, (height - inner[1]) // 2)
    canvas = np.full((height, width, 3), card.pad, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    return canvas, Letterbox((scale, scale), (float(left), float(top)))
