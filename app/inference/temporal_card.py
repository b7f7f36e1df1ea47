"""The card of temporal pose networks: crops of a person in several frames in, keypoints in one of them out."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.core.skeleton import Skeleton
from app.inference.model_card import Codec, InputSpec, PoseModelCard, Provenance
from app.inference.registry import register

Distance = Annotated[int, msgspec.Meta(ge=1, le=100)]


@register("pose-temporal")
class TemporalCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose-temporal", tag_field="kind"
):
    """A temporal pose network: the same box in three frames in, keypoints in the middle one out.

    The three crops are one input (N, 9, H, W): those of the current frame, of an earlier and of a later one, each with
    the channels that ``picture`` states. ``history`` is the distance of the earlier and of the later frame, in frames.
    The other fields are those of ``PoseCard``.
    """

    name: str
    picture: InputSpec
    codec: Codec
    skeleton: str | Skeleton
    history: tuple[Distance, Distance] = (1, 1)
    padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.25
    udp: bool = False
    flip_shift: bool = False
    provenance: Provenance = Provenance()
