"""SimpleBaseline3D: the 2D joints of one frame to 3D joints by linear layers (Martinez et al., ICCV 2017)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn


class LinearStage(nn.Module):
    """Two linear layers with batch normalization and ReLU, and a skip connection around both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(channels, channels)
        self.batch_norm1 = nn.BatchNorm1d(channels)
        self.w2 = nn.Linear(channels, channels)
        self.batch_norm2 = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels) to the same shape."""
        inner = torch.relu(self.batch_norm1(self.w1(x)))
        return x + torch.relu(self.batch_norm2(self.w2(inner)))


class LinearLifter(nn.Module):
    """Parameters are named as in ``LinearModel`` of weigq/3d_pose_baseline_pytorch.

    Args:
        joints: Number of 2D joints.
        points: Number of 3D joints.
        stages: Number of stages.
        channels: Channels between.
    """

    def __init__(self, joints: int, points: int, stages: int = 2, channels: int = 1024) -> None:
        super().__init__()
        self.points = points
        self.w1 = nn.Linear(2 * joints, channels)
        self.batch_norm1 = nn.BatchNorm1d(channels)
        self.linear_stages = nn.ModuleList(LinearStage(channels) for _ in range(stages))
        self.w2 = nn.Linear(channels, 3 * points)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, joints, 2) to (N, 1, points, 3)."""
        x = torch.relu(self.batch_norm1(self.w1(x.flatten(1))))
        for stage in self.linear_stages:
            x = stage(x)
        return cast("Tensor", self.w2(x).reshape(x.shape[0], 1, self.points, 3))
