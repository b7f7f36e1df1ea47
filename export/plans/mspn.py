"""MSPN (Li et al., 2019) and RSN (Cai et al., ECCV 2020), as MMPose builds them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch import nn

from export.plans.names import Dialect, Names, original_names
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, conv, count, require
from models.mspn import MSPN, Unit
from models.staged import LastOutput

BLOCKS: dict[tuple[int, ...], int] = {(3, 4, 6, 3): 50, (2, 2, 2, 2): 18}
"""Usual names of networks by the number of blocks."""


@dataclass(frozen=True, slots=True)
class MSPNPlan(Plan):
    """The arguments of an MSPN or RSN."""

    stem: int
    stages: tuple[tuple[Unit, ...], ...]
    width: int
    maps_out: int
    branches: int = 0
    refined: bool = False

    @property
    def name(self) -> str:
        """The usual name, such as 2xRSN-50."""
        blocks = tuple(len(unit.inner) for unit in self.stages[0])
        stages = f"{len(self.stages)}x" if len(self.stages) > 1 else ""
        return f"{stages}{'RSN' if self.branches else 'MSPN'}-{BLOCKS.get(blocks, blocks)}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.maps_out

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the resolutions whole numbers."""
        return 2 ** (len(self.stages[0]) + 1)

    @property
    def card(self) -> UsualCard:
        """MMPose does not shift the maps of a mirrored crop."""
        return UsualCard(flip_shift=False)

    def build(self, **choices: str) -> MSPN:
        """The network, which has no choices."""
        return MSPN(self.stem, self.stages, self.width, self.maps_out, self.branches, self.refined)

    def exported(self, network: nn.Module) -> nn.Module:
        """The finest heatmaps of the last stage."""
        return LastOutput(network)


def block_names(bare: Names) -> tuple[Names, Dialect]:
    """MMPose's names; the shortcuts of the bottlenecks are numbered as in ResNet."""
    names, dialect = original_names(bare)
    own = {}
    for name, text in names.items():
        if "multi_stage_mspn" in text:
            text = re.sub(r"(layer\d+\.\d+)\.downsample\.conv\.", r"\1.downsample.0.", text)
            text = re.sub(r"(layer\d+\.\d+)\.downsample\.bn\.", r"\1.downsample.1.", text)
        own[name] = text
    return own, dialect


def read(shapes: Shapes) -> MSPNPlan:
    """The plan of an MSPN or RSN whose weights have these ``shapes``; raises UnknownArchitecture if it is none."""
    require(shapes, "top.top.0", "predict_layers.0")
    family = "multi_stage_rsn" if any(name.startswith("multi_stage_rsn.") for name in shapes) else "multi_stage_mspn"
    require(shapes, f"{family}.0.downsample.layer1.0")
    branches = 0
    while f"{family}.0.downsample.layer1.0.conv_bn_relu2_{branches + 1}_1.conv.weight" in shapes:
        branches += 1
    stages = tuple(_units(shapes, f"{family}.{number}.downsample") for number in range(count(shapes, f"{family}.")))
    return MSPNPlan(
        conv(shapes, "top.top.0.conv")[0],
        stages,
        conv(shapes, f"{family}.0.upsample.up1.in_skip.conv")[0],
        conv(shapes, "predict_layers.0.conv_layers.1.conv")[0],
        branches,
        "predict_layers.0.prm.middle_path.0.weight" in shapes,
    )


def _units(shapes: Shapes, prefix: str) -> tuple[Unit, ...]:
    units = []
    for number in range(1, count(shapes, f"{prefix}.layer", start=1) + 1):
        layer = f"{prefix}.layer{number}"
        steps = f"{layer}.0.conv_bn_relu2_1_1.conv.weight" in shapes
        last, inside = ("conv_bn3.conv", "conv_bn_relu2_1_1.conv") if steps else ("conv3", "conv1")
        inner = [conv(shapes, f"{layer}.{block}.{inside}")[0] for block in range(count(shapes, f"{layer}."))]
        units.append(Unit(conv(shapes, f"{layer}.0.{last}")[0], tuple(inner)))
    return tuple(units)


RESNET50 = tuple(Unit(256 * 2**number, (64 * 2**number,) * blocks) for number, blocks in enumerate((3, 4, 6, 3)))
RSN18 = (Unit(64, (26, 26)), Unit(128, (26, 52)), Unit(256, (52, 104)), Unit(512, (104, 208)))
KIND = Kind("MSPN", ("multi_stage_mspn", "predict_layers"), read, MSPNPlan(64, (RESNET50,), 256, 17), block_names)
RSN_KIND = Kind("RSN", ("multi_stage_rsn", "predict_layers"), read, MSPNPlan(64, (RSN18,), 256, 17, 4), block_names)
