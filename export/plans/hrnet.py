"""HRNet and HRNetV2 (Sun et al., CVPR 2019; Wang et al., TPAMI 2020)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from export.plans.heads import head, head_inputs, residual
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from models.branches import Fusing
from models.head import Head
from models.hrnet import HRNet, Stage
from models.resnet import Bottleneck, Style

WIDE = 48
"""Networks for whole pictures with branches of this width and more are published for larger pictures."""


@dataclass(frozen=True, slots=True)
class HRNetPlan(Plan):
    """The arguments of an HRNet."""

    stem: int
    first: Stage
    stages: tuple[Stage, ...]
    head: Head
    merged: bool
    rows: int

    @property
    def name(self) -> str:
        """HRNet and the width of the finest branch, such as HRNet-W32."""
        return f"HRNet{'V2' if self.merged else ''}-W{self.stages[-1].planes[0]}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps

    @property
    def usual_fusing(self) -> Fusing:
        """Upsampling used by the published networks of this kind."""
        return "bilinear" if self.merged else "nearest"

    @property
    def usual(self) -> Mapping[str, str]:
        """The upsampling of coarse branches."""
        return {"fusing": self.usual_fusing}

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the branches match."""
        return 2 ** (len(self.stages[-1].planes) + 1)

    def build(self, style: Style = "pytorch", fusing: Fusing = "nearest") -> HRNet:  # type: ignore[override]
        """The network; it has no Caffe style, so ``style`` changes nothing."""
        return HRNet(self.stem, self.first, self.stages, self.head, self.merged, self.rows, fusing)


@dataclass(frozen=True, slots=True)
class Branches:
    """The part of an HRNet before its head: arguments of ``HRNet``."""

    stem: int
    first: Stage
    stages: tuple[Stage, ...]
    rows: int

    @property
    def width(self) -> int:
        """Width of the finest branch, by which the published networks are named."""
        return self.stages[-1].planes[0]

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the branches match."""
        return 2 ** (len(self.stages[-1].planes) + 1)


class BranchedPlan(Plan):
    """A network whose ``trunk`` is an HRNet without its head; subclasses are frozen dataclasses."""

    __slots__ = ()

    trunk: Branches

    @property
    def usual(self) -> Mapping[str, str]:
        """The upsampling of coarse branches."""
        return {"fusing": "nearest"}

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the branches match."""
        return self.trunk.multiple

    @property
    def card(self) -> UsualCard:
        """Square pictures of 512, or of 640 pixels for wide networks, as published."""
        return UsualCard(size=(640, 640) if self.trunk.width >= WIDE else (512, 512))


def branches(shapes: Shapes) -> Branches:
    """The stem and the stages, from the shapes by the names of ``pose_hrnet``."""
    stem = conv(shapes, "conv1")[0]
    first = residual(shapes, "layer1")
    number = count(shapes, "stage", start=2)
    stages = tuple(_stage(shapes, f"stage{index + 2}") for index in range(number))
    last = f"stage{number + 1}.{stages[-1].modules - 1}"
    return Branches(stem, first, stages, count(shapes, f"{last}.fuse_layers."))


def read(shapes: Shapes) -> HRNetPlan:
    """The plan of an HRNet whose weights have these ``shapes``; raises UnknownArchitecture if it is none."""
    if "final_layer.weight" not in shapes:
        raise UnknownArchitecture("no layer whose output is heatmaps")
    if "stage2.0.branches.0.0.conv1.weight" not in shapes and "layer1.0.conv1.weight" not in shapes:
        raise UnknownArchitecture("neither stage2 nor layer1")
    conv(shapes, "conv1")
    require(shapes, "stage2.0.branches")
    trunk = branches(shapes)
    channels = trunk.stages[-1].channels
    own_head = head(shapes)
    inputs = head_inputs(shapes)
    if inputs == channels[0] and len(channels) > 1:
        merged = False
    elif inputs == sum(channels):
        merged = True
    else:
        raise UnknownArchitecture(
            "a head for {count} maps, but the branches have {channels}",
            count=inputs,
            channels=", ".join(map(str, channels)),
        )
    return HRNetPlan(trunk.stem, trunk.first, trunk.stages, own_head, merged, trunk.rows)


def _stage(shapes: Shapes, prefix: str) -> Stage:
    modules = count(shapes, f"{prefix}.")
    number = count(shapes, f"{prefix}.0.branches.")
    layers = [residual(shapes, f"{prefix}.0.branches.{branch}") for branch in range(number)]
    planes = tuple(layer.planes[0] for layer in layers)
    return Stage(modules, planes, tuple(layer.blocks[0] for layer in layers), layers[0].block)


def usual_stages(width: int) -> tuple[Stage, ...]:
    """The stages of the published networks with ``width`` channels in the finest branch."""
    planes = tuple(width * 2**branch for branch in range(4))
    return tuple(Stage(modules, planes[:number], (4,) * number) for modules, number in ((1, 2), (4, 3), (3, 4)))


USUAL_FIRST = Stage(1, (64,), (4,), Bottleneck)
"""layer1 of the published networks."""


def hrnet(width: int, keypoints: int = 17) -> HRNetPlan:
    """HRNet with ``width`` channels in its finest branch, as published."""
    return HRNetPlan(64, USUAL_FIRST, usual_stages(width), Head(keypoints), merged=False, rows=1)


KIND = Kind("HRNet", ("conv1.weight", "final_layer"), read, hrnet(32))
