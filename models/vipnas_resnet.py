"""ViPNAS's ResNet: searched widths, kernels and groups, with global context (Xu et al., CVPR 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.resnet import shortcut


@dataclass(frozen=True, slots=True)
class ContextLayer:
    """One layer of residual blocks.

    Attributes:
        inner: Channels inside a block.
        outputs: Output channels.
        blocks: Number of blocks.
        kernel: Side of the kernel of the middle convolution.
        groups: Its number of groups.
        context: Hidden channels of the global context; 0 for none.
    """

    inner: int
    outputs: int
    blocks: int
    kernel: int
    groups: int
    context: int = 0


class ViPNASResNet(nn.Module):
    """A crop to features of a 32nd of its size, with four layers; ``stem`` is the width of the first convolution."""

    def __init__(self, stem: int, layers: tuple[ContextLayer, ...]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = stem
        self.names = [f"layer{number + 1}" for number in range(len(layers))]
        for number, (name, layer) in enumerate(zip(self.names, layers, strict=True)):
            first = ContextBottleneck(inputs, layer, 2 if number else 1)
            more = (ContextBottleneck(layer.outputs, layer) for _ in range(layer.blocks - 1))
            self.add_module(name, nn.Sequential(first, *more))
            inputs = layer.outputs
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32) with four layers."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in self.names:
            x = self.get_submodule(name)(x)
        return x


class ContextBottleneck(nn.Module):
    """A 1x1, a grouped and a 1x1 convolution, then the global context, with a shortcut."""

    def __init__(self, inputs: int, layer: ContextLayer, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, layer.inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(layer.inner)
        middle = (layer.inner, layer.inner, layer.kernel, stride, layer.kernel // 2)
        self.conv2 = nn.Conv2d(*middle, groups=layer.groups, bias=False)
        self.bn2 = nn.BatchNorm2d(layer.inner)
        self.conv3 = nn.Conv2d(layer.inner, layer.outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(layer.outputs)
        self.relu = nn.ReLU()
        self.attention = GlobalContext(layer.outputs, layer.context) if layer.context else nn.Identity()
        self.downsample = shortcut(inputs, layer.outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.attention(self.bn3(self.conv3(y)))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class GlobalContext(nn.Module):
    """Adds to every cell a vector computed from a weighted mean of all cells (GCNet; Cao et al., ICCVW 2019)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv_mask = nn.Conv2d(channels, 1, 1)
        self.channel_add_conv = nn.Sequential(
            nn.Conv2d(channels, inner, 1), nn.LayerNorm([inner, 1, 1]), nn.ReLU(), nn.Conv2d(inner, channels, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        weights = self.conv_mask(x).flatten(2).softmax(dim=2)
        mean = torch.matmul(x.flatten(2), weights.transpose(1, 2))[..., None]
        return x + self.channel_add_conv(mean)
