"""Lite-HRNet: HRNet with conditional channel weighting for 1x1 convolutions (Yu et al., CVPR 2021; MMPose's names).

Naive Lite-HRNet has ShuffleNetV2's units (Ma et al., ECCV 2018) in place of the weighting.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.branches import enter, fuse_layers, fused_terms, transition
from models.conv_block import ConvBlock, SqueezeExcitation
from models.shuffle_units import SplitUnit, shuffle


@dataclass(frozen=True, slots=True)
class LiteStem:
    """The first layers: a convolution to ``channels``, then two branches.

    ``simple`` is the number of output channels of the branch without expansion, ``hidden`` and ``expanded`` those
    inside and after the other.
    """

    channels: int
    simple: int
    hidden: int
    expanded: int


@dataclass(frozen=True, slots=True)
class LiteStage:
    """One stage: ``modules`` modules of ``blocks`` blocks over parallel branches of ``channels`` channels.

    ``across`` is the number of hidden channels of the weighting across branches, ``within`` of that of each branch;
    without them (0 and empty) the stage is naive. ``fused``: branches exchange features after each module.
    """

    modules: int
    channels: tuple[int, ...]
    blocks: int
    across: int = 0
    within: tuple[int, ...] = ()
    fused: bool = True


class LiteHRNet(nn.Module):
    """A crop to features of a quarter of its size.

    All branches contribute to them by the layers of ``IterativeHead``; without it (``iterative`` is false) they are the
    finest branch.
    """

    def __init__(self, stem: LiteStem, stages: tuple[LiteStage, ...], iterative: bool = True) -> None:
        super().__init__()
        self.stem = Stem(stem)
        before: tuple[int, ...] = (stem.simple + stem.expanded,)
        self.count = len(stages)
        for number, stage in enumerate(stages):
            self.add_module(f"transition{number}", transition(before, stage.channels, separable))
            self.add_module(f"stage{number}", nn.Sequential(*(LiteModule(stage) for _ in range(stage.modules))))
            before = stage.channels
        self.head_layer = IterativeHead(before) if iterative else None
        self.features_out = before[0]

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 4, W / 4); H and W must be multiples of 32 with four branches."""
        branches = [self.stem(x)]
        for number in range(self.count):
            branches = enter(self.get_submodule(f"transition{number}"), branches)
            branches = self.get_submodule(f"stage{number}")(branches)
        return branches[0] if self.head_layer is None else self.head_layer(branches)


class Stem(nn.Module):
    """Halves the size twice, the second time in two branches with half of the channels each."""

    def __init__(self, stem: LiteStem) -> None:
        super().__init__()
        half = stem.channels // 2
        self.conv1 = ConvBlock(3, stem.channels, 3, 2, activation=nn.ReLU())
        self.branch1 = nn.Sequential(
            ConvBlock(half, half, 3, 2, groups=half), ConvBlock(half, stem.simple, activation=nn.ReLU())
        )
        self.expand_conv = ConvBlock(stem.channels - half, stem.hidden, activation=nn.ReLU())
        self.depthwise_conv = ConvBlock(stem.hidden, stem.hidden, 3, 2, groups=stem.hidden)
        self.linear_conv = ConvBlock(stem.hidden, stem.expanded, activation=nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, simple + expanded, H / 4, W / 4)."""
        one, other = self.conv1(x).chunk(2, dim=1)
        expanded = self.linear_conv(self.depthwise_conv(self.expand_conv(other)))
        return shuffle(torch.cat([self.branch1(one), expanded], dim=1))


class LiteModule(nn.Module):
    """Blocks over all branches, then fusion as in HRNet."""

    def __init__(self, stage: LiteStage) -> None:
        super().__init__()
        channels = stage.channels
        self.naive = not stage.across
        self.layers: nn.Module = (
            nn.ModuleList(nn.Sequential(*(SplitUnit(width) for _ in range(stage.blocks))) for width in channels)
            if self.naive
            else nn.Sequential(*(ChannelWeighting(stage) for _ in range(stage.blocks)))
        )
        self.fuse_layers = fuse_layers(channels, len(channels) if stage.fused else 0, separable)
        self.relu = nn.ReLU()

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Fuse the branches; branch b is (N, C_b, H / 2^b, W / 2^b) in the input and in the output list."""
        if self.naive:
            branches = [layer(x) for layer, x in zip(self.layers.children(), branches, strict=True)]
        else:
            branches = list(self.layers(branches))
        fused = []
        for row, layers in enumerate(self.fuse_layers):
            terms = fused_terms(layers, row, branches)
            # The original code adds the first branch twice, in the first row in place, which later rows see.
            total = terms[0] + terms[0]
            for term in terms[1:]:
                total = total + term
            if row == 0:
                branches[0] = total
            fused.append(self.relu(total))
        return fused or branches


