"""PRTR: keypoints as queries of a transformer decoder (Li et al., CVPR 2021; the two-stage variant)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.detr_layers import DecoderLayer, EncoderLayer
from models.hrnet import Stage, Trunk
from models.resnet import Bottleneck, residual_layer


@dataclass(frozen=True, slots=True)
class QueryShape:
    """The sizes of the transformer.

    Attributes:
        width: Length of a token.
        heads: Attention heads; the weights do not show this number.
        hidden: Hidden length of the feed-forward networks.
        encoders: Number of encoder layers.
        decoders: Number of decoder layers.
        queries: Number of queries.
        classes: Number of keypoints and one for none.
        regressors: Number of linear layers that compute the coordinates of a query.
    """

    width: int
    heads: int
    hidden: int
    encoders: int
    decoders: int
    queries: int
    classes: int
    regressors: int = 3


class PRTR(nn.Module):
    """A crop to queries: how much each is each keypoint, and where it is.

    ``backbone`` computes features of ``inputs`` channels.
    """

    def __init__(self, backbone: nn.Module, inputs: int, shape: QueryShape) -> None:
        super().__init__()
        self.transformer = QueryTransformer(shape)
        self.backbone = nn.ModuleList([nn.ModuleDict({"body": backbone})])
        self.class_embed = nn.Linear(shape.width, shape.classes)
        widths = [shape.width] * shape.regressors
        layers = [nn.Linear(width, shape.width) for width in widths[1:]]
        self.kpt_embed = nn.ModuleDict({"layers": nn.ModuleList([*layers, nn.Linear(shape.width, 2)])})
        self.query_embed = nn.Embedding(shape.queries, shape.width)
        self.input_proj = nn.Conv2d(inputs, shape.width, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to logits (N, queries, K + 1), and x and y as fractions of the crop (N, queries, 2)."""
        features = self.input_proj(self.backbone.get_submodule("0.body")(x))
        positions = sine_positions(features.shape[2], features.shape[3], features.shape[1])
        decoded = self.transformer(features.flatten(2).transpose(1, 2), positions, self.query_embed.weight[None])
        *hidden, last = self.kpt_embed.get_submodule("layers").children()
        places = decoded
        for layer in hidden:
            places = torch.relu(layer(places))
        return self.class_embed(decoded), torch.sigmoid(last(places))


class QueryTransformer(nn.Module):
    """The encoder, which sees the features, and the decoder, which answers the queries."""

    def __init__(self, shape: QueryShape) -> None:
        super().__init__()
        sizes = (shape.width, shape.heads, shape.hidden)
        encoders = nn.ModuleList(EncoderLayer(*sizes) for _ in range(shape.encoders))
        decoders = nn.ModuleList(DecoderLayer(*sizes) for _ in range(shape.decoders))
        self.encoder = nn.ModuleDict({"layers": encoders})
        self.decoder = nn.ModuleDict({"layers": decoders, "norm": nn.LayerNorm(shape.width)})

    def forward(self, tokens: Tensor, positions: Tensor, queries: Tensor) -> Tensor:
        """Tokens (N, L, width), positions (1, L, width) and queries (1, Q, width) to answers (N, Q, width)."""
        for layer in self.encoder["layers"].children():
            tokens = layer(tokens, positions)
        answers = torch.zeros_like(queries) * tokens[:, :1, :1]  # one row for each crop
        for layer in self.decoder["layers"].children():
            answers = layer(answers, queries, tokens, positions)
        return self.decoder["norm"](answers)


class HRNetFeatures(Trunk):
    """An HRNet whose branches are joined at the size of the coarsest, as for classification (Wang et al., TPAMI 2020).

    Args:
        stem: Output channels of the first two convolutions.
        first: The residual layer before the branches split.
        stages: The stages of parallel branches.
        planes: Width of the bottleneck that widens each branch.
        outputs: Channels of the features.
    """

    def __init__(
        self, stem: int, first: Stage, stages: tuple[Stage, ...], planes: tuple[int, ...], outputs: int
    ) -> None:
        super().__init__(stem, first, stages, len(planes))
        pairs = zip(stages[-1].channels, planes, strict=True)
        self.incre_modules = nn.ModuleList(residual_layer(Bottleneck, inputs, width, 1) for inputs, width in pairs)
        wide = [width * Bottleneck.expansion for width in planes]
        self.downsamp_modules = nn.ModuleList(_block(wide[n], wide[n + 1], 3, 2) for n in range(len(wide) - 1))
        self.final_layer = _block(wide[-1], outputs, 1, 1)
        self.features_out = outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, outputs, H / 32, W / 32) with four branches."""
        widened = [layer(branch) for layer, branch in zip(self.incre_modules, self.branches(x), strict=True)]
        y = widened[0]
        for finer, coarser in zip(self.downsamp_modules, widened[1:], strict=True):
            y = coarser + finer(y)
        return self.final_layer(y)


def _block(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.BatchNorm2d(outputs), nn.ReLU())


def sine_positions(height: int, width: int, channels: int) -> Tensor:
    """DETR's table of positions (1, height * width, channels): half of the channels for rows, half for columns.

    Positions run from just above 0 to 2 pi; wavelengths are a geometric series up to 10000 times 2 pi.
    """
    half = channels // 2
    wavelengths = 10000 ** (2 * (torch.arange(half) // 2).float() / half)

    def axis(length: int) -> Tensor:
        angles = (torch.arange(1, length + 1) / (length + 1e-6) * 2 * torch.pi)[:, None] / wavelengths
        return torch.stack([angles[:, 0::2].sin(), angles[:, 1::2].cos()], dim=2).flatten(1)

    rows = axis(height)[:, None].expand(height, width, half)
    columns = axis(width)[None].expand(height, width, half)
    return torch.cat([rows, columns], dim=2).reshape(1, height * width, channels)
