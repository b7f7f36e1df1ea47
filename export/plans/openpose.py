"""OpenPose (Cao et al., CVPR 2017) in its two ports to PyTorch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from app.inference.bottom_up_card import (
    BODY25_FIELDS,
    BODY25_LIMBS,
    COCO18_FIELDS,
    COCO18_LIMBS,
    GroupingSpec,
    PartAffinity,
)
from export.plans.names import Dialect, Names
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from models.openpose import Branch, Conv, OpenPose

HZZONE = re.compile(
    r"(?:model\d+(?:_\d)?\.)?(?:"
    r"conv(?P<block>\d)_(?P<layer>\d)(?:_CPM)?|"
    r"conv5_(?P<first>\d)_CPM_L(?P<part1>\d)|"
    r"Mconv(?P<later>\d)_stage(?P<stage>\d+)_L(?P<part>\d)"
    r")\.(?P<leaf>weight|bias)"
)
"""Names of the port by Hzzone; in the published file those of the modules are missing."""
BEFORE = {"1": 0, "2": 2, "3": 4, "4": 8}
"""Number of VGG-19's convolutions before each of its blocks."""
SKELETONS = {(18, 38): "openpose18", (25, 52): "body25"}
"""Skeletons by the numbers of keypoints and of fields."""
RTPOSE = re.compile(r"(?P<module>model\d+(?:_\d)?)\.(?P<layer>\d+)\.(?P<leaf>weight|bias)")
"""Names of the port by tensorboy: positions among convolutions, ReLUs and poolings."""


@dataclass(frozen=True, slots=True)
class OpenPosePlan(Plan):
    """The arguments of an OpenPose."""

    features: Branch
    stages: tuple[tuple[Branch, Branch], ...]
    port: Literal["hzzone", "tensorboy"]

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "bottom-up"
    outputs: ClassVar[tuple[str, ...]] = ("fields", "heatmaps")

    @property
    def name(self) -> str:
        """The usual name."""
        return "OpenPose VGG-19"

    @property
    def maps(self) -> int:
        """Number of keypoints: one heatmap is the background's."""
        return self.stages[-1][1][-1].maps - 1

    @property
    def usual(self) -> Mapping[str, str]:
        """Whether the last heatmaps are clipped to be positive, as the port by Hzzone does."""
        return {"last_relu": "yes" if self.port == "hzzone" else "no"}

    @property
    def multiple(self) -> int:
        """Divisor of input width and height: the stride."""
        return 8

    @property
    def card(self) -> UsualCard:
        """BGR divided by 256, less a half; the ports scale pictures to a height of 184 or a short side of 368."""
        side = 184 if self.port == "hzzone" else 368
        name = SKELETONS.get(self._counts)
        return UsualCard(size=(side, side), color="bgr", mean=(128.0,) * 3, std=(256.0,) * 3, skeleton=name)

    @property
    def _counts(self) -> tuple[int, int]:
        return self.maps, self.stages[-1][0][-1].maps

    def grouping(self, dialect: Dialect) -> GroupingSpec | None:
        """By part affinity fields; None if no known set of limbs has this number of fields."""
        name = SKELETONS.get(self._counts)
        if name is None:
            return None
        limbs, fields = (COCO18_LIMBS, COCO18_FIELDS) if name == "openpose18" else (BODY25_LIMBS, BODY25_FIELDS)
        min_score = 0.4 if self.port == "hzzone" else 0.3
        return PartAffinity(dialect=self.port, limbs=limbs, fields=fields, min_score=min_score)

    def build(self, last_relu: Literal["yes", "no"] = "no") -> OpenPose:  # type: ignore[override]
        """The network."""
        return OpenPose(self.features, self.stages, last_relu == "yes")


def hzzone_names(bare: Names) -> tuple[Names, Dialect]:
    """Maps the names of the port by Hzzone to the numbers of the convolutions."""
    own = {}
    for name, text in bare.items():
        found = HZZONE.fullmatch(text)
        if found is None:
            own[name] = text
        elif found["stage"]:
            own[name] = f"model{found['stage']}_{found['part']}.{int(found['later']) - 1}.{found['leaf']}"
        elif found["first"]:
            own[name] = f"model1_{found['part1']}.{int(found['first']) - 1}.{found['leaf']}"
        else:
            own[name] = f"model0.{BEFORE.get(found['block'], 99) + int(found['layer']) - 1}.{found['leaf']}"
    return own, "original"


def rtpose_names(bare: Names) -> tuple[Names, Dialect]:
    """Maps the names of the port by tensorboy to the numbers of the convolutions."""
    found = {name: match for name, text in bare.items() if (match := RTPOSE.fullmatch(text))}
    layers: dict[str, set[int]] = {}
    for match in found.values():
        layers.setdefault(match["module"], set()).add(int(match["layer"]))
    own = dict(bare)
    for name, match in found.items():
        number = sorted(layers[match["module"]]).index(int(match["layer"]))
        own[name] = f"{match['module']}.{number}.{match['leaf']}"
    return own, "original"


def read_hzzone(shapes: Shapes) -> OpenPosePlan:
    """The plan of the port by Hzzone; raises UnknownArchitecture if the ``shapes`` are of another network."""
    return _read(shapes, "hzzone")


def read_rtpose(shapes: Shapes) -> OpenPosePlan:
    """The plan of the port by tensorboy; raises UnknownArchitecture if the ``shapes`` are of another network."""
    return _read(shapes, "tensorboy")


def _read(shapes: Shapes, port: Literal["hzzone", "tensorboy"]) -> OpenPosePlan:
    require(shapes, "model0.0", "model1_1.0", "model1_2.0")
    modules = {name.partition(".")[0] for name in shapes}
    number = 1
    while f"model{number + 1}_1" in modules:
        number += 1
    stages = tuple(
        (_branch(shapes, f"model{index}_1"), _branch(shapes, f"model{index}_2")) for index in range(1, number + 1)
    )
    if stages[-1][1][-1].maps < 2:
        raise UnknownArchitecture("{count} heatmaps, background included", count=stages[-1][1][-1].maps)
    return OpenPosePlan(_branch(shapes, "model0"), stages, port)


def _branch(shapes: Shapes, prefix: str) -> Branch:
    require(shapes, f"{prefix}.0")
    layers = [conv(shapes, f"{prefix}.{index}") for index in range(count(shapes, f"{prefix}."))]
    return tuple(Conv(shape[0], shape[2]) for shape in layers)


def _published(port: Literal["hzzone", "tensorboy"]) -> OpenPosePlan:
    widths = (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 256, 128)
    first = (Conv(128, 3),) * 3 + (Conv(512, 1),)
    later = (Conv(128, 7),) * 5 + (Conv(128, 1),)
    stages = tuple(((*layers, Conv(38, 1)), (*layers, Conv(19, 1))) for layers in (first, *(later,) * 5))
    return OpenPosePlan(tuple(Conv(width, 3) for width in widths), stages, port)


KIND = Kind("OpenPose", ("conv4_4_CPM", "Mconv7_stage2_L2"), read_hzzone, _published("hzzone"), hzzone_names)
RTPOSE_KIND = Kind("OpenPose (rtpose)", ("model0", "model1_2"), read_rtpose, _published("tensorboy"), rtpose_names)
