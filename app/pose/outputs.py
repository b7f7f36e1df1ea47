"""Which outputs of a top-down pose network contain the keypoints: the rules for networks without a card."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import msgspec

from app.core.skeleton import plain_skeleton
from app.inference.infer_card import Outputs, Shape
from app.inference.model_card import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Codec,
    DecodedKeypoints,
    Heatmap,
    InputSpec,
    PoseCard,
    Provenance,
    Queries,
    Regression,
    SimCC,
    UdpCombined,
)
from app.inference.registry import POSE_RULES

MIN_BINS_PER_PIXEL = 0.5
"""SimCC has at least this many bins per pixel; shorter vectors are something else."""
COLUMNS = (2, 3, 4)
"""Numbers of columns of coordinates: x y, x y score, or x y and the deviation of each."""
SCORED = 3
"""Number of columns with a score."""


class Output(NamedTuple):
    """One output that is used: its ``position`` among all, and the shape of one person's part of it if that differs."""

    position: int
    shape: Shape | None = None


class InferredOutputs(NamedTuple):
    """How outputs are read: the codec, the number of keypoints, and the outputs in the codec's order.

    ``scored``: the third column of coordinates is assumed to be their score.
    """

    codec: Codec
    keypoints: int
    outputs: tuple[Output, ...]
    scored: bool = False

    def card(self, path: Path, picture: InputSpec) -> PoseCard:
        """See ``Reading``; with the ImageNet normalization that nearly every pose network was trained with."""
        assumed = ("color", "mean", "std", "padding", "refine", "skeleton", *(("score",) if self.scored else ()))
        return PoseCard(
            name=path.stem,
            picture=msgspec.structs.replace(picture, mean=IMAGENET_MEAN, std=IMAGENET_STD),
            codec=self.codec,
            skeleton=plain_skeleton(self.keypoints),
            flip_shift=isinstance(self.codec, Heatmap),
            provenance=Provenance(assumed=assumed),
        )


@POSE_RULES.register("simcc")
def read_simcc(outputs: Outputs) -> InferredOutputs | None:
    """Vectors (1, K, bins) along x and along y, proportional to the width and height of the crop, in any order.

    Further outputs are ignored. The names of the outputs decide between vectors of the same length.
    """
    pair = simcc_pair(outputs.shapes, outputs.names, outputs.size)
    if pair is None:
        return None
    _, keypoints, bins = outputs.shapes[pair[0]]
    return InferredOutputs(SimCC(split_ratio=bins / outputs.size[0]), keypoints, (Output(pair[0]), Output(pair[1])))


@POSE_RULES.register("heatmap")
def read_heatmaps(outputs: Outputs) -> InferredOutputs | None:
    """One output of heatmaps (1, K, H, W); images, and further outputs of other shapes, are ignored."""
    maps = _maps(outputs)
    return InferredOutputs(Heatmap(), outputs.shapes[maps[0]][1], (Output(maps[0]),)) if len(maps) == 1 else None


@POSE_RULES.register("regression")
def read_coordinates(outputs: Outputs) -> InferredOutputs | None:
    """Coordinates (1, K, columns) without heatmaps; see ``_coordinates``."""
    return None if _maps(outputs) else _coordinates(outputs.shapes)


def simcc_pair(shapes: Sequence[Shape], names: Sequence[str], size: tuple[int, int]) -> tuple[int, int] | None:
    """The indices of the outputs with the vectors along x and along y; None if no two outputs are such vectors."""
    width, height = size
    rows = [index for index, shape in enumerate(shapes) if len(shape) == 3]
    fits = [
        (x, y)
        for x, y in permutations(rows, 2)
        if shapes[x][1] == shapes[y][1]
        and shapes[x][2] >= MIN_BINS_PER_PIXEL * width
        # A vector has a whole number of bins, so that the lengths are proportional to the sides up to rounding.
        and abs(shapes[x][2] * height - shapes[y][2] * width) < max(size)
    ]
    named = [(x, y) for x, y in fits if names[x].lower().endswith("x") and names[y].lower().endswith("y")]
    return next(iter(named or sorted(fits, key=sorted)), None)


def stated_outputs(
    shapes: Sequence[Shape], names: Sequence[str], codec: Codec, size: tuple[int, int], keypoints: int
) -> tuple[Output, ...]:
    """The outputs that a card with this ``codec`` means, in the codec's order; the first ones if none fits."""
    fits: list[int] = []
    match codec:
        case SimCC():
            x, y = simcc_pair(shapes, names, size) or (0, 1)
            return Output(x), Output(y)
        case Queries():
            return Output(0), Output(1)
        case Regression():
            if inferred := _coordinates(shapes, keypoints):
                return inferred.outputs
        case Heatmap() | UdpCombined():
            wanted = keypoints * (3 if isinstance(codec, UdpCombined) else 1)
            fits = [index for index, shape in enumerate(shapes) if len(shape) == 4 and shape[1] == wanted]
        case DecodedKeypoints():
            fits = [index for index, shape in enumerate(shapes) if shape[1:] == (keypoints, 3)]
    return (Output(next(iter(fits), 0)),)


def _maps(outputs: Outputs) -> list[int]:
    """The indices of the outputs with heatmaps; one with as many channels and pixels as the input is an image."""
    return [
        index
        for index, shape in enumerate(outputs.shapes)
        if len(shape) == 4 and shape[3] > max(COLUMNS) and not is_image(shape, outputs.size)
    ]


def is_image(shape: Shape, size: tuple[int, int]) -> bool:
    """Whether an output of ``shape`` is an image (1, 3, H, W) as large as the input of ``size`` (width, height)."""
    return shape[1:] == (3, *size[::-1])


def _coordinates(shapes: Sequence[Shape], keypoints: int | None = None) -> InferredOutputs | None:
    """Coordinates among outputs for one crop: (1, K, columns), with one more side of 1, or in one row (1, K x columns).

    If they have no score, a further output (1, K) or (1, K, 1) is the score.
    """
    found: list[tuple[Output, int]] = []
    for index, shape in enumerate(shapes):
        inner = tuple(side for side in shape[1:] if side != 1) if len(shape) > 3 else shape[1:]
        if len(inner) == 2 and inner[1] in COLUMNS and keypoints in (None, inner[0]):
            found.append((Output(index, None if len(shape) == 3 else inner), inner[0]))
        elif len(inner) == 1 and len(shape) == 2 and (count := _in_one_row(inner[0], keypoints)):
            found.append((Output(index, (count, inner[0] // count)), count))
    if not found:
        return None
    first, count = found[0]
    columns = (first.shape or shapes[first.position][1:])[1]
    if len({output.shape or shapes[output.position][1:] for output, _ in found}) > 1:
        return None
    scores = [Output(index, (count, 1)) for index, shape in enumerate(shapes) if shape[1:] in ((count,), (count, 1))]
    outputs = (first, *scores[:1]) if columns == 2 else (first,)
    return InferredOutputs(Regression(), count, outputs, columns == SCORED)


def _in_one_row(length: int, keypoints: int | None) -> int | None:
    """Number of keypoints in a row of this length, if only one number of columns gives a known skeleton."""
    counts = [length // columns for columns in (2, 3) if length % columns == 0]
    if keypoints is not None:
        return keypoints if keypoints in counts else None
    known = [count for count in counts if count and not plain_skeleton(count).name.startswith("points")]
    return known[0] if len(known) == 1 else None
