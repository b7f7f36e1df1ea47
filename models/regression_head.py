"""Heads that output coordinates: DeepPose, residual log-likelihood estimation and integral regression."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.head import Head, HeatmapHead


class RegressionHead(nn.Module):
    """Coordinates by one linear layer on the mean of the features (DeepPose; Toshev and Szegedy, CVPR 2014).

    ``columns`` is 2, or 4 with a deviation per coordinate (RLE; Li et al., ICCV 2021), which a sigmoid still has to
    bring to 0..1. The normalizing flow of RLE serves training only and is not part of the network.
    """

    def __init__(self, inputs: int, keypoints: int, columns: int = 2) -> None:
        super().__init__()
        self.fc = nn.Linear(inputs, keypoints * columns)
        self.columns = columns

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, h, w) to (N, K, columns), x and y as fractions of the crop."""
        return self.fc(x.mean(dim=(2, 3))).unflatten(1, (-1, self.columns))


class IntegralHead(nn.Module):
    """Coordinates as means over softmax heatmaps (Sun et al., ECCV 2018; DSNT, Nibali et al., 2018, is the same).

    Args:
        inputs: Channels of the features.
        head: The layers that compute the heatmaps.
        side: (height, width) of the heatmaps.
        beta: Factor of the heatmaps before the softmax.
        debias: The softmax's pull towards the center is taken out (Gu et al., ICCV 2021).
        wrapped: The layers are a module of their own, as those with deconvolutions are in MMPose.

    ``linspace_x`` and ``linspace_y`` are the coordinates of the cells.
    """

    linspace_x: Tensor
    linspace_y: Tensor

    def __init__(
        self,
        inputs: int,
        head: Head,
        side: tuple[int, int],
        beta: float = 1.0,
        debias: bool = False,
        wrapped: bool = True,
    ) -> None:
        super().__init__()
        height, width = side
        self.register_buffer("linspace_x", (torch.arange(width) / width).view(1, 1, 1, width))
        self.register_buffer("linspace_y", (torch.arange(height) / height).view(1, 1, height, 1))
        maps = HeatmapHead(inputs, head)
        if wrapped:
            self.simplebaseline_head = maps
        else:
            self.final_layer = maps.final_layer
        self.beta, self.debias, self.wrapped = beta, debias, wrapped

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, inputs, h, w) to coordinates (N, K, 2) as fractions of the crop, and softmax heatmaps (N, K, H, W)."""
        given = self.simplebaseline_head(x) if self.wrapped else self.final_layer(x)
        maps = (given * self.beta).flatten(2).softmax(dim=2).view(given.shape)
        axes = ((maps * line).sum(dim=(2, 3)) for line in (self.linspace_x, self.linspace_y))
        coordinates = torch.stack(list(axes), dim=2)
        if self.debias:
            total = given.flatten(2).exp().sum(dim=2, keepdim=True)
            coordinates = total / (total - 1) * (coordinates - 1 / (2 * total))
        return coordinates, maps
