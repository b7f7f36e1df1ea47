"""TokenPose: a transformer over tokens of patches and of keypoints (Li et al., ICCV 2021; ``TokenPose-S``)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.hrnet import Stage
from models.resnet import residual_layer


@dataclass(frozen=True, slots=True)
class TokenShape:
    """The sizes of the transformer.

    Attributes:
        keypoints: Number of keypoints, each with a token of its own.
        patch: (height, width) of a patch in cells of the features.
        patches: Number of patches.
        width: Length of a token.
        layers: Number of layers.
        heads: Attention heads; the weights do not show this number.
        inner: Length of queries, keys and values of all heads together.
        hidden: Hidden length of the feed-forward networks.
        decoded: Hidden length of the network that makes a heatmap of a token; 0 where it is one linear layer.
        cells: Number of cells of a heatmap.
    """

    keypoints: int
    patch: tuple[int, int]
    patches: int
    width: int
    layers: int
    heads: int
    inner: int
    hidden: int
    decoded: int
    cells: int


class TokenPose(nn.Module):
    """Convolutions to a quarter of the crop's size, then the transformer, to heatmaps.

    The weights fit one size of crops only. The original code has all names behind ``features.``.
    """

    def __init__(self, stem: int, first: Stage, shape: TokenShape) -> None:
        super().__init__()
        self.keypoint_token = nn.Parameter(torch.zeros(1, shape.keypoints, shape.width))
        self.pos_embedding = nn.Parameter(torch.zeros(1, shape.patches, shape.width))
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        self.layer1 = residual_layer(first.block, stem, first.planes[0], first.blocks[0])
        self.patch = shape.patch
        self.patch_to_embedding = nn.Linear(first.channels[0] * shape.patch[0] * shape.patch[1], shape.width)
        self.transformer = KeypointTransformer(shape)
        if shape.decoded:
            decoder: list[nn.Module] = [
                nn.LayerNorm(shape.width),
                nn.Linear(shape.width, shape.decoded),
                nn.LayerNorm(shape.decoded),
                nn.Linear(shape.decoded, shape.cells),
            ]
        else:
            decoder = [nn.LayerNorm(shape.width), nn.Linear(shape.width, shape.cells)]
        self.mlp_head = nn.Sequential(*decoder)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer1(self.relu(self.bn2(self.conv2(x))))
        height, width = x.shape[2:]
        patches = self.patch_to_embedding(self._patches(x)) + self.pos_embedding
        keypoints = self.keypoint_token.expand(x.shape[0], -1, -1)
        tokens = self.transformer(torch.cat([keypoints, patches], dim=1), self.pos_embedding)
        return self.mlp_head(tokens).unflatten(2, (height, width))

    def _patches(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, patches, C * cells of a patch), the channels of a cell side by side."""
        count, channels, height, width = x.shape
        rows, columns = self.patch
        cells = x.reshape(count, channels, height // rows, rows, width // columns, columns)
        return cells.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


class KeypointTransformer(nn.Module):
    """The layers of the transformer; the positions are added to the patches before each of them."""

    def __init__(self, shape: TokenShape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.ModuleDict({"fn": Normalized(shape.width, TokenAttention(shape))}),
                    nn.ModuleDict({"fn": Normalized(shape.width, TokenFeedForward(shape))}),
                ]
            )
            for _ in range(shape.layers)
        )
        self.keypoints = shape.keypoints

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Tokens (N, K + patches, width), the keypoints' first, to the keypoints' tokens (N, K, width)."""
        for number, layer in enumerate(self.layers):
            if number:
                x = torch.cat([x[:, : self.keypoints], x[:, self.keypoints :] + positions], dim=1)
            for part in layer:  # type: ignore[attr-defined]  # a ModuleList, which nn.Module does not state
                x = x + part["fn"](x)
        return x[:, : self.keypoints]


class Normalized(nn.Module):
    """A layer normalization before ``inner``."""

    def __init__(self, width: int, inner: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fn = inner

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        return self.fn(self.norm(x))


class TokenAttention(nn.Module):
    """Self-attention with several heads."""

    def __init__(self, shape: TokenShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.scale = shape.width**-0.5  # of the whole token, not of a head, as in the original code
        self.to_qkv = nn.Linear(shape.width, 3 * shape.inner, bias=False)
        self.to_out = nn.Sequential(nn.Linear(shape.inner, shape.width))

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        q, k, v = self.to_qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        weights = (q * self.scale @ k.transpose(2, 3)).softmax(dim=-1)
        return self.to_out((weights @ v).transpose(1, 2).flatten(2))


class TokenFeedForward(nn.Module):
    """Two linear layers with a GELU between them; dropout stood at numbers 2 and 4."""

    def __init__(self, shape: TokenShape) -> None:
        super().__init__()
        outer = nn.Linear(shape.hidden, shape.width)
        self.net = nn.Sequential(nn.Linear(shape.width, shape.hidden), nn.GELU(), nn.Identity(), outer)

    def forward(self, x: Tensor) -> Tensor:
        """(N, tokens, width) to the same shape."""
        return self.net(x)
