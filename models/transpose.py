"""TransPose: the first stages of a ResNet or HRNet, then a transformer encoder (Yang et al., ICCV 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.detr_layers import EncoderLayer
from models.head import Head, head_layers
from models.hrnet import Stage, Trunk
from models.resnet import Block, ResNet, Style


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """The sizes of the encoder.

    Attributes:
        width: Length of a token.
        layers: Number of layers.
        heads: Attention heads; the weights do not show this number.
        hidden: Hidden length of the feed-forward networks.
        cells: Number of tokens: cells of the feature map.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    cells: int


class GlobalEncoder(nn.Module):
    """The transformer encoder."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(shape.width, shape.heads, shape.hidden) for _ in range(shape.layers))

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """Features (N, width, H, W) and positions (H * W, 1, width) to features of the same shape."""
        tokens, table = x.flatten(2).transpose(1, 2), positions.transpose(0, 1)
        for layer in self.layers:
            tokens = layer(tokens, table)
        return tokens.transpose(1, 2).reshape(x.shape)


class TransPoseR(ResNet):
    """TransPose with the first layers of a ResNet; the arguments are those of ``ResNet``, the encoder and the head."""

    def __init__(
        self,
        block: Block,
        blocks: tuple[int, ...],
        encoder: EncoderShape,
        head: Head,
        width: int = 64,
        style: Style = "pytorch",
    ) -> None:
        super().__init__(block, blocks, width, style)
        self.pos_embedding = nn.Parameter(torch.zeros(encoder.cells, 1, encoder.width))
        self.reduce = nn.Conv2d(self.features_out, encoder.width, 1, bias=False)
        self.global_encoder = GlobalEncoder(encoder)
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(encoder.width, head)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4) with two layers and one deconvolution."""
        x = self.global_encoder(self.reduce(self.features(x)), self.pos_embedding)
        return self.final_layer(self.conv_layers(self.deconv_layers(x)))


class TransPoseH(Trunk):
    """TransPose on the finest branch of an HRNet; the arguments are those of ``Trunk``, the encoder and the head."""

    def __init__(
        self, stem: int, first: Stage, stages: tuple[Stage, ...], encoder: EncoderShape, head: Head, rows: int = 1
    ) -> None:
        super().__init__(stem, first, stages, rows)
        self.pos_embedding = nn.Parameter(torch.zeros(encoder.cells, 1, encoder.width))
        self.reduce = nn.Conv2d(stages[-1].channels[0], encoder.width, 1, bias=False)
        self.global_encoder = GlobalEncoder(encoder)
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(encoder.width, head)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4)."""
        x = self.global_encoder(self.reduce(self.branches(x)[0]), self.pos_embedding)
        return self.final_layer(self.conv_layers(self.deconv_layers(x)))
