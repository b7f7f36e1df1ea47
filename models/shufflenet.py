"""ShuffleNet (Zhang et al., CVPR 2018) and ShuffleNetV2 (Ma et al., ECCV 2018), with MMPose's names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.conv_block import ConvBlock
from models.shuffle_units import HalvingUnit, SplitUnit, shuffle


@dataclass(frozen=True, slots=True)
class ShuffleStage:
    """One stage of either: ``blocks`` units to ``outputs`` channels, the first of which halves the size."""

    outputs: int
    blocks: int


class GroupedUnit(nn.Module):
    """Grouped 1x1 convolutions with shuffled channels between them, and a shortcut (``ShuffleUnit``).

    With stride 2 the shortcut is a mean of the cells, and its channels are put beside the others.
    """

    def __init__(self, inputs: int, outputs: int, groups: int, first_groups: int, stride: int) -> None:
        super().__init__()
        inner, self.groups, self.stride = outputs // 4, groups, stride
        added = outputs - inputs if stride > 1 else outputs
        self.g_conv_1x1_compress = ConvBlock(inputs, inner, groups=first_groups, activation=nn.ReLU())
        self.depthwise_conv3x3_bn = ConvBlock(inner, inner, 3, stride, groups=inner)
        self.g_conv_1x1_expand = ConvBlock(inner, added, groups=groups)
        self.avgpool = nn.AvgPool2d(3, 2, 1)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        y = self.depthwise_conv3x3_bn(self.g_conv_1x1_compress(x))
        y = self.g_conv_1x1_expand(shuffle(y, self.groups))
        return torch.cat([self.avgpool(x), self.relu(y)], dim=1) if self.stride > 1 else self.relu(x + y)


class ShuffleNetV1(nn.Module):
    """A crop to features of a 32nd of its size, with three stages.

    ``first_groups`` is the number of groups of the very first 1x1 convolution, ``groups`` of all others.
    """

    def __init__(self, stem: int, stages: tuple[ShuffleStage, ...], groups: int, first_groups: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(3, stem, 3, 2, activation=nn.ReLU())
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs, layers = stem, []
        for number, stage in enumerate(stages):
            first = GroupedUnit(inputs, stage.outputs, groups, groups if number else first_groups, 2)
            more = (GroupedUnit(stage.outputs, stage.outputs, groups, groups, 1) for _ in range(stage.blocks - 1))
            layers.append(nn.Sequential(first, *more))
            inputs = stage.outputs
        self.layers = nn.Sequential(*layers)
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        return self.layers(self.maxpool(self.conv1(x)))


class ShuffleNetV2(nn.Module):
    """A crop to features of a 32nd of its size, with three stages; ``outputs`` are those of the last convolution."""

    def __init__(self, stem: int, stages: tuple[ShuffleStage, ...], outputs: int) -> None:
        super().__init__()
        self.conv1 = ConvBlock(3, stem, 3, 2, activation=nn.ReLU())
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs, layers = stem, []
        for stage in stages:
            more = (SplitUnit(stage.outputs) for _ in range(stage.blocks - 1))
            layers.append(nn.Sequential(HalvingUnit(inputs, stage.outputs), *more))
            inputs = stage.outputs
        self.layers = nn.Sequential(*layers, ConvBlock(inputs, outputs, activation=nn.ReLU()))
        self.features_out = outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        return self.layers(self.maxpool(self.conv1(x)))
