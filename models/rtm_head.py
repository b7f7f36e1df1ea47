"""RTMPose's head: SimCC vectors from gated attention over the keypoints (Jiang et al., 2023; ``RTMCCHead``).

The gated attention unit is that of Hua et al., ICML 2022, with squared ReLU attention.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class RTMHeadShape:
    """The sizes of the head.

    Attributes:
        maps: Number of keypoints.
        kernel: Side of the kernel of the convolution that makes one map of each keypoint.
        cells: Number of cells of the feature map.
        hidden: Length of a keypoint's token.
        key: Length of the attention's queries and keys.
        expanded: Length of the attention's values.
        bins: Bins of the vectors along x and along y.
    """

    maps: int
    kernel: int
    cells: int
    hidden: int
    key: int
    expanded: int
    bins: tuple[int, int]


class RTMHead(nn.Module):
    """Features to one vector per axis and keypoint."""

    def __init__(self, inputs: int, shape: RTMHeadShape) -> None:
        super().__init__()
        self.final_layer = nn.Conv2d(inputs, shape.maps, shape.kernel, 1, shape.kernel // 2)
        self.mlp = nn.Sequential(ScaleNorm(shape.cells), nn.Linear(shape.cells, shape.hidden, bias=False))
        self.gau = GatedAttention(shape.hidden, shape.key, shape.expanded)
        self.cls_x = nn.Linear(shape.hidden, shape.bins[0], bias=False)
        self.cls_y = nn.Linear(shape.hidden, shape.bins[1], bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, inputs, h, w) to vectors along x (N, K, bins) and along y (N, K, bins)."""
        tokens = self.gau(self.mlp(self.final_layer(x).flatten(2)))
        return self.cls_x(tokens), self.cls_y(tokens)


class ScaleNorm(nn.Module):
    """Divides by the root mean square over the last axis and multiplies by one learned factor."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1))
        self.scale = length**-0.5

    def forward(self, x: Tensor) -> Tensor:
        """(..., length) to the same shape."""
        magnitude = torch.linalg.vector_norm(x, dim=-1, keepdim=True) * self.scale
        return x / magnitude.clamp(min=1e-5) * self.g


class ChannelScale(nn.Module):
    """Multiplies every channel of the last axis by a learned factor."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(length))

    def forward(self, x: Tensor) -> Tensor:
        """(..., length) to the same shape."""
        return x * self.scale


class GatedAttention(nn.Module):
    """Self-attention of the keypoints' tokens, gated, with a scaled shortcut (``RTMCCBlock``)."""

    def __init__(self, hidden: int, key: int, expanded: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(2, key))
        self.beta = nn.Parameter(torch.zeros(2, key))
        self.o = nn.Linear(expanded, hidden, bias=False)
        self.uv = nn.Linear(hidden, 2 * expanded + key, bias=False)
        self.ln = ScaleNorm(hidden)
        self.res_scale = ChannelScale(hidden)
        self.sizes = [expanded, expanded, key]

    def forward(self, x: Tensor) -> Tensor:
        """(N, K, hidden) to the same shape."""
        gate, values, base = functional.silu(self.uv(self.ln(x))).split(self.sizes, dim=2)
        queries, keys = (base * self.gamma[row] + self.beta[row] for row in (0, 1))
        weights = functional.relu(queries @ keys.transpose(1, 2) / self.sizes[2] ** 0.5).square()
        return self.res_scale(x) + self.o(gate * (weights @ values))
