"""TokenPose: a transformer over tokens of patches and of keypoints (Li et al., ICCV 2021).

TokenPose-T takes patches of the crop itself, TokenPose-S those of a few convolutions, TokenPose-B and TokenPose-L those
of an HRNet's finest branch; TokenPose-L has three transformers in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from models.hrnet import Stage, Trunk
from models.resnet import residual_layer


@dataclass(frozen=True, slots=True)
class TokenShape:
    """The sizes of the transformer.

    Attributes:
        keypoints: Number of keypoints, each with a token of its own.
        patch: (height, width) of a patch in cells of the features.
        patches: Number of patches.
        width: Length of a token.
        layers: Number of layers of a transformer.
        heads: Attention heads; the weights do not show this number.
        inner: Length of queries, keys and values of all heads together.
        hidden: Hidden length of the feed-forward networks.
        decoded: Hidden length of the network that makes a heatmap of a token; 0 where it is one linear layer.
        cells: Number of cells of a heatmap.
        transformers: Number of transformers; the tokens after each make the heatmaps together.
        learned: Positions are learned, those of the keypoints too, and added once; else they are sines, added to the
            patches before each layer.
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
    transformers: int = 1
    learned: bool = False


class PatchTokens(nn.Module):
    """Features or a crop to heatmaps, by tokens; alone it is TokenPose-T.

    Args:
        shape: The sizes.
        channels: Channels of the features.
        stride: Size of the features divided by that of the heatmaps.
        per_head: Attention is scaled by the length of a head's queries, else (TokenPose-S) by that of a token.
    """

    def __init__(self, shape: TokenShape, channels: int = 3, stride: int = 4, per_head: bool = True) -> None:
        super().__init__()
        self.shape, self.stride = shape, stride
        rows = shape.patches + (shape.keypoints if shape.learned else 0)
        self.keypoint_token = nn.Parameter(torch.zeros(1, shape.keypoints, shape.width))
        self.pos_embedding = nn.Parameter(torch.zeros(1, rows, shape.width))
        self.patch_to_embedding = nn.Linear(channels * shape.patch[0] * shape.patch[1], shape.width)
        self.names = ["transformer"]
        if shape.transformers > 1:
            self.names = [f"transformer{number + 1}" for number in range(shape.transformers)]
        for name in self.names:
            self.add_module(name, KeypointTransformer(shape, per_head))
        self.mlp_head = nn.Sequential(*_decoder(shape))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, maps, H / stride, W / stride)."""
        height, width = x.shape[2:]
        shape, patches = self.shape, self.patch_to_embedding(self._patches(x))
        keypoints = self.keypoint_token.expand(x.shape[0], -1, -1)
        if shape.learned:
            tokens = torch.cat([keypoints, patches], dim=1) + self.pos_embedding
        else:
            tokens = torch.cat([keypoints, patches + self.pos_embedding], dim=1)
        seen = []
        for name in self.names:
            tokens = self.get_submodule(name)(tokens, None if shape.learned else self.pos_embedding)
            seen.append(tokens[:, : shape.keypoints])
        return self.mlp_head(torch.cat(seen, dim=2)).unflatten(2, (height // self.stride, width // self.stride))

    def _patches(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, patches, C * cells of a patch), the channels of a cell side by side."""
        count, channels, height, width = x.shape
        rows, columns = self.shape.patch
        cells = x.reshape(count, channels, height // rows, rows, width // columns, columns)
        return cells.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)


def _decoder(shape: TokenShape) -> list[nn.Module]:
    width = shape.width * shape.transformers
    if not shape.decoded:
        return [nn.LayerNorm(width), nn.Linear(width, shape.cells)]
    return [
        nn.LayerNorm(width),
        nn.Linear(width, shape.decoded),
        nn.LayerNorm(shape.decoded),
        nn.Linear(shape.decoded, shape.cells),
    ]


class TokenPose(PatchTokens):
    """TokenPose-S: convolutions to a quarter of the crop's size, then the transformer.

    The weights fit one size of crops only. The original code has all names behind ``features.``.
    """

    def __init__(self, stem: int, first: Stage, shape: TokenShape) -> None:
        super().__init__(shape, first.channels[0], stride=1, per_head=False)
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        self.layer1 = residual_layer(first.block, stem, first.planes[0], first.blocks[0])

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4)."""
        x = self.relu(self.bn1(self.conv1(x)))
        return super().forward(self.layer1(self.relu(self.bn2(self.conv2(x)))))


class HRNetTokenPose(nn.Module):
    """TokenPose-B and TokenPose-L: an HRNet's finest branch, then the transformers.

    ``trunk`` holds the arguments of ``models.hrnet.Trunk``.
    """

    def __init__(self, shape: TokenShape, **trunk: Any) -> None:
        super().__init__()
        self.pre_feature = Trunk(**trunk)
        self.transformer = PatchTokens(shape, self.pre_feature.channels_out[0], stride=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4)."""
        return self.transformer(self.pre_feature.branches(x)[0])


class KeypointTransformer(nn.Module):
    """The layers of the transformer; the positions are added to the patches before each of them but the first."""

    def __init__(self, shape: TokenShape, per_head: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.ModuleDict({"fn": Normalized(shape.width, TokenAttention(shape, per_head))}),
                    nn.ModuleDict({"fn": Normalized(shape.width, TokenFeedForward(shape))}),
                ]
            )
            for _ in range(shape.layers)
        )
        self.keypoints = shape.keypoints

    def forward(self, x: Tensor, positions: Tensor | None) -> Tensor:
        """Tokens (N, K + patches, width), the keypoints' first, to the same shape; no ``positions``: none are added."""
        for number, layer in enumerate(self.layers):
            if number and positions is not None:
                x = torch.cat([x[:, : self.keypoints], x[:, self.keypoints :] + positions], dim=1)
            for part in layer:  # type: ignore[attr-defined]  # a ModuleList, which nn.Module does not state
                x = x + part["fn"](x)
        return x


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

    def __init__(self, shape: TokenShape, per_head: bool) -> None:
        super().__init__()
        self.heads = shape.heads
        self.scale = (shape.width // shape.heads if per_head else shape.width) ** -0.5
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
