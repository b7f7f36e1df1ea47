"""Transformer layers as in DETR (Carion et al., ECCV 2020): positions are added to queries and keys in every layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class Attention(nn.Module):
    """Attention with several heads and the parameters of ``torch.nn.MultiheadAttention``."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.zeros(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.heads = heads

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Queries (N, Q, width) on keys and values (N, L, width) to (N, Q, width)."""
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        q, k, v = (
            self._split(functional.linear(x, weight, bias))
            for x, weight, bias in zip((queries, keys, values), weights, biases, strict=True)
        )
        shares = (q * q.shape[3] ** -0.5 @ k.transpose(2, 3)).softmax(dim=-1)
        return self.out_proj((shares @ v).transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        """(N, L, width) to (N, heads, L, width / heads)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward network, each followed by a layer normalization of the sum with its input."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Tokens (N, L, width) and their positions (1, L, width) to (N, L, width)."""
        placed = x + positions
        x = self.norm1(x + self.self_attn(placed, placed, x))
        return self.norm2(x + self.linear2(functional.relu(self.linear1(x))))


class DecoderLayer(nn.Module):
    """Self-attention of the queries, attention to the encoder's tokens, and a feed-forward network."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.multihead_attn = Attention(width, heads)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)

    def forward(self, x: Tensor, queries: Tensor, memory: Tensor, positions: Tensor) -> Tensor:
        """The queries' tokens (N, Q, width) after this layer.

        ``x`` are those before it, ``queries`` (1, Q, width) are learned, ``memory`` (N, L, width) are the encoder's
        tokens and ``positions`` (1, L, width) theirs.
        """
        asking = x + queries
        x = self.norm1(x + self.self_attn(asking, asking, x))
        x = self.norm2(x + self.multihead_attn(x + queries, memory + positions, memory))
        return self.norm3(x + self.linear2(functional.relu(self.linear1(x))))
