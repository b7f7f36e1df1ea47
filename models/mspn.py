"""MSPN (Li et al., 2019) and RSN (Cai et al., ECCV 2020): stages that go down to a 32nd of the size and up again.

The two differ in the blocks of the way down: bottlenecks, or residual steps blocks. As MMPose builds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.conv_block import ConvBlock
from models.resnet import Bottleneck


@dataclass(frozen=True, slots=True)
class Unit:
    """One resolution of the way down.

    ``channels`` are the output channels, ``inner`` the channels inside each block: the planes of a bottleneck, or those
    of one branch of a residual steps block.
    """

    channels: int
    inner: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Skips:
    """Layers that lead to the next stage: skips to its way down, and the input of its way down (0: none)."""

    skip: bool
    cross: int


class StepsBlock(nn.Module):
    """Residual steps block: branches of one, two and more 3x3 convolutions, each adding that of its neighbor.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        inner: Channels of a branch.
        branches: Number of branches.
        stride: Stride of the first convolution.
        projected: The shortcut is a convolution.
    """

    def __init__(self, inputs: int, outputs: int, inner: int, branches: int, stride: int, projected: bool) -> None:
        super().__init__()
        self.branches = branches
        self.conv_bn_relu1 = ConvBlock(inputs, inner * branches, 1, stride, activation=nn.ReLU())
        for branch in range(1, branches + 1):
            for step in range(1, branch + 1):
                self.add_module(f"conv_bn_relu2_{branch}_{step}", ConvBlock(inner, inner, 3, activation=nn.ReLU()))
        self.conv_bn3 = ConvBlock(inner * branches, outputs)
        self.downsample = ConvBlock(inputs, outputs, 1, stride) if projected else None
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        parts = self.conv_bn_relu1(x).chunk(self.branches, dim=1)
        before: list[Tensor] = []
        outputs = []
        for branch, seen in enumerate(parts, 1):
            steps: list[Tensor] = []
            for step in range(1, branch + 1):
                given = seen + before[step - 1] if step < branch else seen
                seen = self.get_submodule(f"conv_bn_relu2_{branch}_{step}")(given)
                steps.append(seen)
            before = steps
            outputs.append(seen)
        y = self.conv_bn3(torch.cat(outputs, dim=1))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class UpUnit(nn.Module):
    """One resolution of the way up: the features of the way down, and the resized output of the coarser unit."""

    def __init__(self, inputs: int, width: int, coarsest: bool, skips: Skips) -> None:
        super().__init__()
        self.in_skip = ConvBlock(inputs, width)
        self.up_conv = None if coarsest else ConvBlock(width, width)
        self.out_skip1 = ConvBlock(inputs, inputs, activation=nn.ReLU()) if skips.skip else None
        self.out_skip2 = ConvBlock(width, inputs, activation=nn.ReLU()) if skips.skip else None
        self.cross_conv = ConvBlock(width, skips.cross, activation=nn.ReLU()) if skips.cross else None
        self.relu = nn.ReLU()

    def forward(self, x: Tensor, coarser: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """(N, inputs, H, W) and (N, width, H / 2, W / 2) to (N, width, H, W) and the skip (N, inputs, H, W)."""
        y = self.in_skip(x)
        if self.up_conv is not None and coarser is not None:
            y = y + self.up_conv(_resized(coarser, x))
        y = self.relu(y)
        if self.out_skip1 is None or self.out_skip2 is None:
            return y, None
        return y, self.out_skip1(x) + self.out_skip2(y)


class Stage(nn.Module):
    """One stage: the way down, then the way up.

    Args:
        inputs: Input channels.
        units: The resolutions, fine to coarse.
        width: Channels of the way up.
        branches: Branches of the residual steps blocks; 0 for bottlenecks.
        skips: Layers that lead to the next stage.
    """

    def __init__(self, inputs: int, units: tuple[Unit, ...], width: int, branches: int, skips: Skips) -> None:
        super().__init__()
        down, up = {}, {}
        for number, unit in enumerate(units, 1):
            stride = 1 if number == 1 else 2
            down[f"layer{number}"] = nn.Sequential(*_unit_blocks(inputs, unit, stride, branches))
            inputs = unit.channels
            name = f"up{len(units) + 1 - number}"
            cross = skips.cross if number == 1 else 0
            up[name] = UpUnit(inputs, width, number == len(units), Skips(skips.skip, cross))
        self.downsample = nn.ModuleDict(down)
        self.upsample = nn.ModuleDict(dict(reversed(up.items())))

    def forward(self, x: Tensor, skips: list[Tensor]) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """The next stage's input, its skips and this stage's outputs.

        Args:
            x: (N, inputs, H, W).
            skips: Added to the outputs of the way down, fine to coarse; empty in the first stage.

        Returns:
            The outputs (N, width, h, w), coarse to fine; the skips, fine to coarse; the input of the next stage.
        """
        seen = []
        for number, layer in enumerate(self.downsample.values()):
            x = layer(x)
            if skips:
                x = x + skips[number]
            seen.append(x)
        outputs: list[Tensor] = []
        further: list[Tensor] = []
        for unit, finer in zip(self.upsample.values(), reversed(seen), strict=True):
            y, skip = unit(finer, outputs[-1] if outputs else None)
            outputs.append(y)
            further = [skip, *further] if skip is not None else []
        cross = getattr(unit, "cross_conv", None)
        return outputs, further, x if cross is None else cross(outputs[-1])


class Prediction(nn.Module):
    """Heatmaps from the output of a unit, of a given size; ``refined`` by RSN's pose refine machine."""

    def __init__(self, width: int, maps: int, refined: bool = False) -> None:
        super().__init__()
        self.conv_layers = nn.Sequential(ConvBlock(width, width, activation=nn.ReLU()), ConvBlock(width, maps, 3))
        self.prm = PoseRefineMachine(maps) if refined else None

    def forward(self, x: Tensor, finest: Tensor) -> Tensor:
        """(N, width, h, w) to (N, maps, H, W), the size of ``finest``."""
        maps = _resized(self.conv_layers(x), finest)
        return maps if self.prm is None else self.prm(maps)


