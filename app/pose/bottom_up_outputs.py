"""Rules that recognize bottom-up networks without a card by the shapes of their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.core.skeleton import Skeleton, load_skeleton, plain_skeleton
from app.inference.bottom_up_card import (
    BODY25_FIELDS,
    BODY25_LIMBS,
    COCO17_ORDER,
    AssociativeEmbedding,
    BottomUpCard,
    CenterOffsets,
    GroupingSpec,
    PartAffinity,
)
from app.inference.infer_card import Outputs
from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, InputSpec, Provenance
from app.inference.registry import POSE_RULES

USUAL_SIZE = (512, 512)
"""Input size (width, height) of most bottom-up networks."""

OPENPOSE_SIZE = (184, 184)
"""The same for OpenPose's ports at scale 1."""

TAGGED = (17, 133)
"""Numbers of keypoints of networks whose one output has tags: COCO's bodies and whole bodies.

Twice as many are not the keypoints of any known skeleton, as are those of two hands, 42, or of Halpe, 136.
"""

MIN_CELLS = 8
"""Shortest side of maps; coordinates in an output with four sides are shorter."""

FIELDS = {(18, 38): "openpose18", (25, 52): "body25"}
"""Skeletons by the numbers of keypoints and of channels of part affinity fields."""


@dataclass(frozen=True, slots=True)
class BottomUpOutputs:
    """How outputs are read: see ``Reading``. ``any_size``: the network takes pictures of any size."""

    grouping: GroupingSpec
    skeleton: Skeleton
    any_size: bool

    @property
    def usual_sizes(self) -> tuple[tuple[int, int], ...]:
        """Input sizes (width, height) that such a network is used with."""
        return (OPENPOSE_SIZE,) if isinstance(self.grouping, PartAffinity) else (USUAL_SIZE,)

    def card(self, path: Path, picture: InputSpec) -> BottomUpCard:
        """See ``Reading``; with the normalization of the network that has such outputs."""
        card = BottomUpCard(
            name=path.stem,
            picture=msgspec.structs.replace(picture, mean=IMAGENET_MEAN, std=IMAGENET_STD),
            grouping=self.grouping,
            skeleton=self.skeleton,
            resize="short-side" if self.any_size else "letterbox",
            provenance=Provenance(assumed=("color", "mean", "std", "skeleton", "resize", "grouping")),
        )
        if not isinstance(self.grouping, PartAffinity):
            return card
        return msgspec.structs.replace(
            card,
            picture=msgspec.structs.replace(picture, color="bgr", mean=(128.0,) * 3, std=(256.0,) * 3),
            resize="height" if self.any_size else "letterbox",
            multiple=8,
            place="corner",
            pad=128,
        )


@POSE_RULES.register("associative-embedding")
def read_tags(outputs: Outputs) -> BottomUpOutputs | None:
    """Heatmaps with tags (1, 2 K, h, w) and heatmaps (1, K, 2 h, 2 w): HigherHRNet."""
    shapes = outputs.shapes
    if [len(shape) for shape in shapes] != [4, 4]:
        return None
    (_, both, height, width), (_, keypoints, *finer) = shapes
    if both != 2 * keypoints or finer != [2 * height, 2 * width]:
        return None
    order = COCO17_ORDER if keypoints == len(COCO17_ORDER) else ()
    return BottomUpOutputs(AssociativeEmbedding(order=order), plain_skeleton(keypoints), outputs.any_size)


@POSE_RULES.register("tags-in-one-output", first=True)
def read_tags_in_one_output(outputs: Outputs) -> BottomUpOutputs | None:
    """One output of heatmaps with tags (1, 2 K, h, w): hourglasses and HRNet for associative embedding."""
    if len(outputs.shapes) != 1 or len(outputs.shapes[0]) != 4:
        return None
    _, both, *cells = outputs.shapes[0]
    if both not in [2 * count for count in TAGGED] or min(cells) < MIN_CELLS:
        return None
    order = COCO17_ORDER if both == 2 * len(COCO17_ORDER) else ()
    return BottomUpOutputs(AssociativeEmbedding(order=order), plain_skeleton(both // 2), outputs.any_size)


@POSE_RULES.register("center-offsets")
def read_offsets(outputs: Outputs) -> BottomUpOutputs | None:
    """Heatmaps with centers (1, K + 1, h, w) and offsets (1, 2 K, h, w): DEKR."""
    shapes = outputs.shapes
    if [len(shape) for shape in shapes] != [4, 4] or shapes[0][2:] != shapes[1][2:]:
        return None
    keypoints = shapes[0][1] - 1
    if keypoints < 2 or shapes[1][1] != 2 * keypoints:
        return None
    return BottomUpOutputs(CenterOffsets(), plain_skeleton(keypoints), outputs.any_size)


@POSE_RULES.register("part-affinity")
def read_fields(outputs: Outputs) -> BottomUpOutputs | None:
    """Fields (1, 2 L, h, w) and heatmaps with background (1, K + 1, h, w), in any order: OpenPose's 18 or 25."""
    shapes = outputs.shapes
    if [len(shape) for shape in shapes] != [4, 4] or shapes[0][2:] != shapes[1][2:]:
        return None
    maps, fields = sorted(shape[1] for shape in shapes)
    name = FIELDS.get((maps - 1, fields))
    if name is None:
        return None
    spec = PartAffinity(limbs=BODY25_LIMBS, fields=BODY25_FIELDS) if name == "body25" else PartAffinity()
    return BottomUpOutputs(spec, load_skeleton(name), outputs.any_size)
