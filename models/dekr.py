"""DEKR: keypoints regressed from the center of each person, with adaptive convolutions (Geng et al., CVPR 2021).

``hrnet_dekr`` of the original code, and the small network that rescores its poses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.branches import Fusing
from models.deform_conv import deform_conv
from models.hrnet import Stage, Trunk, merge
from models.resnet import Block, residual_layer

GRID = ((-1, -1, -1, 0, 0, 0, 1, 1, 1), (-1, 0, 1, -1, 0, 1, -1, 0, 1))
"""Row and column of each tap of a 3x3 convolution, seen from its center."""
NORM = ("running_mean", "running_var", "weight", "bias")
"""Statistics and weights of a batch normalization, in the order of the function's arguments."""


@dataclass(frozen=True, slots=True)
class DEKRHeads:
    """The two heads.

    Attributes:
        keypoints: Number of keypoints, K.
        heatmap_planes: Planes of the residual blocks before the heatmaps.
        heatmap_blocks: Their number.
        heatmap_block: Their kind.
        offset_channels: Channels per keypoint before the offsets.
        offset_blocks: Number of adaptive blocks per keypoint.
        kernel: Side of the kernels of the final convolutions.
    """

    keypoints: int
    heatmap_planes: int
    heatmap_blocks: int
    heatmap_block: Block
    offset_channels: int
    offset_blocks: int
    kernel: int = 1


class AdaptiveBlock(nn.Module):
    """A 3x3 convolution whose taps are moved by an affine transform of their own at each cell, with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.transform_matrix_conv = nn.Conv2d(channels, 4, 3, 1, 1)
        self.translation_conv = nn.Conv2d(channels, 2, 3, 1, 1)
        self.adapt_conv = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        return adapt([self], x)


def adapt(blocks: Sequence[AdaptiveBlock], x: Tensor) -> Tensor:
    """Each of B ``blocks`` on its own channels of x (N, B * channels, H, W): as one, which makes the graph small."""
    number, (rows, columns) = len(blocks), x.shape[2:]
    grid = torch.tensor(GRID, dtype=x.dtype, device=x.device)
    matrix = grouped([block.transform_matrix_conv for block in blocks], x).reshape(-1, number, 2, 2, rows, columns)
    translation = grouped([block.translation_conv for block in blocks], x).reshape(-1, number, 2, 1, rows, columns)
    # The affine image of tap t is sum over c of matrix[..., c] * grid[c, t]; its distance to t is the offset.
    moved = (matrix[:, :, :, :, None] * grid[:, :, None, None]).sum(3) - grid[:, :, None, None]
    offsets = (moved + translation).transpose(2, 3).reshape(-1, number * 18, rows, columns)
    y = deform_conv(x, torch.cat([block.adapt_conv.weight for block in blocks]), None, offsets, padding=1)
    norms = [block.bn for block in blocks]
    mean, var, weight, bias = (torch.cat([getattr(norm, name) for norm in norms]) for name in NORM)
    return functional.relu(functional.batch_norm(y, mean, var, weight, bias, eps=norms[0].eps) + x)


def grouped(layers: Sequence[nn.Conv2d], x: Tensor) -> Tensor:
    """Each of B convolutions that keep the size on its own channels of x (N, B * channels, H, W)."""
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers if layer.bias is not None])
    return functional.conv2d(x, weight, bias, padding=weight.shape[2] // 2, groups=len(layers))


class DEKR(Trunk):
    """From an image to heatmaps of keypoints and centers, and the offsets from each center to its keypoints.

    Args:
        stem, first, stages, rows, fusing: See ``models.hrnet.Trunk``; all branches are used.
        heads: The heads.
    """

    def __init__(
        self,
        stem: int,
        first: Stage,
        stages: tuple[Stage, ...],
        heads: DEKRHeads,
        rows: int,
        fusing: Fusing = "nearest",
    ) -> None:
        super().__init__(stem, first, stages, rows, fusing)
        inputs, planes, channels = sum(self.channels_out), heads.heatmap_planes, heads.offset_channels
        self.transition_heatmap = _transition(inputs, planes)
        self.transition_offset = _transition(inputs, channels * heads.keypoints)
        outputs = planes * heads.heatmap_block.expansion if heads.heatmap_blocks else planes
        self.head_heatmap = nn.Sequential(
            residual_layer(heads.heatmap_block, planes, planes, heads.heatmap_blocks),
            nn.Conv2d(outputs, heads.keypoints + 1, heads.kernel, 1, heads.kernel // 2),
        )
        self.offset_feature_layers = nn.ModuleList(
            nn.Sequential(*(AdaptiveBlock(channels) for _ in range(heads.offset_blocks)))
            for _ in range(heads.keypoints)
        )
        self.offset_final_layer = nn.ModuleList(
            nn.Conv2d(channels, 2, heads.kernel, 1, heads.kernel // 2) for _ in range(heads.keypoints)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to heatmaps (N, K + 1, H / 4, W / 4), the last of the centers, and offsets (N, 2 K, ...).

        Offsets are x, y of each keypoint, in cells; a keypoint is at the cell of the center minus its offset. H and W
        must be multiples of 32.
        """
        features = merge(self.branches(x))
        offsets = self.transition_offset(features)
        for blocks in zip(*(layers.children() for layers in self.offset_feature_layers), strict=True):
            offsets = adapt(blocks, offsets)
        offsets = grouped([cast("nn.Conv2d", layer) for layer in self.offset_final_layer], offsets)
        return self.head_heatmap(self.transition_heatmap(features)), offsets


class PoseRescore(nn.Module):
    """Predicts the similarity of a pose to the annotated one from its shape and scores (``rescore`` of DEKR).

    Args:
        inputs: Number of features: x, y and length of each link, and the score of each keypoint.
        hidden: Widths of the two hidden layers.
        outputs: Width of the last layer, 1.
    """

    def __init__(self, inputs: int, hidden: tuple[int, int], outputs: int = 1) -> None:
        super().__init__()
        self.l1 = nn.Linear(inputs, hidden[0])
        self.l2 = nn.Linear(hidden[0], hidden[1])
        self.l3 = nn.Linear(hidden[1], outputs)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) to (N, outputs); the final score of a pose is this times the score of the pose."""
        return self.l3(self.relu(self.l2(self.relu(self.l1(x)))))


def _transition(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
