"""ResNets with MMPose's heads that are not heatmaps: DeepPose, RLE, SimCC and integral regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from export.plans.mmpose_heads import RegressionHeadPlan
from export.plans.shapes import Shapes
from export.plans.simple_baseline import RESNET50, ResNetPlan, resnet
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.resnet import ResNet, Style


@dataclass(frozen=True, slots=True)
class ResNetBackbone(BackbonePlan):
    """The arguments of a ResNet."""

    plan: ResNetPlan

    @property
    def name(self) -> str:
        """The usual name: ResNet-50."""
        return self.plan.name

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 2 ** (len(self.plan.blocks) + 1)

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.plan.width * 2 ** (len(self.plan.blocks) - 1) * self.plan.block.expansion

    @property
    def usual(self) -> Mapping[str, str]:
        """The position of a bottleneck's stride."""
        return self.plan.usual

    def build(self, style: Style = "pytorch", **choices: str) -> ResNet:  # type: ignore[override]
        """The backbone."""
        return ResNet(self.plan.block, self.plan.blocks, self.plan.width, style)


def read(shapes: Shapes) -> ResNetBackbone:
    """The plan of a ResNet; raises UnknownArchitecture if the ``shapes`` are of none."""
    return ResNetBackbone(resnet(shapes))


KIND = kind(
    "DeepPose",
    ("layer1.0.conv1.weight", "fc.weight"),
    read,
    TopDownPlan(ResNetBackbone(RESNET50), RegressionHeadPlan(17)),
    heatmaps=False,
)
