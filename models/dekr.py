"""DEKR: keypoints regressed from the center of each person, with adaptive convolutions (Geng et al., CVPR 2021).

``hrnet_dekr`` of the original code, and the small network that rescores its poses.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.deform_conv import deform_conv
from models.hrnet import Fusing, Stage, Trunk, merge
from models.resnet import Block, residual_layer

GRID = ((-1, -1, -1, 0, 0, 0, 1, 1, 1), (-1, 0, 1, -1, 0, 1, -1, 0, 1))
"""Row and column of each tap of a 3x3 convolution, seen from its center."""


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
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to the same shape."""
        grid = torch.tensor(GRID, dtype=x.dtype, device=x.device)
        matrix = self.transform_matrix_conv(x).unflatten(1, (2, 2))
        # The affine image of tap t is sum over c of matrix[:, :, c] * grid[c, t]; its distance to t is the offset.
        moved = (matrix[:, :, :, None] * grid[None, None, :, :, None, None]).sum(2) - grid[None, :, :, None, None]
        offsets = (moved + self.translation_conv(x)[:, :, None]).transpose(1, 2).flatten(1, 2)
        y = deform_conv(x, self.adapt_conv.weight, None, offsets, padding=1)
        return self.relu(self.bn(y) + x)


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
        parts = self.transition_offset(features).chunk(len(self.offset_final_layer), dim=1)
        layers = zip(self.offset_feature_layers, self.offset_final_layer, parts, strict=True)
        offsets = [final(blocks(part)) for blocks, final, part in layers]
        return self.head_heatmap(self.transition_heatmap(features)), torch.cat(offsets, dim=1)


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
