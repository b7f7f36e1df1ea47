"""The card of bottom-up pose networks: maps of the whole picture, from which keypoints are grouped into people."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from app.core.errors import InvalidValueError
from app.core.skeleton import Skeleton
from app.inference.model_card import InputSpec, PoseModelCard, Provenance
from app.inference.registry import register

Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]
Kernel = Annotated[int, msgspec.Meta(ge=1, le=99)]
Pair = tuple[Annotated[int, msgspec.Meta(ge=0, le=9999)], Annotated[int, msgspec.Meta(ge=0, le=9999)]]

COCO18_LIMBS: tuple[Pair, ...] = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17), (2, 16), (5, 17)),
)
COCO18_FIELDS: tuple[Pair, ...] = (
    *((12, 13), (20, 21), (14, 15), (16, 17), (22, 23), (24, 25), (0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11)),
    *((28, 29), (30, 31), (34, 35), (32, 33), (36, 37), (18, 19), (26, 27)),
)
"""Limbs of OpenPose's 18 keypoints, in the order of its decoding, and the channels (x, y) of their fields."""

BODY25_LIMBS: tuple[Pair, ...] = (
    *((1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10), (10, 11), (8, 12), (12, 13), (13, 14)),
    *((1, 0), (0, 15), (15, 17), (0, 16), (16, 18), (2, 17), (5, 18), (14, 19), (19, 20), (14, 21), (11, 22)),
    *((22, 23), (11, 24)),
)
BODY25_FIELDS: tuple[Pair, ...] = (
    *((0, 1), (14, 15), (22, 23), (16, 17), (18, 19), (24, 25), (26, 27), (6, 7), (2, 3), (4, 5), (8, 9), (10, 11)),
    *((12, 13), (30, 31), (32, 33), (36, 37), (34, 35), (38, 39), (20, 21), (28, 29), (40, 41), (42, 43), (44, 45)),
    *((46, 47), (48, 49), (50, 51)),
)
"""The same for OpenPose's 25 keypoints (BODY_25)."""


class AssociativeEmbedding(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ae", tag_field="type", kw_only=True
):
    """Keypoints are grouped by their tags (Newell et al., NeurIPS 2017; HigherHRNet, Cheng et al., CVPR 2020).

    Outputs (1, C, h, w) with C = 2 K are K heatmaps followed by K tag maps, those with C = K are heatmaps;
    with ``tags_last`` the last output is the tag maps. Heatmaps are averaged at the size of the last output, and
    grouped at the size of the network's input if ``at_input_size``.

    ``dialect`` names the implementation that is followed: HigherHRNet's, that of MMPose 0.x (the same but for ``udp``)
    or that of MMPose 1.x. ``order`` is the order in which keypoints are grouped (empty: 0 .. K - 1); a keypoint joins
    the group whose mean tag is nearer than ``tag_threshold``. Peaks are maxima of ``nms_kernel`` cells, at most
    ``max_people`` of a keypoint, over ``threshold``. ``use_scores``: distances of tags are rounded, and scores decide
    between equal ones. ``ignore_too_much``: no group is added when there are ``max_people``. ``adjust`` moves peaks by
    a quarter of a cell, ``refine`` looks for missing keypoints. ``udp`` refines peaks as UDP does, with a blur of
    ``blur_kernel``. ``center_shift`` is added to coordinates in cells (MMPose 1.x).
    """

    dialect: Literal["higherhrnet", "mmpose0", "mmpose1"] = "higherhrnet"
    order: tuple[Annotated[int, msgspec.Meta(ge=0, le=9999)], ...] = ()
    max_people: Count = 30
    threshold: Score = 0.1
    tag_threshold: Positive = 1.0
    nms_kernel: Kernel = 5
    use_scores: bool = True
    ignore_too_much: bool = False
    adjust: bool = True
    refine: bool = True
    udp: bool = False
    blur_kernel: Kernel = 3
    center_shift: Annotated[float, msgspec.Meta(ge=-1, le=1)] = 0.0
    at_input_size: bool = True
    tags_last: bool = False


COCO17_ORDER = (0, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 13, 14, 15, 16)
"""The order in which HigherHRNet and MMPose group COCO's 17 keypoints."""


