"""Convolutional pose machines (Wei et al., CVPR 2016), as MMPose builds them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.conv_block import ConvBlock
from models.head import Head, StageHeads


@dataclass(frozen=True, slots=True)
class Layers:
    """Convolutions one after the other: output channels and side of the kernel of each."""

    channels: tuple[int, ...]
    kernels: tuple[int, ...]


class CPM(StageHeads):
    """Convolutional pose machines from a crop to heatmaps of an eighth of its size.

    Args:
        stem: The convolutions of the first stage; a pooling follows each of the first three.
        middle: The convolutions of the features that all later stages take; a pooling follows each.
        stages: For each later stage its convolutions.
        reduced: Channels of the features, and side of the kernel, as a stage takes them.
        maps: Number of maps of each stage, which the next one takes.
        head: What makes the heatmaps of the maps of each stage; None where they are the same.
    """

    def __init__(
        self,
        stem: Layers,
        middle: Layers,
        stages: tuple[Layers, ...],
        reduced: tuple[int, int],
        maps: int,
        head: Head | None = None,
    ) -> None:
        super().__init__(maps, head or Head(maps), len(stages) + 1 if head else 0)
        inputs = stem.channels[-1]
        pooled = len(middle.channels)
        self.stem = nn.Sequential(*_blocks(3, stem, pooled), _final(inputs, maps))
        self.middle = nn.Sequential(*_blocks(3, middle, pooled))
        width, side = reduced
        self.middle_conv = nn.ModuleList(
            nn.Sequential(ConvBlock(middle.channels[-1], width, side, activation=nn.ReLU())) for _ in stages
        )
        self.cpm_stages = nn.ModuleList(
            nn.ModuleDict({"model": nn.Sequential(*_blocks(width + maps, stage))}) for stage in stages
        )
        self.out_convs = nn.ModuleList(
            nn.Sequential(
                ConvBlock(stage.channels[-1], stage.channels[-1], activation=nn.ReLU()),
                _final(stage.channels[-1], maps),
            )
            for stage in stages
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to heatmaps (N, maps, H / 8, W / 8) of each stage; the last are the prediction."""
        outputs, middle = [self.stem(x)], self.middle(x)
        for reduce, stage, final in zip(self.middle_conv, self.cpm_stages, self.out_convs, strict=True):
            seen = stage["model"](torch.cat((outputs[-1], reduce(middle)), dim=1))  # type: ignore[index]
            outputs.append(final(seen))
        if not len(self.multi_final_layers):
            return outputs
        return [self.heatmaps(number, maps) for number, maps in enumerate(outputs)]


def _blocks(inputs: int, layers: Layers, pooled: int = 0) -> list[nn.Module]:
    """The convolutions of ``layers``, with a pooling after each of the first ``pooled``."""
    steps: list[nn.Module] = []
    for number, (outputs, kernel) in enumerate(zip(layers.channels, layers.kernels, strict=True)):
        steps.append(ConvBlock(inputs, outputs, kernel, activation=nn.ReLU()))
        if number < pooled:
            steps.append(nn.MaxPool2d(3, 2, 1))
        inputs = outputs
    return steps


def _final(inputs: int, maps: int) -> nn.ModuleDict:
    return _Final({"conv": nn.Conv2d(inputs, maps, 1)})


class _Final(nn.ModuleDict):
    """A 1x1 convolution with a bias and nothing after it, named as the others."""

    def forward(self, x: Tensor) -> Tensor:
        return self["conv"](x)
