"""The head of SimCC: one vector per axis and keypoint (Li et al., ECCV 2022; ``SimCCHead`` of MMPose)."""

from __future__ import annotations

from torch import Tensor, nn

from models.head import Head, HeatmapHead


class SimCCHead(nn.Module):
    """Features to one map per keypoint, and each map to a vector along x and one along y.

    Args:
        inputs: Channels of the features.
        head: The layers that compute the maps.
        cells: Number of cells of a map.
        bins: Bins of the vectors along x and along y.
        wrapped: The layers are a module of their own, as those with deconvolutions are in MMPose.
    """

    def __init__(self, inputs: int, head: Head, cells: int, bins: tuple[int, int], wrapped: bool = True) -> None:
        super().__init__()
        maps = HeatmapHead(inputs, head)
        if wrapped:
            self.deconv_head = maps
        else:
            self.final_layer = maps.final_layer
        self.mlp_head_x = nn.Linear(cells, bins[0])
        self.mlp_head_y = nn.Linear(cells, bins[1])
        self.wrapped = wrapped

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, inputs, h, w) to vectors along x (N, K, bins) and along y (N, K, bins)."""
        maps = (self.deconv_head(x) if self.wrapped else self.final_layer(x)).flatten(2)
        return self.mlp_head_x(maps), self.mlp_head_y(maps)
