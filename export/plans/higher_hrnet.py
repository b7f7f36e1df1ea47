"""HigherHRNet (Cheng et al., CVPR 2020), SWAHR (Luo et al., CVPR 2021) and HRNet for associative embedding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from app.inference.bottom_up_card import COCO17_ORDER, AssociativeEmbedding, GroupingSpec
from export.plans import hrnet
from export.plans.heads import residual
from export.plans.hrnet import BranchedPlan, Branches, HRNetPlan, branches, usual_stages
from export.plans.names import Dialect
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from models.branches import Fusing
from models.head import DECONV_PADDING
from models.higher_hrnet import Finals, HigherHRNet, TagHRNet, Upsampling, WithoutScales
from models.resnet import BasicBlock

BODIES = (14, 15, 16, 17, 18, 19, 20, 25, 26, 133)
"""Numbers of keypoints of bodies; twice as many maps are heatmaps and tags, and never three for each keypoint."""


@dataclass(frozen=True, slots=True)
class HigherHRNetPlan(BranchedPlan):
    """The arguments of a HigherHRNet or SWAHR."""

    trunk: Branches
    finals: Finals
    upsamplings: tuple[Upsampling, ...]
    scales: tuple[int, ...] = ()

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "bottom-up"

    @property
    def name(self) -> str:
        """The usual name: HigherHRNet-W32, SWAHR-W32, or AE-HRNet-W32 without deconvolution."""
        family = "SWAHR" if self.scales else "HigherHRNet" if self.upsamplings else "AE-HRNet"
        return f"{family}-W{self.trunk.width}"

    @property
    def maps(self) -> int:
        """Number of keypoints: the first resolution has as many tags as heatmaps."""
        return self.finals.maps[0] // 2

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The maps of each resolution."""
        return tuple(f"maps{number}" for number in range(len(self.finals.maps)))

    def grouping(self, dialect: Dialect) -> GroupingSpec:
        """By tags, as the authors or MMPose 0.x do it; SWAHR has another threshold."""
        return AssociativeEmbedding(
            dialect="higherhrnet" if dialect == "original" else "mmpose0",
            order=COCO17_ORDER if self.maps == len(COCO17_ORDER) else (),
            threshold=0.12 if self.scales else 0.1,
        )

    def exported(self, network: nn.Module) -> nn.Module:
        """Without the maps of the persons' scale, which only training uses."""
        return WithoutScales(network, self.maps) if self.scales else network

    def build(self, fusing: Fusing = "nearest") -> HigherHRNet:  # type: ignore[override]
        """The network."""
        trunk = self.trunk
        return HigherHRNet(
            trunk.stem,
            trunk.first,
            trunk.stages,
            self.finals,
            self.upsamplings,
            trunk.rows,
            self.scales,
            fusing,
        )


@dataclass(frozen=True, slots=True)
class TagHRNetPlan(Plan):
    """The arguments of an HRNet whose one final convolution gives heatmaps and tags (MMPose 1.x)."""

    network: HRNetPlan

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "bottom-up"
    outputs: ClassVar[tuple[str, ...]] = ("heatmaps", "tags")

    @property
    def name(self) -> str:
        """The usual name, such as AE-HRNet-W32."""
        return f"AE-{self.network.name}"

    @property
    def maps(self) -> int:
        """Number of keypoints: half of the maps are tags."""
        return self.network.maps // 2

    @property
    def usual(self) -> Mapping[str, str]:
        """The upsampling of coarse branches."""
        return self.network.usual

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        return self.network.multiple

    @property
    def card(self) -> UsualCard:
        """Square pictures, as for the other networks."""
        return UsualCard(size=(512, 512))

    def grouping(self, dialect: Dialect) -> GroupingSpec:
        """By tags, as MMPose 1.x does it."""
        return AssociativeEmbedding(
            dialect="mmpose1",
            order=COCO17_ORDER if self.maps == len(COCO17_ORDER) else (),
            center_shift=0.5,
            tags_last=True,
        )

    def build(self, fusing: Fusing = "nearest") -> nn.Module:  # type: ignore[override]
        """The network."""
        plan = self.network
        return TagHRNet(plan.stem, plan.first, plan.stages, plan.head, plan.merged, plan.rows, fusing)


def read(shapes: Shapes) -> HigherHRNetPlan:
    """The plan of a HigherHRNet or SWAHR; raises UnknownArchitecture if the ``shapes`` are of neither."""
    require(shapes, "final_layers.0", "stage2.0.branches")
    number = count(shapes, "final_layers.")
    finals = [conv(shapes, f"final_layers.{index}") for index in range(number)]
    maps = tuple(shape[0] for shape in finals)
    if maps[0] % 2:
        raise UnknownArchitecture("an odd number of heatmaps and tags, {count}", count=maps[0])
    upsamplings = tuple(_upsampling(shapes, f"deconv_layers.{index}") for index in range(number - 1))
    scales = tuple(
        conv(shapes, f"conv_scale_layers.{index}.3")[2] for index in range(count(shapes, "conv_scale_layers."))
    )
    return HigherHRNetPlan(branches(shapes), Finals(maps, tuple(shape[2] for shape in finals)), upsamplings, scales)


def _upsampling(shapes: Shapes, prefix: str) -> Upsampling:
    deconv = conv(shapes, f"{prefix}.0.0")
    if deconv[2] not in DECONV_PADDING:
        raise UnknownArchitecture("a deconvolution of {side}x{side}", side=deconv[2])
    blocks = count(shapes, f"{prefix}.") - 1
    before = conv(shapes, f"final_layers.{prefix.rpartition('.')[2]}")
    block = residual(shapes, f"{prefix}.1").block if blocks else BasicBlock
    return Upsampling(deconv[1], deconv[2], blocks, deconv[0] == before[1] + before[0], block)


def read_tagged(shapes: Shapes) -> TagHRNetPlan:
    """The plan of an HRNet for associative embedding; raises UnknownArchitecture if the ``shapes`` are of none.

    Nothing but the number of maps tells it from a top-down HRNet: twice the keypoints of a body.
    """
    plan = hrnet.read(shapes)
    if plan.merged or plan.head.deconvs or plan.head.convs or plan.maps not in [2 * number for number in BODIES]:
        raise UnknownArchitecture("{count} maps, which are not heatmaps and tags of a body", count=plan.maps)
    return TagHRNetPlan(plan)


KIND = Kind(
    "HigherHRNet",
    ("stage2", "final_layers"),
    read,
    HigherHRNetPlan(
        Branches(64, hrnet.USUAL_FIRST, usual_stages(32), 1),
        Finals((34, 17), (1, 1)),
        (Upsampling(32, 4, 4, cat=True),),
    ),
)
TAGGED = Kind("AE-HRNet", ("stage2", "final_layer"), read_tagged, TagHRNetPlan(hrnet.hrnet(32, 34)))
