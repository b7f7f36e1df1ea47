"""Rescores poses by a small network that judges their shape and their scores (DEKR, Geng et al., CVPR 2021).

The network is no part of the graph, which ends at the maps: its weights are in the metadata of the ONNX file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.core.errors import InvalidValueError, StanceError
from app.core.json_errors import JSON_ERRORS, json_problem
from app.core.message import Message
from app.core.people import Floats

RESCORING_KEY = "stance.rescoring"
"""Key of the network in the metadata of an ONNX file."""

KEYPOINTS = 17
"""Number of keypoints of the poses that it judges: COCO's."""

LINKS: NDArray[np.intp] = np.array(
    [
        *((0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 6), (5, 7), (5, 11), (6, 8), (6, 12)),
        *((7, 9), (8, 10), (11, 12), (11, 13), (12, 14), (13, 15), (14, 16)),
    ]
)
"""Pairs of COCO's keypoints whose distances are features."""

FEATURES = 3 * len(LINKS) + KEYPOINTS
"""Number of features of a pose."""

Width = Annotated[int, msgspec.Meta(ge=1, le=4096)]


class Layer(NamedTuple):
    """A fully connected layer: ``weight`` (outputs, inputs) and ``bias`` (outputs,)."""

    weight: Floats
    bias: Floats


class _StoredLayer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer as it is stored: the bytes of its numbers, as little-endian 32-bit floats."""

    inputs: Width
    outputs: Width
    weight: bytes
    bias: bytes


class Rescoring:
    """A network of fully connected ``layers`` with ReLU between them: features (N, FEATURES) to one number (N, 1)."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers

    def __call__(self, features: Floats) -> Floats:
        """The factors (N,) of the scores of poses with these ``features`` (N, FEATURES); 0 for invalid ones."""
        values = features
        for number, layer in enumerate(self.layers):
            values = (np.maximum(values, 0) if number else values) @ layer.weight.T + layer.bias
        return np.nan_to_num(np.asarray(values[:, 0], np.float32), nan=0)

    def rescored(self, poses: Floats, scores: Floats) -> Floats:
        """The ``scores`` (N,) of ``poses`` (N, 17, 3) = x y score, in pixels of the picture, multiplied by factors."""
        return scores * self(rescore_features(poses)) if len(poses) else scores

    def to_text(self) -> str:
        """The network as text for the metadata of a file."""
        layers = [
            _StoredLayer(layer.weight.shape[1], layer.weight.shape[0], *(one.astype("<f4").tobytes() for one in layer))
            for layer in self.layers
        ]
        return msgspec.json.encode(layers).decode()


def read_rescoring(text: str | None, file: str) -> Rescoring:
    """The network that ``to_text`` wrote; raises StanceError, which names the ``file``, if there is none or it is bad.

    ``text`` is None if the file has none.
    """
    if text is None:
        raise StanceError(
            "The model card of {file} says that poses are rescored, but the file holds no network for it: wanted a "
            "file that `python -m export pose --rescore` wrote.",
            file=file,
        )
    try:
        layers = [_layer(stored) for stored in msgspec.json.decode(text, type=list[_StoredLayer])]
    except InvalidValueError as error:
        raise _unusable(file, error.message) from None
    except JSON_ERRORS as error:
        wanted = Message("a network as `python -m export pose --rescore` writes it")
        raise _unusable(file, json_problem(error, text, list[_StoredLayer], wanted)) from None
    widths = [layer.weight.shape for layer in layers]
    chained = all(one[0] == other[1] for one, other in pairwise(widths))
    if not layers or not chained or (widths[0][1], widths[-1][0]) != (FEATURES, 1):
        raise StanceError(
            "The rescoring network in {file} has layers of {widths}: wanted {features} features and one output.",
            file=file,
            widths=", ".join(f"{inputs} x {outputs}" for outputs, inputs in widths),
            features=FEATURES,
        )
    return Rescoring(layers)


def _unusable(file: str, reason: Message) -> StanceError:
    return StanceError("The rescoring network in {file} cannot be used: {reason}.", file=file, reason=reason)


def _layer(stored: _StoredLayer) -> Layer:
    """The layer; raises InvalidValueError if it has another number of bytes."""
    for numbers, count in ((stored.weight, stored.inputs * stored.outputs), (stored.bias, stored.outputs)):
        if len(numbers) != 4 * count:
            raise InvalidValueError(
                "a layer of {inputs} x {outputs} has {found} bytes of numbers; wanted {wanted}",
                inputs=stored.inputs,
                outputs=stored.outputs,
                found=len(numbers),
                wanted=4 * count,
            )
    weight, bias = (np.frombuffer(part, "<f4").astype(np.float32) for part in (stored.weight, stored.bias))
    return Layer(weight.reshape(stored.outputs, stored.inputs), bias.reshape(stored.outputs))


def rescore_features(poses: Floats) -> Floats:
    """Features (N, FEATURES) of COCO ``poses`` (N, 17, 3).

    They are the differences and the lengths of ``LINKS``, in units of the trunk, and the scores (``get_feature``).
    """
    between = poses[:, LINKS[:, 0], :2] - poses[:, LINKS[:, 1], :2]
    lengths = np.sqrt((between**2).sum(axis=2))
    trunk = np.maximum((lengths[:, 9] + lengths[:, 11]) / 2, 1)[:, None]
    parts = [(between / trunk[..., None]).reshape(len(poses), 2 * len(LINKS)), lengths / trunk, poses[..., 2]]
    return np.concatenate(parts, axis=1).astype(np.float32)
