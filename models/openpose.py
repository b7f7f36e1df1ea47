"""OpenPose: part affinity fields and heatmaps of the whole picture (Cao et al., CVPR 2017), with VGG-19's first layers.

The two ports to PyTorch differ in the last ReLU only: that of Hzzone/pytorch-openpose has one after the last
convolution of the heatmaps, that of tensorboy/pytorch_Realtime_Multi-Person_Pose_Estimation has not.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Conv:
    """One convolution that keeps the size: output channels, side of the kernel."""

    maps: int
    kernel: int


Branch = tuple[Conv, ...]


class OpenPose(nn.Module):
    """From an image to fields and heatmaps of an eighth of its size.

    Args:
        features: The convolutions before the stages; an image is halved before each that doubles the channels.
        stages: For each stage the convolutions of its two branches, fields and heatmaps. From the second stage on they
            take both outputs of the stage before and the features.
        last_relu: The last heatmaps are clipped to be positive.
    """

    def __init__(self, features: Branch, stages: tuple[tuple[Branch, Branch], ...], last_relu: bool = False) -> None:
        super().__init__()
        self.model0 = nn.ModuleList(_convolutions(3, features))
        self.halvings = [
            number for number in range(1, len(features)) if features[number].maps == 2 * features[number - 1].maps
        ]
        self.stages = len(stages)
        self.last_relu = last_relu
        known = inputs = features[-1].maps
        for number, branches in enumerate(stages, 1):
            for part, branch in enumerate(branches, 1):
                self.add_module(f"model{number}_{part}", nn.ModuleList(_convolutions(inputs, branch)))
            inputs = known + sum(branch[-1].maps for branch in branches)
        self.pool = nn.MaxPool2d(2, 2)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to fields (N, 2 L, H / 8, W / 8) and heatmaps (N, K + 1, H / 8, W / 8), background last."""
        for number, convolution in enumerate(self.model0):
            x = self.relu(convolution(self.pool(x) if number in self.halvings else x))
        given = x
        for number in range(1, self.stages + 1):
            fields, heatmaps = (self._branch(f"model{number}_{part}", given) for part in (1, 2))
            given = torch.cat((fields, heatmaps, x), dim=1)
        return fields, self.relu(heatmaps) if self.last_relu else heatmaps

    def _branch(self, name: str, x: Tensor) -> Tensor:
        *convolutions, last = self.get_submodule(name).children()
        for convolution in convolutions:
            x = self.relu(convolution(x))
        return last(x)


def _convolutions(inputs: int, layers: Branch) -> list[nn.Module]:
    widths = [inputs, *(layer.maps for layer in layers)]
    return [
        nn.Conv2d(widths[number], layer.maps, layer.kernel, 1, layer.kernel // 2) for number, layer in enumerate(layers)
    ]
