"""DEKR (Geng et al., CVPR 2021) and its rescoring network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from app.inference.bottom_up_card import CenterOffsets, GroupingSpec
from export.plans.heads import residual
from export.plans.hrnet import USUAL_FIRST, BranchedPlan, Branches, branches, usual_stages
from export.plans.names import Dialect
from export.plans.plan import GRID_SAMPLE_OPSET, Kind, Plan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, linear, require
from models.branches import Fusing
from models.dekr import DEKR, DEKRHeads, PoseRescore
from models.resnet import BasicBlock


@dataclass(frozen=True, slots=True)
class DEKRPlan(BranchedPlan):
    """The arguments of a DEKR."""

    trunk: Branches
    heads: DEKRHeads

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "bottom-up"
    outputs: ClassVar[tuple[str, ...]] = ("heatmaps", "offsets")
    min_opset: ClassVar[int] = GRID_SAMPLE_OPSET

    @property
    def name(self) -> str:
        """The usual name, such as DEKR-W32."""
        return f"DEKR-W{self.trunk.width}"

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.heads.keypoints

    def grouping(self, dialect: Dialect) -> GroupingSpec:
        """By the offsets from the centers."""
        return CenterOffsets()

    def build(self, fusing: Fusing = "nearest") -> DEKR:  # type: ignore[override]
        """The network."""
        trunk = self.trunk
        return DEKR(trunk.stem, trunk.first, trunk.stages, self.heads, trunk.rows, fusing)


@dataclass(frozen=True, slots=True)
class RescorePlan(Plan):
    """The arguments of DEKR's rescoring network, which takes poses and no picture."""

    inputs: int
    hidden: tuple[int, int]
    results: int = 1

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "part"
    outputs: ClassVar[tuple[str, ...]] = ("similarity",)

    @property
    def name(self) -> str:
        """What the network is."""
        return "DEKR pose rescoring"

    @property
    def maps(self) -> int:
        """One number per pose."""
        return self.results

    def build(self, **choices: str) -> nn.Module:
        """The network, which has no choices."""
        return PoseRescore(self.inputs, self.hidden, self.results)


def read(shapes: Shapes) -> DEKRPlan:
    """The plan of a DEKR whose weights have these ``shapes``; raises UnknownArchitecture if it is none."""
    require(shapes, "stage2.0.branches", "transition_heatmap.0", "offset_final_layer.0", "head_heatmap.1")
    keypoints = count(shapes, "offset_final_layer.")
    final = conv(shapes, "head_heatmap.1")
    if final[0] != keypoints + 1:
        raise UnknownArchitecture(
            "{count} heatmaps for {keypoints} keypoints and their center", count=final[0], keypoints=keypoints
        )
    layer = residual(shapes, "head_heatmap.0")
    heads = DEKRHeads(
        keypoints,
        conv(shapes, "transition_heatmap.0")[0],
        layer.blocks[0],
        layer.block,
        conv(shapes, "offset_final_layer.0")[1],
        count(shapes, "offset_feature_layers.0."),
        final[2],
    )
    return DEKRPlan(branches(shapes), heads)


def read_rescore(shapes: Shapes) -> RescorePlan:
    """The plan of the rescoring network; raises UnknownArchitecture if the ``shapes`` are of another one."""
    layers = [linear(shapes, f"l{number}") for number in (1, 2, 3)]
    return RescorePlan(layers[0][1], (layers[0][0], layers[1][0]), layers[2][0])


KIND = Kind(
    "DEKR",
    ("stage2", "head_heatmap", "offset_final_layer"),
    read,
    DEKRPlan(Branches(64, USUAL_FIRST, usual_stages(32), 4), DEKRHeads(17, 32, 1, BasicBlock, 15, 2)),
    unused=r".*\.regular_matrix",
)
RESCORE = Kind("DEKR rescoring", ("l1.weight", "l2.weight", "l3.weight"), read_rescore, RescorePlan(74, (256, 256)))
