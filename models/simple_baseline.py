"""SimpleBaseline: a ResNet and deconvolutions (Xiao et al., ECCV 2018; ``pose_resnet`` of the original code)."""

from __future__ import annotations

from torch import Tensor

from models.head import Head, head_layers
from models.resnet import Block, ResNet, Style


class SimpleBaseline(ResNet):
    """SimpleBaseline from a crop to heatmaps: ResNet features, upsampled by the deconvolutions of ``head``.

    The arguments are those of ``ResNet`` and the head; see ``models.head``.
    """

    def __init__(
        self, block: Block, blocks: tuple[int, ...], head: Head, width: int = 64, style: Style = "pytorch"
    ) -> None:
        super().__init__(block, blocks, width, style)
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(self.features_out, head)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4) with four layers and three deconvolutions."""
        return self.final_layer(self.conv_layers(self.deconv_layers(self.features(x))))
