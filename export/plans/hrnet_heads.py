"""HRNets with MMPose's heads that are not heatmaps: SimCC, RTMPose's, regression and integral regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from export.plans.hrnet import USUAL_FIRST, Branches, branches, usual_stages
from export.plans.mmpose_heads import SimCCHeadPlan
from export.plans.plan import Kind
from export.plans.shapes import Shapes, UnknownArchitecture, require
from export.plans.top_down import TRAINING, BackbonePlan, TopDownPlan, backbone_shapes, top_down_names, with_head
from models.branches import Fusing
from models.head import Head
from models.hrnet import HRNetBackbone


@dataclass(frozen=True, slots=True)
class HRNetBackbonePlan(BackbonePlan):
    """The arguments of an HRNet whose features are the finest branch, or all of them if ``merged``."""

    trunk: Branches
    merged: bool = False

    @property
    def name(self) -> str:
        """HRNet and the width of the finest branch, such as HRNet-W32."""
        return f"HRNet{'V2' if self.merged else ''}-W{self.trunk.width}"

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        channels = self.trunk.stages[-1].channels
        return sum(channels) if self.merged else channels[0]

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 4

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the branches match."""
        return self.trunk.multiple

    @property
    def usual(self) -> Mapping[str, str]:
        """The upsampling of coarse branches."""
        return {"fusing": "bilinear" if self.merged else "nearest"}

    def build(self, fusing: Fusing = "nearest", **choices: str) -> HRNetBackbone:  # type: ignore[override]
        """The backbone."""
        trunk = self.trunk
        return HRNetBackbone(trunk.stem, trunk.first, trunk.stages, trunk.rows, fusing, self.merged)


def read(shapes: Shapes) -> TopDownPlan:
    """The plan of such a network; raises UnknownArchitecture if the ``shapes`` are of another one."""
    inner = backbone_shapes(shapes)
    require(inner, "stage2.0.branches", "conv2")
    trunk = branches(inner)
    try:
        return with_head(HRNetBackbonePlan(trunk), shapes, heatmaps=False)
    except UnknownArchitecture:
        if trunk.rows < len(trunk.stages[-1].planes):
            raise
        return with_head(HRNetBackbonePlan(trunk, merged=True), shapes, heatmaps=False)


KIND = Kind(
    "HRNet with coordinates",
    ("backbone.stage2", "backbone.transition1"),
    read,
    TopDownPlan(
        HRNetBackbonePlan(Branches(64, USUAL_FIRST, usual_stages(32), 1)),
        SimCCHeadPlan(Head(17), 64 * 48, (384, 512), wrapped=False),
    ),
    top_down_names,
    TRAINING,
)
