"""Stacked hourglasses of residual blocks (Newell et al., ECCV 2016), as MMPose builds them (Hourglass-52, -104)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.conv_block import ConvBlock
from models.head import Head, StageHeads
from models.resnet import BasicBlock, residual_layer


@dataclass(frozen=True, slots=True)
class Levels:
    """Channels, and number of residual blocks, at each resolution of an hourglass, fine to coarse."""

    channels: tuple[int, ...]
    blocks: tuple[int, ...]


class Hourglass(nn.Module):
    """An hourglass: half the size by a stride, a smaller hourglass there, the size again, and a shortcut."""

    def __init__(self, levels: Levels) -> None:
        super().__init__()
        outer, inner = levels.channels[:2]
        count, inner_count = levels.blocks[:2]
        self.up1 = residual_layer(BasicBlock, outer, outer, count)
        self.low1 = nn.Sequential(BasicBlock(outer, inner, 2), *(BasicBlock(inner, inner) for _ in range(count - 1)))
        deeper = Levels(levels.channels[1:], levels.blocks[1:])
        self.low2: nn.Module = (
            Hourglass(deeper) if len(deeper.channels) > 1 else residual_layer(BasicBlock, inner, inner, inner_count)
        )
        # The width changes in the last block.
        self.low3 = nn.Sequential(*(BasicBlock(inner, inner) for _ in range(count - 1)), BasicBlock(inner, outer))
        self.up2 = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape; H and W must be multiples of 2^depth."""
        return self.up1(x) + self.up2(self.low3(self.low2(self.low1(x))))


class HourglassNet(StageHeads):
    """Stacked hourglasses from a crop to heatmaps of a quarter of its size.

    Args:
        stem: Output channels of the first convolution; the residual block after it widens them.
        levels: Channels and blocks of each hourglass.
        stacks: Number of hourglasses.
        head: The head of each; deconvolutions double the heatmaps' size.
        features: Output channels of the convolution after each hourglass.
        spare: A residual block that the published network of one stack has and does not use.
    """

    def __init__(self, stem: int, levels: Levels, stacks: int, head: Head, features: int, spare: bool = False) -> None:
        super().__init__(features, head, stacks)
        planes = levels.channels[0]
        self.stem = nn.Sequential(
            ConvBlock(3, stem, 7, 2, activation=nn.ReLU()), residual_layer(BasicBlock, stem, planes, 1, 2)
        )
        self.hourglass_modules = nn.ModuleList(Hourglass(levels) for _ in range(stacks))
        self.inters = nn.ModuleList(BasicBlock(planes, planes) for _ in range(stacks - 1 + spare))
        self.conv1x1s = nn.ModuleList(ConvBlock(planes, planes) for _ in range(stacks - 1))
        self.out_convs = nn.ModuleList(ConvBlock(planes, features, 3, activation=nn.ReLU()) for _ in range(stacks))
        self.remap_convs = nn.ModuleList(ConvBlock(features, planes) for _ in range(stacks - 1))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to heatmaps (N, maps, H / 4, W / 4) of each stack; the last are the prediction."""
        x = self.stem(x)
        outputs = []
        for number, hourglass in enumerate(self.hourglass_modules):
            seen = self.out_convs[number](hourglass(x))
            outputs.append(self.heatmaps(number, seen))
            if number < len(self.conv1x1s):
                x = self.inters[number](self.relu(self.conv1x1s[number](x) + self.remap_convs[number](seen)))
        return outputs
