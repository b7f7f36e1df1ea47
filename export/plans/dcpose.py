"""DCPose with residual steps blocks over an HRNet (Liu et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from export.plans import hrnet
from export.plans.hrnet import HRNetPlan
from export.plans.plan import GRID_SAMPLE_OPSET, Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, part, require
from models.branches import Fusing
from models.dcpose import DCPose, DCPoseShape, Step

ROUGH = "rough_pose_estimation_net"


@dataclass(frozen=True, slots=True)
class DCPosePlan(Plan):
    """The arguments of a DCPose."""

    rough: HRNetPlan
    shape: DCPoseShape

    task: ClassVar[Literal["top-down", "bottom-up", "part", "temporal"]] = "temporal"
    min_opset: ClassVar[int] = GRID_SAMPLE_OPSET

    @property
    def name(self) -> str:
        """DCPose and its HRNet, such as DCPose HRNet-W48."""
        return f"DCPose {self.rough.name}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.shape.keypoints

    @property
    def usual(self) -> Mapping[str, str]:
        """The upsampling of coarse branches."""
        return self.rough.usual

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        return self.rough.multiple

    @property
    def card(self) -> UsualCard:
        """The values of the authors' settings."""
        return UsualCard(size=(288, 384))

    def build(self, fusing: Fusing = "nearest") -> DCPose:  # type: ignore[override]
        """The network."""
        return DCPose(self.rough.build(fusing=fusing), self.shape)

    def exported(self, network: nn.Module) -> nn.Module:
        """The heatmaps by all three frames, the earlier and the later one at the same distance."""
        return EqualMargins(network)


class EqualMargins(nn.Module):
    """A DCPose that takes the crops alone; the earlier and the later frame are one frame away."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor) -> Tensor:
        """(N, 9, H, W) to heatmaps (N, K, H / 4, W / 4)."""
        return self.network(frames, torch.ones(1, 2))[1]


def read(shapes: Shapes) -> DCPosePlan:
    """The plan of a DCPose; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, ROUGH, "offsets_list.0.0", "masks_list.0.0", "modulated_deform_conv_list.0.deform_conv")
    rough = hrnet.read(part(shapes, ROUGH))
    shape = DCPoseShape(
        conv(shapes, "modulated_deform_conv_list.0.deform_conv")[0],
        _steps(shapes, "diff_temporal_fuse"),
        _steps(shapes, "support_temporal_fuse"),
        _steps(shapes, "offset_mask_combine_conv"),
        count(shapes, "offsets_list."),
    )
    inputs = shape.differences[0].inputs, shape.merged[0].inputs
    if inputs != (4 * shape.keypoints, 3 * shape.keypoints) or rough.maps != shape.keypoints:
        raise UnknownArchitecture(
            "{count} maps of each frame for {keypoints} keypoints", count=rough.maps, keypoints=shape.keypoints
        )
    return DCPosePlan(rough, shape)


def _steps(shapes: Shapes, prefix: str) -> tuple[Step, ...]:
    return tuple(_step(shapes, f"{prefix}.layers.{number}") for number in range(count(shapes, f"{prefix}.layers.")))


def _step(shapes: Shapes, prefix: str) -> Step:
    return Step(
        conv(shapes, f"{prefix}.conv_bn_relu1.conv")[1],
        conv(shapes, f"{prefix}.conv_bn_relu2_1_1.conv")[0],
        conv(shapes, f"{prefix}.conv_bn_relu3.conv")[0],
    )


KIND = Kind(
    "DCPose",
    (ROUGH, "offsets_list", "masks_list"),
    read,
    DCPosePlan(
        hrnet.hrnet(48),
        DCPoseShape(
            17,
            (Step(68, 27, 34), Step(34, 13, 34)),
            (Step(51, 20, 17),),
            (Step(51, 20, 64), Step(64, 26, 64)),
            5,
        ),
    ),
    lambda bare: (bare, "original"),
)
