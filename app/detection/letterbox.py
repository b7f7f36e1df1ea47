"""Scales an image to the detector's input size, keeps its aspect ratio and pads the rest."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.core.people import Floats, Image
from app.inference.model_card import DetectorCard


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How an image was scaled: source pixel = (detector pixel - ``shift``) / ``scale``."""

    scale: float
    shift: tuple[float, float]

    def to_image(self, boxes: Floats, size: tuple[int, int]) -> Floats:
        """The detector's ``boxes`` (N, 4) = x0 y0 x1 y1 in source pixels, clipped to ``size`` = (width, height)."""
        corners = (boxes.reshape(-1, 2, 2) - np.asarray(self.shift, np.float32)) / np.float32(self.scale)
        return np.clip(corners, 0, np.asarray(size, np.float32)).reshape(-1, 4).astype(np.float32)


def letterbox(image: Image, card: DetectorCard) -> tuple[Image, Letterbox]:
    """``image`` (H, W, 3) scaled into the card's size, at the top left or centered, and how it was scaled."""
    width, height = card.picture.size
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    left, top = (0, 0) if card.letterbox == "corner" else ((width - inner[0]) // 2, (height - inner[1]) // 2)
    canvas = np.full((height, width, 3), card.pad, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_LINEAR)
    return canvas, Letterbox(scale, (float(left), float(top)))
