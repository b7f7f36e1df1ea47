"""The card of BlazePose: a rotated crop of a person in, keypoints with depth and the next crop out."""

from __future__ import annotations

from typing import Annotated

import msgspec

from app.core.skeleton import Skeleton
from app.inference.model_card import InputSpec, PoseModelCard, Provenance
from app.inference.registry import register


@register("pose-blazepose")
class BlazePoseCard(
    PoseModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pose-blazepose", tag_field="kind"
):
    """A network of MediaPipe's pose landmarks (BlazePose, Bazarevsky et al., 2020; GHUM Holistic).

    ``window`` is the side of the window of heatmap cells around a keypoint whose mean position refines it, in cells; 1
    for no refinement. A person is there from a score of ``min_presence``. ``padding`` widens the square around the
    person; ``box_padding`` widens the longer side of a detector's box for the first crop, ``cut_padding`` if the lower
    border of the picture cuts the person.
    """

    name: str
    picture: InputSpec
    skeleton: str | Skeleton = "blazepose33"
    window: Annotated[int, msgspec.Meta(ge=1, le=31)] = 9
    min_presence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.25
    box_padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.3
    cut_padding: Annotated[float, msgspec.Meta(gt=0, le=10)] = 2.2
    provenance: Provenance = Provenance()
