"""MobileNetV2: inverted residual blocks (Sandler et al., CVPR 2018), with MMPose's names."""

from __future__ import annotations

from torch import Tensor, nn

from models.conv_block import ConvBlock

STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Stride of the first block of each layer."""

Widths = tuple[int, int]
"""Hidden and output channels of a block."""


class MobileNetV2(nn.Module):
    """A crop to features of a 32nd of its size.

    Args:
        stem: Output channels of the first convolution.
        layers: The widths of the blocks of each layer.
        features: Output channels of the last convolution.
    """

    def __init__(self, stem: int, layers: tuple[tuple[Widths, ...], ...], features: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(3, stem, 3, 2, activation=nn.ReLU6())
        inputs = stem
        self.names = [f"layer{number + 1}" for number in range(len(layers))]
        for name, blocks, first in zip(self.names, layers, STRIDES, strict=True):
            steps = []
            for number, (hidden, outputs) in enumerate(blocks):
                steps.append(InvertedResidual(inputs, hidden, outputs, 1 if number else first))
                inputs = outputs
            self.add_module(name, nn.Sequential(*steps))
        self.conv2 = ConvBlock(inputs, features, activation=nn.ReLU6())
        self.features_out = features

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        x = self.conv1(x)
        for name in self.names:
            x = self.get_submodule(name)(x)
        return self.conv2(x)


class InvertedResidual(nn.Module):
    """A 1x1 convolution that widens (left out where nothing is widened), a depthwise one and one that narrows."""

    def __init__(self, inputs: int, hidden: int, outputs: int, stride: int) -> None:
        super().__init__()
        widen = [] if hidden == inputs else [ConvBlock(inputs, hidden, activation=nn.ReLU6())]
        depthwise = ConvBlock(hidden, hidden, 3, stride, groups=hidden, activation=nn.ReLU6())
        self.conv = nn.Sequential(*widen, depthwise, ConvBlock(hidden, outputs))
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        return x + self.conv(x) if self.shortcut else self.conv(x)
