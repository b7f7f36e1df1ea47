"""HRFormer as MMPose's backbone (Yuan et al., NeurIPS 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.heads import residual
from export.plans.hrnet import Branches
from export.plans.hrnet_heads import HRNetBackbonePlan
from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, conv, count, require
from export.plans.swin import window_side
from export.plans.top_down import TopDownPlan, kind
from models.branches import Fusing
from models.head import Head
from models.hrformer import FormerStage, HRFormer
from models.hrnet import Stage
from models.resnet import BasicBlock, Bottleneck

SIZES = {32: "small", 78: "base"}
"""The published sizes by width of the finest branch."""


@dataclass(frozen=True, slots=True)
class HRFormerPlan(HRNetBackbonePlan):
    """The arguments of an HRFormer."""

    @property
    def name(self) -> str:
        """HRFormer and its size, such as HRFormer-small."""
        return f"HRFormer-{SIZES.get(self.trunk.width, self.trunk.width)}"

    @property
    def usual(self) -> dict[str, str]:
        """The upsampling of coarse branches."""
        return {"fusing": "bilinear"}

    def build(self, fusing: Fusing = "bilinear", **choices: str) -> HRFormer:  # type: ignore[override]
        """The backbone."""
        trunk = self.trunk
        return HRFormer(trunk.stem, trunk.first, trunk.stages, trunk.rows, fusing, self.merged)


def read(shapes: Shapes) -> HRFormerPlan:
    """The plan of an HRFormer; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "stage2.0.branches.0.0.attn.attn.qkv", "stage2.0.branches.0.0.ffn.dw3x3", "conv2")
    number = count(shapes, "stage", start=2)
    stages = tuple(_stage(shapes, f"stage{index + 2}") for index in range(number))
    last = f"stage{number + 1}.{stages[-1].modules - 1}"
    rows = count(shapes, f"{last}.fuse_layers.")
    return HRFormerPlan(Branches(conv(shapes, "conv1")[0], residual(shapes, "layer1"), stages, rows))


def _stage(shapes: Shapes, prefix: str) -> Stage:
    branches = [f"{prefix}.0.branches.{branch}" for branch in range(count(shapes, f"{prefix}.0.branches."))]
    windows = [window_side(shapes, f"{branch}.0.attn.attn.relative_position_bias_table") for branch in branches]
    feeds = [conv(shapes, f"{branch}.0.ffn.fc1") for branch in branches]
    return FormerStage(
        count(shapes, f"{prefix}."),
        tuple(shape[1] for shape in feeds),
        tuple(count(shapes, f"{branch}.") for branch in branches),
        BasicBlock,
        tuple(heads for _, heads in windows),
        tuple(side for side, _ in windows),
        tuple(shape[0] for shape in feeds),
    )


def _usual_stage(modules: int, branches: int) -> FormerStage:
    powers = tuple(2**branch for branch in range(branches))
    planes, hidden = tuple(32 * power for power in powers), tuple(128 * power for power in powers)
    return FormerStage(modules, planes, (2,) * branches, BasicBlock, powers, (7,) * branches, hidden)


KIND = kind(
    "HRFormer",
    ("stage2.0.branches.0.0.attn.attn.qkv", "ffn.dw3x3"),
    read,
    TopDownPlan(
        HRFormerPlan(
            Branches(
                64,
                Stage(1, (64,), (2,), Bottleneck),
                tuple(_usual_stage(*numbers) for numbers in ((1, 2), (4, 3), (2, 4))),
                1,
            )
        ),
        HeatmapHeadPlan(Head(17)),
    ),
)
