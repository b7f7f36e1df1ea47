"""ShuffleNet and ShuffleNetV2 as MMPose's backbones."""

from __future__ import annotations

from dataclasses import dataclass

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.head import Head, Layer
from models.shufflenet import ShuffleNetV1, ShuffleNetV2, ShuffleStage

COMPRESS, EXPAND = "g_conv_1x1_compress.conv", "g_conv_1x1_expand.conv"


@dataclass(frozen=True, slots=True)
class ShuffleNetV1Plan(BackbonePlan):
    """The arguments of a ShuffleNet."""

    stem: int
    stages: tuple[ShuffleStage, ...]
    groups: int
    first_groups: int

    @property
    def name(self) -> str:
        """ShuffleNetV1 and its number of groups."""
        return f"ShuffleNetV1 g{self.groups}"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1].outputs

    def build(self, **choices: str) -> ShuffleNetV1:
        """The backbone; it has no choices."""
        return ShuffleNetV1(self.stem, self.stages, self.groups, self.first_groups)


@dataclass(frozen=True, slots=True)
class ShuffleNetV2Plan(BackbonePlan):
    """The arguments of a ShuffleNetV2."""

    stem: int
    stages: tuple[ShuffleStage, ...]
    outputs: int

    @property
    def name(self) -> str:
        """ShuffleNetV2."""
        return "ShuffleNetV2"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.outputs

    def build(self, **choices: str) -> ShuffleNetV2:
        """The backbone; it has no choices."""
        return ShuffleNetV2(self.stem, self.stages, self.outputs)


def read_first(shapes: Shapes) -> ShuffleNetV1Plan:
    """The plan of a ShuffleNet; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "conv1.conv", f"layers.0.0.{COMPRESS}", f"layers.0.0.{EXPAND}")
    stem, stages = conv(shapes, "conv1.conv")[0], []
    for number in range(count(shapes, "layers.")):
        inner = conv(shapes, f"layers.{number}.0.{COMPRESS}")[0]
        stages.append(ShuffleStage(4 * inner, count(shapes, f"layers.{number}.")))
    _, per_group, _, _ = conv(shapes, f"layers.0.0.{EXPAND}")
    inner, inputs, _, _ = conv(shapes, f"layers.0.0.{COMPRESS}")
    return ShuffleNetV1Plan(stem, tuple(stages), inner // per_group, stem // inputs)


def read_second(shapes: Shapes) -> ShuffleNetV2Plan:
    """The plan of a ShuffleNetV2; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "conv1.conv", "layers.0.0.branch1.1.conv", "layers.0.0.branch2.2.conv")
    number = count(shapes, "layers.") - 1
    if f"layers.{number}.conv.weight" not in shapes:
        raise UnknownArchitecture("no {name}", name=f"layers.{number}.conv")
    stages = tuple(
        ShuffleStage(2 * conv(shapes, f"layers.{stage}.0.branch2.2.conv")[0], count(shapes, f"layers.{stage}."))
        for stage in range(number)
    )
    return ShuffleNetV2Plan(conv(shapes, "conv1.conv")[0], stages, conv(shapes, f"layers.{number}.conv")[0])


HEAD = HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 3))
FIRST = kind(
    "ShuffleNetV1",
    ("layers.0.0.g_conv_1x1_compress", "layers.0.0.g_conv_1x1_expand"),
    read_first,
    TopDownPlan(
        ShuffleNetV1Plan(24, (ShuffleStage(240, 4), ShuffleStage(480, 8), ShuffleStage(960, 4)), 3, 1),
        HEAD,
    ),
)
SECOND = kind(
    "ShuffleNetV2",
    ("layers.0.0.branch1.1.conv", "layers.0.0.branch2.2.conv"),
    read_second,
    TopDownPlan(
        ShuffleNetV2Plan(24, (ShuffleStage(116, 4), ShuffleStage(232, 8), ShuffleStage(464, 4)), 1024),
        HEAD,
    ),
)
