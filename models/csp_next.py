"""CSPNeXt: the backbone of RTMDet and RTMPose (Lyu et al., 2022; ``CSPNeXt`` of MMDetection)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.conv_block import ConvBlock

POOLS = (5, 9, 13)
"""Kernel sizes of the spatial pyramid pooling."""


@dataclass(frozen=True, slots=True)
class CSPStage:
    """One stage: a convolution that halves the size, then a cross-stage partial layer.

    Attributes:
        channels: Output channels.
        inner: Channels of each of the layer's two branches.
        blocks: Number of blocks in the main branch.
        kernel: Side of the kernel of the blocks' depthwise convolution.
        pooled: Hidden channels of the pyramid pooling before the layer; 0 for none.
        attention: The layer ends with channel attention.
    """

    channels: int
    inner: int
    blocks: int
    kernel: int = 5
    pooled: int = 0
    attention: bool = True


class CSPNeXt(nn.Module):
    """A crop to features of a 32nd of its size, with four stages.

    ``stem`` holds the output channels of the three convolutions before the stages. As in the published settings, the
    stage with pyramid pooling is the one whose blocks have no shortcuts.
    """

    def __init__(self, stem: tuple[int, ...], stages: tuple[CSPStage, ...]) -> None:
        super().__init__()
        inputs, steps = 3, []
        for number, channels in enumerate(stem):
            steps.append(ConvBlock(inputs, channels, 3, 1 if number else 2, activation=nn.SiLU()))
            inputs = channels
        self.stem = nn.Sequential(*steps)
        self.names = [f"stage{number + 1}" for number in range(len(stages))]
        for name, stage in zip(self.names, stages, strict=True):
            parts: list[nn.Module] = [ConvBlock(inputs, stage.channels, 3, 2, activation=nn.SiLU())]
            if stage.pooled:
                parts.append(PyramidPooling(stage.channels, stage.pooled))
            self.add_module(name, nn.Sequential(*parts, CSPLayer(stage)))
            inputs = stage.channels
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32) with four stages."""
        x = self.stem(x)
        for name in self.names:
            x = self.get_submodule(name)(x)
        return x


class PyramidPooling(nn.Module):
    """Maxima over several neighborhoods beside the features themselves (``SPPBottleneck``)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(channels, inner, activation=nn.SiLU())
        self.conv2 = ConvBlock(inner * (len(POOLS) + 1), channels, activation=nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(functional.max_pool2d(x, side, 1, side // 2) for side in POOLS)], dim=1))


class CSPLayer(nn.Module):
    """Two branches, one with blocks, joined by channel attention and a convolution."""

    def __init__(self, stage: CSPStage) -> None:
        super().__init__()
        self.main_conv = ConvBlock(stage.channels, stage.inner, activation=nn.SiLU())
        self.short_conv = ConvBlock(stage.channels, stage.inner, activation=nn.SiLU())
        self.final_conv = ConvBlock(2 * stage.inner, stage.channels, activation=nn.SiLU())
        block = [CSPNeXtBlock(stage.inner, stage.kernel, not stage.pooled) for _ in range(stage.blocks)]
        self.blocks = nn.Sequential(*block)
        self.attention = ChannelAttention(2 * stage.inner) if stage.attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        x = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], dim=1)
        return self.final_conv(self.attention(x))


class CSPNeXtBlock(nn.Module):
    """A 3x3 convolution and a depthwise separable one, with a shortcut if ``shortcut``."""

    def __init__(self, channels: int, kernel: int, shortcut: bool) -> None:
        super().__init__()
        self.conv1 = ConvBlock(channels, channels, 3, activation=nn.SiLU())
        self.conv2 = DepthwiseSeparable(channels, kernel)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        y = self.conv2(self.conv1(x))
        return y + x if self.shortcut else y


class DepthwiseSeparable(nn.Module):
    """A depthwise convolution, then a 1x1 one."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.depthwise_conv = ConvBlock(channels, channels, kernel, groups=channels, activation=nn.SiLU())
        self.pointwise_conv = ConvBlock(channels, channels, activation=nn.SiLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        return self.pointwise_conv(self.depthwise_conv(x))


class ChannelAttention(nn.Module):
    """Scales every channel by a weight computed from the means of all."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        return x * self.gate(self.fc(x.mean(dim=(2, 3), keepdim=True)))
