"""CSPNeXt, the backbone of RTMPose (Lyu et al., 2022; Jiang et al., 2023)."""

from __future__ import annotations

from dataclasses import dataclass

from app.inference.model_card import Codec, Heatmap
from export.plans.mmpose_heads import RTMHeadPlan
from export.plans.shapes import Shapes, conv, count, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.csp_next import CSPNeXt, CSPStage
from models.rtm_head import RTMHeadShape

SIZES = {384: "t", 512: "s", 768: "m", 1024: "l", 1280: "x"}
"""The published sizes by number of channels of the features."""


@dataclass(frozen=True, slots=True)
class CSPNeXtPlan(BackbonePlan):
    """The arguments of a CSPNeXt."""

    stem: tuple[int, ...]
    stages: tuple[CSPStage, ...]

    @property
    def name(self) -> str:
        """CSPNeXt and its size, such as CSPNeXt-s."""
        return f"CSPNeXt-{SIZES.get(self.features, self.features)}"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1].channels

    @property
    def codec(self) -> Codec:
        """Heatmaps aligned by size - 1, as MMPose's CSPNeXt networks with heatmaps are trained."""
        return Heatmap("udp")

    def build(self, **choices: str) -> CSPNeXt:
        """The backbone; it has no choices."""
        return CSPNeXt(self.stem, self.stages)


def read(shapes: Shapes) -> CSPNeXtPlan:
    """The plan of a CSPNeXt; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "stem.0.conv", "stage4.0.conv")
    stem = tuple(conv(shapes, f"stem.{number}.conv")[0] for number in range(count(shapes, "stem.")))
    stages = tuple(_stage(shapes, f"stage{number + 1}") for number in range(count(shapes, "stage", start=1)))
    return CSPNeXtPlan(stem, stages)


def _stage(shapes: Shapes, prefix: str) -> CSPStage:
    last = f"{prefix}.{count(shapes, f'{prefix}.') - 1}"
    pooled = conv(shapes, f"{prefix}.1.conv1.conv")[0] if f"{prefix}.1.conv1.conv.weight" in shapes else 0
    return CSPStage(
        conv(shapes, f"{prefix}.0.conv")[0],
        conv(shapes, f"{last}.main_conv.conv")[0],
        count(shapes, f"{last}.blocks."),
        conv(shapes, f"{last}.blocks.0.conv2.depthwise_conv.conv")[2],
        pooled,
        f"{last}.attention.fc.weight" in shapes,
    )


RTMPOSE_S = TopDownPlan(
    CSPNeXtPlan(
        (16, 16, 32),
        (
            CSPStage(64, 32, 1),
            CSPStage(128, 64, 2),
            CSPStage(256, 128, 2),
            CSPStage(512, 256, 1, pooled=256),
        ),
    ),
    RTMHeadPlan(RTMHeadShape(17, 7, 48, 256, 128, 512, (384, 512))),
)
"""RTMPose-s."""

KIND = kind("RTMPose", ("stem.0.conv.weight", "stage4.0.conv"), read, RTMPOSE_S)
