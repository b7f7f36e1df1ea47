"""The card of lifters: keypoints of one person over a few frames in, points in three dimensions out."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from app.core.errors import InvalidValueError
from app.inference.model_card import Channel, ModelCard, Provenance, Spread
from app.inference.registry import register

Frames = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Names = str | tuple[str, ...]
Pair = tuple[Channel, Channel]
Triple = tuple[Channel, Channel, Channel]
LAYOUTS: dict[str, tuple[str, ...]] = {
    "h36m17": (
        *("root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot"),
        *("spine", "thorax", "neck_base", "head"),
        *("left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist"),
    ),
}
"""Names of the keypoints of layouts that a card may name: ``h36m17`` is Human3.6M's, as VideoPose3D orders it."""
LAYOUTS["h36m16"] = LAYOUTS["h36m17"][1:]
LAYOUTS["h36m16-no-nose"] = tuple(name for name in LAYOUTS["h36m17"] if name != "neck_base")


@register("lifter")
class LifterCard(ModelCard, msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="lifter", tag_field="kind"):
    """A lifter: (N, T, J, C) float32 in, (N, J2, 3) for the current frame out.

    ``inputs`` are the names of the J keypoints, ``outputs`` those of the J2 points, or the name of a layout in
    ``LAYOUTS``. T is 1 and the frames before and after the current one that ``history`` counts, oldest first, ``every``
    frames apart. C is 2, or 3 with ``mask``: x y, and 1 where the keypoint is seen, else three zeros; or with
    ``scores``: x y and the keypoint's score.

    ``normalization`` is how pixels become numbers: "screen" as in VideoPose3D, "standard" with ``mean`` and ``std``
    (J pairs), "body" in body sizes. ``fit`` says whether the person is moved and scaled to the usual place in the
    pictures that the network was trained on, or the picture is taken as it is. Outputs are multiplied by
    ``target_std`` and increased by ``target_mean`` (J2 triples) if there are any, and count from the pelvis.
    ``unit`` is the number of meters in 1, ``axes`` are those of a camera (x right, y down, z away from it) or of
    ``Person.points_3d``. ``data`` and ``limits`` are texts for people.
    """

    name: str
    inputs: Names
    outputs: Names
    history: tuple[Frames, Frames] = (0, 0)
    normalization: Literal["screen", "standard", "body"] = "screen"
    fit: Literal["person", "picture"] = "picture"
    mean: tuple[Pair, ...] = ()
    std: tuple[tuple[Spread, Spread], ...] = ()
    target_mean: tuple[Triple, ...] = ()
    target_std: tuple[tuple[Spread, Spread, Spread], ...] = ()
    unit: Spread = 1.0
    axes: Literal["camera", "stance"] = "camera"
    mask: bool = False
    scores: bool = False
    every: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    data: str = ""
    limits: str = ""
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        for names in (self.inputs, self.outputs):
            if isinstance(names, str) and names not in LAYOUTS:
                raise InvalidValueError(
                    "there is no layout {name!r}; wanted one of {known}", name=names, known=", ".join(LAYOUTS)
                )
        wanted = len(self.input_names) if self.normalization == "standard" else 0
        if {len(self.mean), len(self.std)} != {wanted}:
            raise InvalidValueError("mean and std have not {count} rows", count=wanted)
        if not {len(self.target_mean), len(self.target_std)} <= {0, len(self.output_names)}:
            raise InvalidValueError("target_mean and target_std have not {count} rows", count=len(self.output_names))

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the J keypoints that the network takes."""
        return LAYOUTS[self.inputs] if isinstance(self.inputs, str) else self.inputs

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the J2 points that the network outputs."""
        return LAYOUTS[self.outputs] if isinstance(self.outputs, str) else self.outputs

    @property
    def channels(self) -> int:
        """The number of values C of a keypoint."""
        return 3 if self.mask or self.scores else 2

    @property
    def frames(self) -> int:
        """The number of frames T that the network takes."""
        return 1 + sum(self.history)
