"""The card of one-stage pose networks: a whole image in, people with boxes and keypoints out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from app.core.skeleton import Skeleton
from app.inference.model_card import InputSpec, Placement, PoseModelCard, Provenance
from app.inference.registry import register

PeopleFormat = Literal["ultralytics", "ultralytics-nms", "rtmo", "detr", "detr-logits"]


@register("pose-one-stage")
class OneStageCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose-one-stage", tag_field="kind"
):
    """A one-stage pose network: it finds all people of an image in one run.

    ``output`` names the output format (see ``app.pose.people_formats``). ``letterbox`` is the position of the picture
    in the padding of gray value ``pad``; ``person`` is the number of the class. ``columns`` is the number of values of
    a keypoint: x y, or x y score. ``nms_iou`` is the overlap above which two boxes are the same person, for formats
    without suppression in the network.
    """

    name: str
    picture: InputSpec
    output: PeopleFormat
    skeleton: str | Skeleton
    letterbox: Placement = "centre"
    pad: Annotated[int, msgspec.Meta(ge=0, le=255)] = 114
    person: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    columns: Literal[2, 3] = 3
    nms_iou: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.7
    provenance: Provenance = Provenance()