class PoseRefineMachine(nn.Module):
    """Scales heatmaps by weights of their maps and of their cells (RSN's PRM; Cai et al., ECCV 2020)."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        dense = [[nn.Linear(maps, maps), nn.BatchNorm1d(maps), nn.ReLU()] for _ in range(2)]
        self.middle_path = nn.Sequential(*dense[0], *dense[1], nn.Sigmoid())
        self.bottom_path = nn.Sequential(ConvBlock(maps, maps, activation=nn.ReLU()), OneMap(maps), nn.Sigmoid())
        self.conv_bn_relu_prm_1 = ConvBlock(maps, maps, 3, activation=nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, maps, H, W) to the same shape."""
        x = self.conv_bn_relu_prm_1(x)
        across = self.middle_path(x.mean(dim=(2, 3)))[..., None, None]
        return x * (1 + across * self.bottom_path(x))


class OneMap(nn.Module):
    """A depthwise 9x9 convolution, then a 1x1 one to a single map."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.depthwise_conv = ConvBlock(maps, maps, 9, groups=maps, activation=nn.ReLU())
        self.pointwise_conv = ConvBlock(maps, 1, activation=nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, maps, H, W) to (N, 1, H, W)."""
        return self.pointwise_conv(self.depthwise_conv(x))


class MSPN(nn.Module):
    """MSPN or RSN from a crop to heatmaps of a quarter of its size.

    Args:
        stem: Output channels of the first convolution.
        stages: The resolutions of each stage, fine to coarse.
        width: Channels of the ways up.
        maps: Number of heatmaps.
        branches: Branches of RSN's residual steps blocks; 0 for MSPN.
        refined: Heatmaps go through RSN's pose refine machine.
    """

    def __init__(
        self,
        stem: int,
        stages: tuple[tuple[Unit, ...], ...],
        width: int,
        maps: int,
        branches: int = 0,
        refined: bool = False,
    ) -> None:
        super().__init__()
        self.top = nn.ModuleDict({"top": nn.Sequential(ConvBlock(3, stem, 7, 2, activation=nn.ReLU()))})
        self.pool = nn.MaxPool2d(3, 2, 1)
        last = len(stages) - 1
        parts = [
            Stage(stem, units, width, branches, Skips(number < last, stem if number < last else 0))
            for number, units in enumerate(stages)
        ]
        self.family = f"multi_stage_{'rsn' if branches else 'mspn'}"
        self.add_module(self.family, nn.ModuleList(parts))
        self.predict_layers = nn.ModuleList(Prediction(width, maps, refined) for units in stages for _ in units)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to heatmaps (N, maps, H / 4, W / 4) of each unit, stage by stage, in a stage coarse to fine.

        The last are the prediction. H and W must be multiples of 32 with four units.
        """
        x = self.pool(self.top["top"](x))
        finest = x
        skips: list[Tensor] = []
        outputs: list[Tensor] = []
        for stage in self.get_submodule(self.family).children():
            seen, skips, x = stage(x, skips)
            outputs += seen
        return [predict(y, finest) for predict, y in zip(self.predict_layers, outputs, strict=True)]


def _resized(x: Tensor, like: Tensor) -> Tensor:
    # Whole numbers also in a trace, so that the sizes of the graph's outputs are known.
    size = [int(side) for side in like.shape[2:]]
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=True)


def _unit_blocks(inputs: int, unit: Unit, stride: int, branches: int) -> list[nn.Module]:
    blocks: list[nn.Module] = []
    for number, inner in enumerate(unit.inner):
        own = stride if number == 0 else 1
        if branches:
            projected = own != 1 or inputs != unit.channels
            blocks.append(StepsBlock(inputs, unit.channels, inner, branches, own, projected))
        else:
            blocks.append(Bottleneck(inputs, inner, own))
        inputs = unit.channels
    return blocks