class CenterOffsets(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="dekr", tag_field="type", kw_only=True
):
    """Every center of a person has the offsets of its keypoints (DEKR, Geng et al., CVPR 2021).

    The outputs are heatmaps (1, K + 1, h, w), the last of the centers, and offsets (1, 2 K, h, w) = x, y of each
    keypoint. ``dialect`` names the implementation that is followed: in DEKR's offsets are subtracted from the cell and
    scores are those of cells, in that of MMPose 1.x offsets are added and scores are interpolated.

    Centers are local maxima over ``threshold``, at most ``max_people``. Two poses are of the same person if more than
    ``nms_keypoints`` keypoints are nearer than ``nms_distance`` of the pose's diagonal. Scores at scales other than 1
    are multiplied by ``decrease``. In a flip test the mirrored picture is moved ``flip_shift`` pixels to the left.
    ``match`` moves keypoints to the peaks of the heatmaps. ``rescore``: the scores of people are multiplied by what a
    small network in the file's metadata says of their poses.
    """

    dialect: Literal["dekr", "mmpose1"] = "dekr"
    max_people: Count = 30
    threshold: Score = 0.01
    nms_distance: Positive = 0.05
    nms_keypoints: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 8
    decrease: Score = 0.9
    flip_shift: Annotated[int, msgspec.Meta(ge=0, le=64)] = 3
    match: bool = False
    rescore: bool = False


class PartAffinity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="paf", tag_field="type", kw_only=True):
    """Keypoints are joined along part affinity fields (OpenPose, Cao et al., CVPR 2017).

    The outputs are fields (1, 2 L, h, w) and heatmaps (1, K + 1, h, w), the last of the background, in any order.
    ``limbs`` are pairs of keypoints in the order in which they are joined, ``fields`` the channels (x, y) of their
    fields; limbs that close a circle do not start a person.

    ``dialect`` names the implementation that is followed: "hzzone" (pytorch-openpose, at the size of the input) or
    "tensorboy" (pytorch_Realtime_Multi-Person_Pose_Estimation, at the size of the maps). Peaks are over ``threshold``;
    of 10 samples along a limb more than 8 (6 for "tensorboy") are over ``sample_threshold``. A person has at least
    ``min_parts`` keypoints and a mean score of ``min_score``. ``grouping``: the best pairs are joined first
    ("greedy"), or all at once by an integer programme ("ilp", after DeepCut, Pishchulin et al., CVPR 2016), for at most
    ``time_limit`` seconds; what is not solved by then is joined greedily.
    """

    dialect: Literal["hzzone", "tensorboy"] = "hzzone"
    limbs: tuple[Pair, ...] = COCO18_LIMBS
    fields: tuple[Pair, ...] = COCO18_FIELDS
    threshold: Score = 0.1
    sample_threshold: Score = 0.05
    min_parts: Count = 4
    min_score: Score = 0.4
    grouping: Literal["greedy", "ilp"] = "greedy"
    time_limit: Positive = 1.0

    def __post_init__(self) -> None:
        if len(self.limbs) != len(self.fields) or not self.limbs:
            raise InvalidValueError(
                "there are {fields} fields for {limbs} limbs", fields=len(self.fields), limbs=len(self.limbs)
            )


GroupingSpec = AssociativeEmbedding | CenterOffsets | PartAffinity


@register("pose-bottom-up")
class BottomUpCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose-bottom-up", tag_field="kind"
):
    """A bottom-up pose network: a whole picture in, maps out, which ``grouping`` reads.

    ``resize`` states how a picture becomes the input. "short-side": the short side is that of ``picture.size``, the
    long side is a multiple of ``multiple`` pixels (HigherHRNet, DEKR). "height": the same for the height (OpenPose).
    "expand": the picture is scaled to cover ``picture.size``, both sides are multiples (MMPose 1.x). "letterbox": the
    picture is scaled to fit into ``picture.size``, for networks with a fixed input. The
    picture is at ``place``, on pixels of value ``pad``. The network runs once for each of ``scales``, from which the
    maps are combined; ``scales`` other than 1 need a network that takes any size. ``skeleton`` is a name from
    ``assets/skeletons`` or the skeleton itself.
    """

    name: str
    picture: InputSpec
    grouping: GroupingSpec
    skeleton: str | Skeleton
    resize: Literal["short-side", "height", "expand", "letterbox"] = "short-side"
    multiple: Annotated[int, msgspec.Meta(ge=1, le=512)] = 64
    place: Literal["center", "corner"] = "center"
    pad: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    scales: tuple[Annotated[float, msgspec.Meta(ge=0.1, le=4)], ...] = (1.0,)
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        if 1.0 not in self.scales:
            raise InvalidValueError("the scales do not contain 1")
        if self.resize == "letterbox" and len(self.scales) > 1:
            raise InvalidValueError("a letterboxed picture has one scale only")
