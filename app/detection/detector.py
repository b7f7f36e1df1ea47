"""The person detector: one image in, boxes with scores out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Image
from app.core.settings import Device
from app.detection.body_detector import BodyDetector
from app.detection.infer_card import detector_card
from app.detection.letterbox import letterbox
from app.detection.output_formats import read_boxes
from app.inference.model_card import DetectorCard
from app.inference.onnx_model import DTYPES, OnnxModel, open_network
from app.inference.session import shared_cpu_threads
from app.pose.crop import normalize

MIN_SIDE = 2.0
"""Minimum width and height of a box, in pixels; smaller ones cannot contain a person."""


class Detect(Protocol):
    """Finds people in an image; ``name`` is shown to the user."""

    name: str

    def __call__(self, image: Image, threshold: float) -> Floats:
        """Boxes (N, 5) = x0 y0 x1 y1 score of at least ``threshold``, in pixels of ``image`` (H, W, 3), best first.

        A detector with an attribute ``columns`` of 9 gives (N, 9): the regions too (see ``Candidates.regions``).
        """
        ...


class Detector:
    """Finds people with one detection network and its card."""

    def __init__(self, network: OnnxModel, card: DetectorCard) -> None:
        self.network = network
        self.card = card
        self.name = card.name

    def __call__(self, image: Image, threshold: float) -> Floats:
        """See ``Detect``; raises StanceError if the outputs are not those of the card's head."""
        canvas, box = letterbox(image, self.card)
        outputs = self.network.run([self._to_input(canvas)])
        try:
            boxes, scores = read_boxes(outputs, self.card, threshold)
        except (IndexError, ValueError):
            shapes = ", ".join(str(list(output.shape)) for output in outputs)
            raise StanceError(
                "{file} outputs {shapes}, which does not match the head {head!r}.",
                file=self.network.path.name,
                shapes=shapes,
                head=self.card.head,
            ) from None
        boxes = box.to_image(boxes, (image.shape[1], image.shape[0]))
        found = np.concatenate([boxes, np.minimum(scores, 1)[:, None]], axis=1).astype(np.float32)
        sides = boxes[:, 2:] - boxes[:, :2]
        return found[np.isfinite(found).all(axis=1) & (sides >= MIN_SIDE).all(axis=1)]

    def _to_input(self, canvas: Image) -> NDArray[Any]:
        """The network's input for ``canvas`` (H, W, 3)."""
        return normalize(canvas[None], self.card.picture).astype(DTYPES[self.network.inputs[0].type], copy=False)


class WholeFrame:
    """Used instead of a detector: the whole image is one person."""

    name = "none"

    def __call__(self, image: Image, threshold: float) -> Floats:
        """One box (1, 5) around the whole ``image`` (H, W, 3), with score 1."""
        return np.array([[0, 0, image.shape[1], image.shape[0], 1]], np.float32)


def open_detector(path: Path, device: Device) -> Detector | BodyDetector:
    """The detector for the network in ``path``, which has run once to warm up.

    Raises StanceError if the file is not a detector or does not run on ``device``.
    """

    def sample(network: OnnxModel) -> Sequence[NDArray[Any]]:
        picture = detector_card(network).picture
        kind = network.inputs[0].type
        if kind not in DTYPES:
            raise StanceError(
                "{file} takes {kind} as input: wanted an image of floating-point numbers.", file=path.name, kind=kind
            )
        width, height = picture.size
        return [normalize(np.zeros((1, height, width, 3), np.uint8), picture).astype(DTYPES[kind])]

    network = open_network(path, device, sample, shared_cpu_threads(background=True))
    card = detector_card(network)
    if card.head == "blazepose":
        return BodyDetector(network, card)
    detector = Detector(network, card)
    width, height = detector.card.picture.size
    try:
        detector(np.zeros((height, width, 3), np.uint8), 0.0)
    except (ValueError, IndexError):
        shapes = ", ".join(str(list(tensor.shape)).replace("None", "?") for tensor in network.outputs)
        raise StanceError(
            "{file} outputs {shapes}, which does not match the head {head!r} of its model card.",
            file=path.name,
            shapes=shapes,
            head=detector.card.head,
        ) from None
    return detector
