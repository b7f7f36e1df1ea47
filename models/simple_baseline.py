"""SimpleBaseline: a ResNet and a few deconvolutions (Xiao, Wu and Wei, ECCV 2018; ``pose_resnet``)."""

from __future__ import annotations

from torch import Tensor

from models.head import Head, head_layers
from models.resnet import Block, ResNet, Style


class SimpleBaseline(ResNet):
    """A crop to heatmaps: ResNet features, doubled by each deconvolution of ``head``."""

    def __init__(
        self, block: Block, blocks: tuple[int, ...], head: Head, width: int = 64, style: Style = "pytorch"
    ) -> None:
        super().__init__(block, blocks, width, style)
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(self.features_out, head)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, h, w); h = H / 4 with four layers and three deconvolutions."""
        return self.final_layer(self.conv_layers(self.deconv_layers(self.features(x))))
