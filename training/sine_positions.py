"""The positions that a TransPose is trained with (Yang et al., ICCV 2021); checkpoints contain them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

LONGEST = 10000
"""Ratio of the longest to the shortest wavelength."""

EPSILON = 1e-6


def sine_positions(size: tuple[int, int], channels: int) -> Tensor:
    """The table (h * w, channels) for maps of ``size`` (h, w): half of the channels for y, half for x.

    Each half has pairs of sine and cosine; a side of the map is one period of the shortest wave.
    """
    height, width = size
    pairs = torch.arange(channels // 2, dtype=torch.float64) // 2
    waves = LONGEST ** (2 * pairs / (channels // 2))
    halves = []
    for count in (height, width):
        angles = torch.arange(1, count + 1, dtype=torch.float64) / (count + EPSILON) * 2 * math.pi
        table = angles[:, None] / waves
        halves.append(torch.stack([table[:, 0::2].sin(), table[:, 1::2].cos()], 2).flatten(1))
    y, x = halves[0][:, None].expand(-1, width, -1), halves[1][None].expand(height, -1, -1)
    return torch.cat([y, x], 2).flatten(0, 1).float()
