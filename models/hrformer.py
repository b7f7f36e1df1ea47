"""HRFormer: HRNet's branches with attention within windows (Yuan et al., NeurIPS 2021), with MMPose's names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.branches import Fusing, fuse_layers, fused_terms
from models.hrnet import HRNetBackbone, Stage
from models.lite_hrnet import separable
from models.window_attention import WindowAttention, from_windows, to_windows

EPSILON = 1e-6
"""Of the layer normalizations."""


@dataclass(frozen=True, slots=True)
class FormerStage(Stage):
    """One stage; ``heads``, ``windows`` (sides in cells) and ``hidden`` hold one value per branch."""

    heads: tuple[int, ...] = ()
    windows: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()


class HRFormer(HRNetBackbone):
    """HRFormer without its head; the arguments are those of ``HRNetBackbone``, with stages of its own kind."""

    def exchange(self, stage: Stage, inputs: tuple[int, ...], rows: int, fusing: Fusing) -> nn.Module:
        """See ``Trunk.exchange``."""
        assert isinstance(stage, FormerStage)
        return FormerExchange(stage, rows, fusing)


class FormerExchange(nn.Module):
    """One module of a stage: blocks per branch, then fusion by separable convolutions."""

    def __init__(self, stage: FormerStage, rows: int, fusing: Fusing) -> None:
        super().__init__()
        sizes = zip(stage.planes, stage.blocks, stage.heads, stage.windows, stage.hidden, strict=True)
        self.branches = nn.ModuleList(
            nn.Sequential(*(FormerBlock(width, heads, window, hidden) for _ in range(blocks)))
            for width, blocks, heads, window, hidden in sizes
        )
        self.fuse_layers = fuse_layers(stage.planes, rows, separable, fusing)
        self.relu = nn.ReLU()

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Fuse the branches; branch b is (N, C_b, H / 2^b, W / 2^b) in the input and in the output list."""
        branches = [layer(x) for layer, x in zip(self.branches, branches, strict=True)]
        rows = (fused_terms(layers, row, branches) for row, layers in enumerate(self.fuse_layers))
        return [self.relu(reduce(torch.add, terms)) for terms in rows]


class FormerBlock(nn.Module):
    """Attention within windows, and a feed-forward network with a depthwise convolution."""

    def __init__(self, width: int, heads: int, window: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, EPSILON)
        self.attn = nn.ModuleDict({"attn": WindowAttention(width, heads, window)})
        self.norm2 = nn.LayerNorm(width, EPSILON)
        self.ffn = ConvolutionalFeedForward(width, hidden)
        self.window = window

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) to the same shape."""
        tokens = x.permute(0, 2, 3, 1)
        tokens = tokens + self._attention(self.norm1(tokens))
        return tokens.permute(0, 3, 1, 2) + self.ffn(self.norm2(tokens).permute(0, 3, 1, 2))

    def _attention(self, x: Tensor) -> Tensor:
        """(N, H, W, width) to the same shape; the windows reach over the borders by as much on each side."""
        height, width = (int(side) for side in x.shape[1:3])
        rows, columns = -height % self.window, -width % self.window
        top, left = rows // 2, columns // 2
        x = functional.pad(x, (0, 0, left, columns - left, top, rows - top))
        size = (height + rows, width + columns)
        x = from_windows(self.attn["attn"](to_windows(x, self.window)), size)
        return x[:, top : top + height, left : left + width]


class ConvolutionalFeedForward(nn.Module):
    """A 1x1, a depthwise 3x3 and a 1x1 convolution, each with batch normalization and GELU (``CrossFFN``)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, hidden, 1)
        self.norm1 = nn.BatchNorm2d(hidden)
        self.dw3x3 = nn.Conv2d(hidden, hidden, 3, 1, 1, groups=hidden)
        self.norm2 = nn.BatchNorm2d(hidden)
        self.fc2 = nn.Conv2d(hidden, width, 1)
        self.norm3 = nn.BatchNorm2d(width)
        self.gelu = nn.GELU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) to the same shape."""
        x = self.gelu(self.norm2(self.dw3x3(self.gelu(self.norm1(self.fc1(x))))))
        return self.gelu(self.norm3(self.fc2(x)))
