"""ResNets with other blocks, as MMPose builds them.

ResNetV1d (He et al., CVPR 2019), ResNeXt (Xie et al., CVPR 2017), SE-ResNet (Hu et al., CVPR 2018), SCNet (Liu et al.,
CVPR 2020) and ResNeSt (Zhang et al., CVPRW 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.conv_block import ConvBlock, SqueezeExcitation

CALIBRATED_POOLING = 4
"""Side of the cells that the self-calibration of SCNet averages."""


@dataclass(frozen=True, slots=True)
class VariantLayer:
    """One layer of blocks.

    Attributes:
        kind: Blocks with one 3x3 convolution, SCNet's self-calibrated ones, or ResNeSt's with split attention.
        inner: Channels of the 3x3 convolution's output.
        outputs: Output channels.
        blocks: Number of blocks.
        groups: Groups of the 3x3 convolution; of one part in split attention.
        squeezed: Hidden channels of squeeze and excitation, or of split attention; 0 for none.
        radix: Parts of split attention.
    """

    kind: Literal["plain", "calibrated", "split"]
    inner: int
    outputs: int
    blocks: int
    groups: int = 1
    squeezed: int = 0
    radix: int = 1


class VariantResNet(nn.Module):
    """A crop to features of a 32nd of its size, with four layers.

    Args:
        stem: Output channels of the convolutions before the layers: one of 7x7, or three of 3x3.
        layers: The layers.
        pooled: Shortcuts that halve the size average 2x2 cells, in place of a stride.
    """

    def __init__(self, stem: tuple[int, ...], layers: tuple[VariantLayer, ...], pooled: bool) -> None:
        super().__init__()
        self.deep = len(stem) > 1
        inputs = 3
        if self.deep:
            steps = []
            for number, outputs in enumerate(stem):
                steps.append(ConvBlock(inputs, outputs, 3, 1 if number else 2, activation=nn.ReLU()))
                inputs = outputs
            self.stem = nn.Sequential(*steps)
        else:
            self.conv1 = nn.Conv2d(3, stem[0], 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(stem[0])
            inputs = stem[0]
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.names = [f"layer{number + 1}" for number in range(len(layers))]
        for number, (name, layer) in enumerate(zip(self.names, layers, strict=True)):
            first = VariantBlock(inputs, layer, 2 if number else 1, pooled)
            more = (VariantBlock(layer.outputs, layer, 1, pooled) for _ in range(layer.blocks - 1))
            self.add_module(name, nn.Sequential(first, *more))
            inputs = layer.outputs
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32) with four layers."""
        x = self.maxpool(self.stem(x) if self.deep else self.relu(self.bn1(self.conv1(x))))
        for name in self.names:
            x = self.get_submodule(name)(x)
        return x


class VariantBlock(nn.Module):
    """A bottleneck with the middle part that its layer has, and a shortcut."""

    def __init__(self, inputs: int, layer: VariantLayer, stride: int, pooled: bool) -> None:
        super().__init__()
        inner, self.kind = layer.inner, layer.kind
        self.conv1 = nn.Conv2d(inputs, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.relu = nn.ReLU()
        self.halve: nn.Module = nn.Identity()
        joined = inner
        if layer.kind == "calibrated":
            self.k1 = nn.Sequential(nn.Conv2d(inner, inner, 3, stride, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU())
            self.conv2: nn.Module = nn.Conv2d(inputs, inner, 1, bias=False)
            self.scconv = SelfCalibrated(inner, stride)
            joined = 2 * inner
        elif layer.kind == "split":
            self.conv2 = SplitAttention(inner, layer)
            self.halve = nn.AvgPool2d(3, stride, 1) if stride > 1 else nn.Identity()
        else:
            self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=layer.groups, bias=False)
        self.bn2 = nn.Identity() if layer.kind == "split" else nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(joined, layer.outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(layer.outputs)
        excited = layer.squeezed and layer.kind != "split"
        self.se_layer = SqueezeExcitation(layer.outputs, layer.squeezed, nn.Sigmoid()) if excited else nn.Identity()
        self.downsample = _shortcut(inputs, layer.outputs, stride, pooled)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        y = self.relu(self.bn1(self.conv1(x)))
        if self.kind == "calibrated":
            y = torch.cat([self.k1(y), self.scconv(self.relu(self.bn2(self.conv2(x))))], dim=1)
        elif self.kind == "split":
            y = self.halve(self.conv2(y))
        else:
            y = self.relu(self.bn2(self.conv2(y)))
        y = self.se_layer(self.bn3(self.conv3(y)))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class SelfCalibrated(nn.Module):
    """A 3x3 convolution weighted by one at a quarter of the size, then a 3x3 convolution (``SCConv``)."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()

        def conv(step: int = 1) -> list[nn.Module]:
            return [nn.Conv2d(channels, channels, 3, step, 1, bias=False), nn.BatchNorm2d(channels)]

        self.k2 = nn.Sequential(nn.AvgPool2d(CALIBRATED_POOLING, CALIBRATED_POOLING), *conv())
        self.k3 = nn.Sequential(*conv())
        self.k4 = nn.Sequential(*conv(stride), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, channels, H / stride, W / stride)."""
        size = [int(side) for side in x.shape[2:]]
        weights = torch.sigmoid(x + functional.interpolate(self.k2(x), size=size))
        return self.k4(self.k3(x) * weights)


class SplitAttention(nn.Module):
    """A 3x3 convolution to several parts, summed with weights computed from the means of all (ResNeSt)."""

    def __init__(self, channels: int, layer: VariantLayer) -> None:
        super().__init__()
        groups, wide = layer.groups, channels * layer.radix
        self.conv = nn.Conv2d(channels, wide, 3, 1, 1, groups=groups * layer.radix, bias=False)
        self.bn0 = nn.BatchNorm2d(wide)
        self.fc1 = nn.Conv2d(channels, layer.squeezed, 1, groups=groups)
        self.bn1 = nn.BatchNorm2d(layer.squeezed)
        self.fc2 = nn.Conv2d(layer.squeezed, wide, 1, groups=groups)
        self.relu = nn.ReLU()
        self.groups, self.radix = groups, layer.radix

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        parts = self.relu(self.bn0(self.conv(x))).unflatten(1, (self.radix, -1))
        means = parts.sum(dim=1).mean(dim=(2, 3), keepdim=True)
        weights = self.fc2(self.relu(self.bn1(self.fc1(means)))).flatten(1)
        if self.radix == 1:
            return parts[:, 0] * weights.sigmoid()[..., None, None]
        shares = weights.unflatten(1, (self.groups, self.radix, -1)).transpose(1, 2).softmax(dim=1)
        return (parts * shares.flatten(2)[..., None, None]).sum(dim=1)


def _shortcut(inputs: int, outputs: int, stride: int, pooled: bool) -> nn.Sequential | None:
    """The projection for a block that changes the shape; None for an identity shortcut."""
    if stride == 1 and inputs == outputs:
        return None
    pool = pooled and stride > 1
    first = [nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)] if pool else []
    conv = nn.Conv2d(inputs, outputs, 1, 1 if pool else stride, bias=False)
    return nn.Sequential(*first, conv, nn.BatchNorm2d(outputs))
