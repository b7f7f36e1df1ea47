"""ViPNAS's MobileNetV3: searched widths, kernels and groups (Xu et al., CVPR 2021; Howard et al., ICCV 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.conv_block import ConvBlock, SqueezeExcitation

STRIDES = (1, 2, 2, 2, 1, 2)
"""Stride of the first block of each stage."""
HARD_SWISH_FROM = 3
"""The stages from this one on have hard swish for ReLU."""


@dataclass(frozen=True, slots=True)
class SearchedBlock:
    """One inverted residual block.

    Attributes:
        hidden: Channels inside.
        outputs: Output channels.
        kernel: Side of the kernel of the middle convolution.
        groups: Its number of groups.
        squeezed: Hidden channels of squeeze and excitation; 0 for none.
        widened: The block begins with a 1x1 convolution.
    """

    hidden: int
    outputs: int
    kernel: int
    groups: int
    squeezed: int = 0
    widened: bool = True


class ViPNASMobileNet(nn.Module):
    """A crop to features of a 32nd of its size.

    Args:
        stem: Output channels of the first convolution.
        stages: The blocks of each of the six stages; they are numbered from layer1 on without regard to stages.
    """

    def __init__(self, stem: int, stages: tuple[tuple[SearchedBlock, ...], ...]) -> None:
        super().__init__()
        self.conv1 = ConvBlock(3, stem, 3, 2, activation=nn.Hardswish())
        self.names: list[str] = []
        inputs = stem
        for number, (blocks, first) in enumerate(zip(stages, STRIDES, strict=True)):
            for position, block in enumerate(blocks):
                self.names.append(f"layer{len(self.names) + 1}")
                hard = number >= HARD_SWISH_FROM
                self.add_module(self.names[-1], SearchedResidual(inputs, block, 1 if position else first, hard))
                inputs = block.outputs
        self.features_out = inputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        x = self.conv1(x)
        for name in self.names:
            x = self.get_submodule(name)(x)
        return x


class SearchedResidual(nn.Module):
    """The convolutions of a ``SearchedBlock``, with a shortcut where the shape stays."""

    def __init__(self, inputs: int, block: SearchedBlock, stride: int, hard: bool) -> None:
        super().__init__()

        def activation() -> nn.Module:
            return nn.Hardswish() if hard else nn.ReLU()

        widen = ConvBlock(inputs, block.hidden, activation=activation()) if block.widened else nn.Identity()
        self.expand_conv = widen
        self.depthwise_conv = ConvBlock(
            block.hidden, block.hidden, block.kernel, stride, block.groups, activation=activation()
        )
        squeezed = SqueezeExcitation(block.hidden, block.squeezed, WideHardSigmoid()) if block.squeezed else None
        self.se = squeezed or nn.Identity()
        self.linear_conv = ConvBlock(block.hidden, block.outputs)
        self.shortcut = stride == 1 and inputs == block.outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        y = self.linear_conv(self.se(self.depthwise_conv(self.expand_conv(x))))
        return x + y if self.shortcut else y


class WideHardSigmoid(nn.Module):
    """(x + 1) / 2, clipped to 0..1: the hard sigmoid of these networks, which is steeper than PyTorch's."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return ((x + 1) / 2).clamp(0, 1)
