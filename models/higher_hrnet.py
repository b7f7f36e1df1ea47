"""HigherHRNet: bottom-up heatmaps of two resolutions with associative-embedding tags (Cheng et al., CVPR 2020).

``pose_higher_hrnet`` of the original code; SWAHR (Luo et al., CVPR 2021) adds layers that predict the scale of each
person, which only training uses. Without deconvolution it is the HRNet for associative embedding of MMPose.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.branches import Fusing
from models.head import DECONV_PADDING
from models.hrnet import HRNet, Stage, Trunk
from models.resnet import BasicBlock, Block, residual_layer


@dataclass(frozen=True, slots=True)
class Upsampling:
    """A deconvolution that doubles height and width, then residual blocks.

    ``maps`` is the number of planes, ``kernel`` the side of the deconvolution's kernel, ``cat`` whether it takes the
    maps of the previous resolution beside its features.
    """

    maps: int
    kernel: int
    blocks: int
    cat: bool
    block: Block = BasicBlock


@dataclass(frozen=True, slots=True)
class Finals:
    """The final convolutions: output channels and kernel side of each resolution, coarse to fine."""

    maps: tuple[int, ...]
    kernels: tuple[int, ...]


class HigherHRNet(Trunk):
    """From an image to maps at a quarter of its size, then at a half and so on.

    Args:
        stem, first, stages, rows, fusing: See ``models.hrnet.Trunk``.
        finals: The final convolutions, one for each resolution.
        upsamplings: One for each resolution but the first.
        scales: Kernel sides of SWAHR's depthwise convolutions, one for each resolution; empty for HigherHRNet.
    """

    def __init__(
        self,
        stem: int,
        first: Stage,
        stages: tuple[Stage, ...],
        finals: Finals,
        upsamplings: tuple[Upsampling, ...],
        rows: int = 1,
        scales: tuple[int, ...] = (),
        fusing: Fusing = "nearest",
    ) -> None:
        super().__init__(stem, first, stages, rows, fusing)
        widths = [self.channels_out[0]]
        self.deconv_layers = nn.ModuleList()
        self.cat = [upsampling.cat for upsampling in upsamplings]
        for number, upsampling in enumerate(upsamplings):
            inputs = widths[-1] + (finals.maps[number] if upsampling.cat else 0)
            self.deconv_layers.append(_upsampling(inputs, upsampling))
            widths.append(upsampling.maps * (upsampling.block.expansion if upsampling.blocks else 1))
        shapes = zip(widths, finals.maps, finals.kernels, strict=True)
        self.final_layers = nn.ModuleList(
            nn.Conv2d(inputs, maps, kernel, 1, kernel // 2) for inputs, maps, kernel in shapes
        )
        if scales:
            keypoints = finals.maps[-1]
            self.conv_scale_layers = nn.ModuleList(
                _scale_layer(inputs, keypoints, kernel) for inputs, kernel in zip(widths, scales, strict=True)
            )

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to one tensor for each resolution.

        The first is (N, 2 K, H / 4, W / 4): K heatmaps, then K tag maps; the next (N, K, H / 2, W / 2): heatmaps.
        SWAHR puts K maps of the persons' scale before them. H and W must be multiples of 32.
        """
        x = self.branches(x)[0]
        outputs, maps = [], self.final_layers[0](x)
        for number, final in enumerate(self.final_layers):
            if number:
                x = self.deconv_layers[number - 1](torch.cat((x, maps), 1) if self.cat[number - 1] else x)
                maps = final(x)
            scales = [self.conv_scale_layers[number](x)] if hasattr(self, "conv_scale_layers") else []
            outputs.append(torch.cat((*scales, maps), 1) if scales else maps)
        return outputs


def _upsampling(inputs: int, layer: Upsampling) -> nn.Sequential:
    padding, output_padding = DECONV_PADDING[layer.kernel]
    first = nn.Sequential(
        nn.ConvTranspose2d(inputs, layer.maps, layer.kernel, 2, padding, output_padding, bias=False),
        nn.BatchNorm2d(layer.maps),
        nn.ReLU(),
    )
    widths = [layer.maps] + [layer.maps * layer.block.expansion] * layer.blocks
    blocks = (residual_layer(layer.block, widths[number], layer.maps, 1) for number in range(layer.blocks))
    return nn.Sequential(first, *blocks)


def _scale_layer(inputs: int, keypoints: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, keypoints, 1),
        nn.BatchNorm2d(keypoints),
        nn.ReLU(),
        nn.Conv2d(keypoints, keypoints, kernel, 1, kernel // 2, groups=keypoints),
    )


class TagHRNet(HRNet):
    """An HRNet for associative embedding as MMPose 1.x builds it: its one final convolution gives heatmaps and tags."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """(N, 3, H, W) to heatmaps and tags, two tensors (N, K, H / 4, W / 4)."""
        heatmaps, tags = super().forward(x).chunk(2, dim=1)
        return heatmaps, tags


class WithoutScales(nn.Module):
    """A SWAHR without the first ``keypoints`` maps of each output, the scale of persons."""

    def __init__(self, network: nn.Module, keypoints: int) -> None:
        super().__init__()
        self.network = network
        self.keypoints = keypoints

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to what a HigherHRNet outputs."""
        return [maps[:, self.keypoints :] for maps in self.network(x)]