class ChannelWeighting(nn.Module):
    """Half of the channels of each branch weighted across and within the branches, the other half passed on."""

    def __init__(self, stage: LiteStage) -> None:
        super().__init__()
        halves = [channels // 2 for channels in stage.channels]
        self.cross_resolution_weighting = CrossResolutionWeighting(halves, stage.across)
        self.depthwise_convs = nn.ModuleList(ConvBlock(half, half, 3, groups=half) for half in halves)
        self.spatial_weighting = nn.ModuleList(
            SqueezeExcitation(half, inner, nn.Sigmoid()) for half, inner in zip(halves, stage.within, strict=True)
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """The branches (N, C_b, H / 2^b, W / 2^b), of the same shapes."""
        kept, weighted = zip(*(x.chunk(2, dim=1) for x in branches), strict=True)
        weighted = self.cross_resolution_weighting(weighted)
        changed = (
            within(depthwise(x))
            for x, depthwise, within in zip(weighted, self.depthwise_convs, self.spatial_weighting, strict=True)
        )
        return [shuffle(torch.cat([one, other], dim=1)) for one, other in zip(kept, changed, strict=True)]


class CrossResolutionWeighting(nn.Module):
    """Weights for every cell of every branch, computed from all branches at the size of the coarsest."""

    def __init__(self, channels: list[int], inner: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(sum(channels), inner, activation=nn.ReLU())
        self.conv2 = ConvBlock(inner, sum(channels), activation=nn.Sigmoid())
        self.channels = channels

    def forward(self, branches: tuple[Tensor, ...]) -> list[Tensor]:
        """The branches (N, C_b, H / 2^b, W / 2^b) times their weights, of the same shapes."""
        factors = [2 ** (len(branches) - 1 - b) for b in range(len(branches))]
        pooled = [functional.avg_pool2d(x, factor) for x, factor in zip(branches, factors, strict=True)]
        weights = self.conv2(self.conv1(torch.cat(pooled, dim=1))).split(self.channels, dim=1)
        return [
            x * functional.interpolate(weight, scale_factor=factor, mode="nearest")
            for x, weight, factor in zip(branches, weights, factors, strict=True)
        ]


class IterativeHead(nn.Module):
    """Adds every branch, from the coarsest on, to the next finer one."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        coarse = channels[::-1]
        outputs = [*coarse[1:], coarse[-1]]
        self.projects = nn.ModuleList(Separable(*pair) for pair in zip(coarse, outputs, strict=True))
        self.features_out = outputs[-1]

    def forward(self, branches: list[Tensor]) -> Tensor:
        """The finest branch (N, C, H, W), which has received all others."""
        last: Tensor | None = None
        for x, project in zip(branches[::-1], self.projects, strict=True):
            if last is not None:
                last = functional.interpolate(last, size=x.shape[2:], mode="bilinear", align_corners=True)
                x = x + last
            last = project(x)
        assert last is not None
        return last


class Separable(nn.Module):
    """A depthwise convolution, then a 1x1 one."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.depthwise_conv = ConvBlock(inputs, inputs, 3, groups=inputs)
        self.pointwise_conv = ConvBlock(inputs, outputs, activation=nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        return self.pointwise_conv(self.depthwise_conv(x))


def separable(inputs: int, outputs: int, stride: int, relu: bool = True) -> nn.Sequential:
    """A depthwise and a 1x1 convolution, each with batch norm; numbered from 0."""
    steps: list[nn.Module] = [
        nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*steps, nn.ReLU()) if relu else nn.Sequential(*steps)
