"""The person detector: one picture in, boxes with scores out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.card import DetectorCard
from app.detect.heads import read_boxes
from app.detect.letterbox import letterbox
from app.detect.recognise import detector_card
from app.errors import StanceError
from app.estimate.crop import normalise
from app.people import Floats, Image
from app.runtime import DTYPES, Network, beside_others, open_network
from app.settings import Device

SMALLEST = 2.0
"""Boxes under this many pixels in width or height cannot hold a person."""


class Detect(Protocol):
    """Anything that finds people in a picture."""

    name: str

    def __call__(self, image: Image, threshold: float) -> Floats:
        """Boxes (N, 5) = x0 y0 x1 y1 score in pixels of ``image``, best first, all of ``threshold`` or more."""
        ...


class Detector:
    """People's boxes, by one detection network and its card."""

    def __init__(self, network: Network, card: DetectorCard) -> None:
        self.network = network
        self.card = card
        self.name = card.name

    def __call__(self, image: Image, threshold: float) -> Floats:
        """See ``Detect``; raises StanceError where the answer is not that of the card's head."""
        canvas, box = letterbox(image, self.card)
        outputs = self.network.run([self._feed(canvas)])
        try:
            boxes, scores = read_boxes(outputs, self.card, threshold)
        except (IndexError, ValueError):
            shapes = ", ".join(str(list(output.shape)) for output in outputs)
            raise StanceError(
                f"{self.network.path.name} answers {shapes}, which no head of the kind {self.card.head!r} does."
            ) from None
        boxes = box.to_image(boxes, (image.shape[1], image.shape[0]))
        found = np.concatenate([boxes, np.minimum(scores, 1)[:, None]], axis=1).astype(np.float32)
        sides = boxes[:, 2:] - boxes[:, :2]
        return found[np.isfinite(found).all(axis=1) & (sides >= SMALLEST).all(axis=1)]

    def _feed(self, canvas: Image) -> NDArray[Any]:
        return normalise(canvas[None], self.card.picture).astype(DTYPES[self.network.inputs[0].type], copy=False)


class WholeFrame:
    """No detector at all: the picture is one person."""

    name = "none"

    def __call__(self, image: Image, threshold: float) -> Floats:
        """One box around the whole picture, with score 1."""
        return np.array([[0, 0, image.shape[1], image.shape[0], 1]], np.float32)


def open_detector(path: Path, device: Device) -> Detector:
    """The detector for the network in ``path``, warm.

    Raises StanceError where the file is no detector or does not run on ``device``.
    """

    def sample(network: Network) -> Sequence[NDArray[Any]]:
        picture = detector_card(network).picture
        kind = network.inputs[0].type
        if kind not in DTYPES:
            raise StanceError(f"{path.name} takes {kind}; wanted a picture of floating-point numbers.")
        width, height = picture.size
        return [normalise(np.zeros((1, height, width, 3), np.uint8), picture).astype(DTYPES[kind])]

    network = open_network(path, device, sample, beside_others(back=True))
    detector = Detector(network, detector_card(network))
    width, height = detector.card.picture.size
    try:
        detector(np.zeros((height, width, 3), np.uint8), 0.0)
    except (ValueError, IndexError):
        shapes = ", ".join(str(list(tensor.shape)).replace("None", "?") for tensor in network.outputs)
        raise StanceError(
            f"{path.name} answers {shapes}, which is not what its card's head {detector.card.head!r} means."
        ) from None
    return detector
