"""Networks for the landmarks of a hand or a face: upright square crops of regions in, rows of numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Floats, Frame
from app.core.settings import Device
from app.inference.onnx_model import OnnxModel, open_network
from app.inference.session import shared_cpu_threads
from app.pose.rotated_region import Border, Regions

FULL = np.float32(255)


class Landmarker(Protocol):
    """Gives the outputs of a network for regions of a frame."""

    def __call__(self, frame: Frame, regions: Regions) -> Floats:
        """The outputs (N, L) for N ``regions`` of ``frame``, one row for each; N may be 0."""
        ...


class LandmarkNetwork:
    """A network that takes RGB crops (N, 3, S, S) of 0..1; ``lengths`` are those of its outputs, for one crop.

    Outside of the image crops have its nearest pixels, or are black, as ``border`` says. All regions of a call are one
    batch. Networks are shared between pipelines: any thread may call them.
    """

    def __init__(self, network: OnnxModel, lengths: Sequence[int], border: Border = "replicate") -> None:
        self.network = network
        self._border = border
        self._side = _side(network)
        self._length = sum(lengths)

    def __call__(self, frame: Frame, regions: Regions) -> Floats:
        """The outputs (N, L) of the network in their order, joined: see ``Landmarker``."""
        if not len(regions):
            return np.empty((0, self._length), np.float32)
        crops = regions.crops(frame.image, self._side, self._border)
        outputs = self.network.run([to_input(crops)])
        return np.concatenate([output.reshape(len(crops), -1) for output in outputs], axis=1).astype(np.float32)


def open_landmarks(path: Path, device: Device, lengths: Sequence[int], border: Border = "replicate") -> LandmarkNetwork:
    """The network in ``path``, which has run once; ``border`` as in ``LandmarkNetwork``.

    Raises StanceError if it does not run, or if its outputs do not have these ``lengths`` for one crop.
    """
    network = open_network(path, device, _blank, shared_cpu_threads())
    found = [output.size for output in network.run(_blank(network))]
    if found != [*lengths]:
        raise StanceError(
            "{file} outputs {found} numbers: wanted {lengths}.",
            file=path.name,
            found=_listed(found),
            lengths=_listed(lengths),
        )
    return LandmarkNetwork(network, lengths, border)


def to_input(crops: NDArray[np.uint8]) -> Floats:
    """BGR ``crops`` (N, S, S, 3) as RGB of 0..1, (N, 3, S, S)."""
    batch = np.empty((len(crops), 3, *crops.shape[1:3]), np.float32)
    np.divide(crops[..., ::-1].transpose(0, 3, 1, 2), FULL, out=batch)
    return batch


def _side(network: OnnxModel) -> int:
    """The side of the square input in pixels."""
    shape = network.inputs[0].shape
    if len(network.inputs) != 1 or len(shape) != 4 or not shape[2] or shape[2] != shape[3] or shape[1] != 3:
        raise StanceError(
            "{file} takes {inputs}: wanted one square image, [?, 3, side, side].",
            file=network.path.name,
            inputs=", ".join(map(str, network.inputs)),
        )
    return int(shape[2])


def _blank(network: OnnxModel) -> list[NDArray[Any]]:
    side = _side(network)
    return [np.zeros((1, 3, side, side), np.float32)]


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
