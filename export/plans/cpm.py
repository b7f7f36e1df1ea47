"""Convolutional pose machines (Wei et al., CVPR 2016), as MMPose builds them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch import nn

from export.plans.heads import stage_head
from export.plans.names import Dialect, Names
from export.plans.plan import Kind, Plan
from export.plans.shapes import Shapes, conv, count, require
from models.cpm import CPM, Layers
from models.head import Head
from models.staged import LastOutput


@dataclass(frozen=True, slots=True)
class CPMPlan(Plan):
    """The arguments of convolutional pose machines."""

    stem: Layers
    middle: Layers
    stages: tuple[Layers, ...]
    reduced: tuple[int, int]
    maps_out: int
    head: Head | None = None

    @property
    def name(self) -> str:
        """The usual name, with the number of stages."""
        return f"CPM-{len(self.stages) + 1}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps if self.head else self.maps_out

    @property
    def multiple(self) -> int:
        """Divisor of input width and height: the stride."""
        return 2 ** len(self.middle.channels)

    def build(self, **choices: str) -> CPM:
        """The network, which has no choices."""
        return CPM(self.stem, self.middle, self.stages, self.reduced, self.maps_out, self.head)

    def exported(self, network: nn.Module) -> nn.Module:
        """The heatmaps of the last stage."""
        return LastOutput(network)


def mmpose_names(bare: Names) -> tuple[Names, Dialect]:
    """The backbone's weights, and those of a head if it has any, in MMPose 0.x and 1.x."""
    dialect: Dialect = "mmpose 1.x"
    if any(text.startswith("keypoint_head.") for text in bare.values()):
        dialect = "mmpose 0.x"
    return {name: re.sub(r"^(backbone|head|keypoint_head)\.", "", text) for name, text in bare.items()}, dialect


def read(shapes: Shapes) -> CPMPlan:
    """The plan of pose machines whose weights have these ``shapes``; raises UnknownArchitecture if they have not."""
    require(shapes, "stem.0.conv", "middle.0.conv", "cpm_stages.0.model", "middle_conv.0.0")
    stem, middle = _layers(shapes, "stem"), _layers(shapes, "middle")
    stages = tuple(_layers(shapes, f"cpm_stages.{number}.model") for number in range(count(shapes, "cpm_stages.")))
    reduced = conv(shapes, "middle_conv.0.0.conv")
    before_last = Layers(stem.channels[:-1], stem.kernels[:-1])
    own_head = stage_head(shapes) if "multi_final_layers.0.weight" in shapes else None
    return CPMPlan(before_last, middle, stages, (reduced[0], reduced[2]), stem.channels[-1], own_head)


def _layers(shapes: Shapes, prefix: str) -> Layers:
    """The convolutions of a sequence, some of whose numbers are poolings."""
    present = {name.removeprefix(f"{prefix}.").partition(".")[0] for name in shapes if name.startswith(f"{prefix}.")}
    numbers = sorted(int(number) for number in present if number.isdecimal())
    found = [conv(shapes, f"{prefix}.{number}.conv") for number in numbers]
    return Layers(tuple(shape[0] for shape in found), tuple(shape[2] for shape in found))


KIND = Kind(
    "CPM",
    ("cpm_stages", "middle_conv"),
    read,
    CPMPlan(
        Layers((128, 128, 128, 32, 512, 512), (9, 9, 9, 5, 9, 1)),
        Layers((128,) * 3, (9,) * 3),
        (Layers((128,) * 3, (11,) * 3),) * 5,
        (32, 5),
        17,
    ),
    mmpose_names,
)
