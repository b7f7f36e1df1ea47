"""Channel shuffle and the units of ShuffleNetV2 (Ma et al., ECCV 2018), which Lite-HRNet also uses."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.conv_block import ConvBlock


def shuffle(x: Tensor, groups: int = 2) -> Tensor:
    """Mix the ``groups`` parts of the channels of ``x`` (N, C, H, W): first of each, second of each ..."""
    count, channels, height, width = x.shape
    return x.view(count, groups, channels // groups, height, width).transpose(1, 2).reshape(x.shape)


class SplitUnit(nn.Module):
    """Half of the channels through three convolutions, the other half passed on, then shuffled."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.branch2 = three_convolutions(half, half, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        kept, changed = x.chunk(2, dim=1)
        return shuffle(torch.cat([kept, self.branch2(changed)], dim=1))


class HalvingUnit(nn.Module):
    """Two branches that halve the size, together ``outputs`` channels, shuffled."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        half = outputs // 2
        self.branch1 = nn.Sequential(
            ConvBlock(inputs, inputs, 3, 2, groups=inputs), ConvBlock(inputs, half, activation=nn.ReLU())
        )
        self.branch2 = three_convolutions(inputs, half, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / 2, W / 2)."""
        return shuffle(torch.cat([self.branch1(x), self.branch2(x)], dim=1))


def three_convolutions(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """A 1x1, a depthwise 3x3 and a 1x1 convolution."""
    return nn.Sequential(
        ConvBlock(inputs, outputs, activation=nn.ReLU()),
        ConvBlock(outputs, outputs, 3, stride, groups=outputs),
        ConvBlock(outputs, outputs, activation=nn.ReLU()),
    )
