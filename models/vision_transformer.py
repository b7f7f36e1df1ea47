"""ViTPose's vision transformer (Dosovitskiy et al., ICLR 2021; Xu et al., NeurIPS 2022), with MMPretrain's names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

PADDING = 2
"""Padding of the patches' convolution; it shifts the grid without changing the number of patches."""
EPSILON = 1e-6
"""Of the layer normalizations."""


@dataclass(frozen=True, slots=True)
class TransformerShape:
    """The sizes of the transformer.

    Attributes:
        width: Length of a token.
        layers: Number of layers.
        heads: Attention heads; the weights do not show this number.
        hidden: Hidden length of the feed-forward networks.
        patch: Side of a patch in pixels.
        patches: Number of patches.
        classed: The position table has a first row that is added to all patches, as in the authors' code.
        bias: Queries, keys and values have a bias.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    patch: int
    patches: int
    classed: bool = False
    bias: bool = True


class VisionTransformer(nn.Module):
    """A crop to features, one cell per patch; the crop has as many patches as the position table has rows for."""

    pos_embed: Tensor
    class_pos_embed: Tensor

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.classed = shape.classed
        table = nn.Parameter(torch.zeros(1, shape.patches + shape.classed, shape.width))
        self.register_parameter("class_pos_embed" if shape.classed else "pos_embed", table)
        projection = nn.Conv2d(3, shape.width, shape.patch, shape.patch, PADDING)
        self.patch_embed = nn.ModuleDict({"projection": projection})
        self.layers = nn.ModuleList(TransformerLayer(shape) for _ in range(shape.layers))
        self.ln1 = nn.LayerNorm(shape.width, EPSILON)
        self.features_out = shape.width

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, width, H / patch, W / patch)."""
        grid = self.patch_embed["projection"](x)
        tokens = grid.flatten(2).transpose(1, 2)
        if self.classed:
            tokens = tokens + (self.class_pos_embed[:, 1:] + self.class_pos_embed[:, :1])
        else:
            tokens = tokens + self.pos_embed
        for layer in self.layers:
            tokens = layer(tokens)
        return self.ln1(tokens).transpose(1, 2).reshape(grid.shape)


class TransformerLayer(nn.Module):
    """Self-attention and a feed-forward network, each after a layer normalization and with a shortcut."""

    def __init__(self, shape: TransformerShape) -> None:
        super().__init__()
        self.ln1 = nn.LayerNorm(shape.width, EPSILON)
        self.attn = SelfAttention(shape.width, shape.heads, shape.bias)
        self.ln2 = nn.LayerNorm(shape.width, EPSILON)
        self.ffn = FeedForward(shape.width, shape.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        x = x + self.attn(self.ln1(x))
        return x + self.ffn(self.ln2(x))


class SelfAttention(nn.Module):
    """Scaled dot-product attention with several heads."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=bias)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        count, tokens, width = x.shape
        qkv = self.qkv(x).reshape(count, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = qkv[0] * (width // self.heads) ** -0.5, qkv[1], qkv[2]
        weights = (queries @ keys.transpose(2, 3)).softmax(dim=-1)
        return self.proj((weights @ values).transpose(1, 2).reshape(count, tokens, width))


class FeedForward(nn.Module):
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Sequential(nn.Linear(width, hidden), nn.GELU()), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        return self.layers(x)
