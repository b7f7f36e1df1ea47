"""Attention within windows of cells, with a bias by relative position (Swin; Liu et al., ICCV 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WindowAttention(nn.Module):
    """Self-attention with several ``heads`` among the cells of a window of ``side`` x ``side`` (``WindowMSA``)."""

    relative_position_index: Tensor

    def __init__(self, width: int, heads: int, side: int) -> None:
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * side - 1) ** 2, heads))
        rows, columns = (torch.arange(side * side) // side, torch.arange(side * side) % side)
        apart = [place[:, None] - place + side - 1 for place in (rows, columns)]
        self.register_buffer("relative_position_index", apart[0] * (2 * side - 1) + apart[1])
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Windows (N, W, cells, width) to the same shape; ``mask`` (W, cells, cells) is added to the similarities."""
        q, k, v = self.qkv(x).unflatten(3, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
        similar = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1) + bias
        if mask is not None:
            similar = similar + mask[:, None]
        return self.proj((similar.softmax(dim=-1) @ v).transpose(2, 3).flatten(3))


def to_windows(x: Tensor, side: int) -> Tensor:
    """Cells (N, H, W, C) to windows (N, H * W / side^2, side^2, C)."""
    count, height, width, channels = x.shape
    windows = x.reshape(count, height // side, side, width // side, side, channels).transpose(2, 3)
    return windows.reshape(count, -1, side * side, channels)


def from_windows(windows: Tensor, size: tuple[int, int]) -> Tensor:
    """Windows (N, windows, side^2, C) to cells (N, H, W, C); ``size`` is (H, W)."""
    side, channels = int(windows.shape[2] ** 0.5), windows.shape[3]
    height, width = size
    parts = windows.reshape(-1, height // side, width // side, side, side, channels)
    return parts.transpose(2, 3).reshape(-1, height, width, channels)
