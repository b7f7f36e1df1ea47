"""Lite-HRNet (Yu et al., CVPR 2021) as MMPose's backbone."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, conv, count, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.head import Head
from models.lite_hrnet import LiteHRNet, LiteStage, LiteStem

DEPTHS: dict[tuple[int, ...], int] = {(2, 4, 2): 18, (3, 8, 3): 30}
"""The published depths by the numbers of modules."""
WEIGHTING = "layers.0.cross_resolution_weighting"


@dataclass(frozen=True, slots=True)
class LiteHRNetPlan(BackbonePlan):
    """The arguments of a Lite-HRNet."""

    stem: LiteStem
    stages: tuple[LiteStage, ...]
    iterative: bool = True

    @property
    def name(self) -> str:
        """Lite-HRNet and its depth, such as Lite-HRNet-18; naive without weighting."""
        modules = tuple(stage.modules for stage in self.stages)
        naive = "" if any(stage.across for stage in self.stages) else "Naive "
        return f"{naive}Lite-HRNet-{DEPTHS.get(modules, modules)}"

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 4

    @property
    def multiple(self) -> int:
        """Divisor of the image's width and height that makes the sizes of the branches match."""
        return 2 ** (len(self.stages[-1].channels) + 1)

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1].channels[0]

    def build(self, **choices: str) -> LiteHRNet:
        """The backbone; it has no choices."""
        return LiteHRNet(self.stem, self.stages, self.iterative)


def read(shapes: Shapes) -> LiteHRNetPlan:
    """The plan of a Lite-HRNet; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "stem.conv1.conv", "stem.branch1.1.conv", "stem.linear_conv", "stage0.0.layers.0")
    stem = LiteStem(
        conv(shapes, "stem.conv1.conv")[0],
        conv(shapes, "stem.branch1.1.conv")[0],
        conv(shapes, "stem.expand_conv.conv")[0],
        conv(shapes, "stem.linear_conv.conv")[0],
    )
    stages = tuple(_stage(shapes, f"stage{number}") for number in range(count(shapes, "stage")))
    return LiteHRNetPlan(stem, stages, "head_layer.projects.0.pointwise_conv.conv.weight" in shapes)


def _stage(shapes: Shapes, prefix: str) -> LiteStage:
    modules, fused = count(shapes, f"{prefix}."), any(name.startswith(f"{prefix}.0.fuse_layers.") for name in shapes)
    block = f"{prefix}.0.layers.0"
    if f"{prefix}.0.{WEIGHTING}.conv1.conv.weight" not in shapes:
        branches = range(count(shapes, f"{prefix}.0.layers."))
        halves = [conv(shapes, f"{prefix}.0.layers.{branch}.0.branch2.0.conv")[0] for branch in branches]
        return LiteStage(modules, tuple(2 * half for half in halves), count(shapes, f"{block}."), fused=fused)
    branches = range(count(shapes, f"{block}.depthwise_convs."))
    return LiteStage(
        modules,
        tuple(2 * conv(shapes, f"{block}.depthwise_convs.{branch}.conv")[0] for branch in branches),
        count(shapes, f"{prefix}.0.layers."),
        conv(shapes, f"{prefix}.0.{WEIGHTING}.conv1.conv")[0],
        tuple(conv(shapes, f"{block}.spatial_weighting.{branch}.conv1.conv")[0] for branch in branches),
        fused,
    )


def _usual_stage(modules: int, branches: int) -> LiteStage:
    channels = tuple(40 * 2**branch for branch in range(branches))
    return LiteStage(modules, channels, 2, sum(channels) // 16, tuple(width // 8 for width in channels))


KIND = kind(
    "Lite-HRNet",
    ("stage0.0.layers", "stem.linear_conv"),
    read,
    TopDownPlan(
        LiteHRNetPlan(LiteStem(32, 16, 32, 16), tuple(_usual_stage(*numbers) for numbers in ((2, 2), (4, 3), (2, 4)))),
        HeatmapHeadPlan(Head(17)),
    ),
)
