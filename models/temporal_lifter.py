"""VideoPose3D: 2D joints over a few frames to 3D joints in the current one (Pavllo et al., CVPR 2019).

With convolutions of width 1 it is SimpleBaseline3D as MMPose builds it (Martinez et al., ICCV 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn


class TemporalLifter(nn.Module):
    """Residual blocks of convolutions over time; parameters are named as in ``TemporalModel`` of VideoPose3D.

    Args:
        joints: Number of 2D joints.
        points: Number of 3D joints.
        widths: Width of the first convolution and of that of each block.
        channels: Channels between.
        causal: The skip connections take the last of the frames that a convolution sees, not the middle one.
        strided: The input has exactly the frames that one output needs; the convolutions compute nothing else.
    """

    def __init__(
        self,
        joints: int,
        points: int,
        widths: Sequence[int],
        channels: int = 1024,
        causal: bool = False,
        strided: bool = False,
    ) -> None:
        super().__init__()
        self.widths = tuple(widths)
        self.causal = causal
        self.strided = strided
        self.points = points
        self.expand_conv = nn.Conv1d(2 * joints, channels, widths[0], widths[0] if strided else 1, bias=False)
        self.expand_bn = nn.BatchNorm1d(channels)
        convs: list[nn.Module] = []
        for block, width in enumerate(widths[1:], 1):
            spacing = 1 if strided else prod(widths[:block])
            convs.append(nn.Conv1d(channels, channels, width, width if strided else 1, dilation=spacing, bias=False))
            convs.append(nn.Conv1d(channels, channels, 1, bias=False))
        self.layers_conv = nn.ModuleList(convs)
        self.layers_bn = nn.ModuleList(nn.BatchNorm1d(channels) for _ in convs)
        self.shrink = nn.Conv1d(channels, 3 * points, 1)

    @property
    def frames(self) -> int:
        """The number of frames that one output depends on."""
        return prod(self.widths)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, joints, 2) to (N, T - frames + 1, points, 3); with ``strided`` T is ``frames``."""
        x = x.flatten(2).transpose(1, 2)
        x = torch.relu(self.expand_bn(self.expand_conv(x)))
        for block in range(len(self.widths) - 1):
            kept = self._kept(x, block + 1)
            for layer in (2 * block, 2 * block + 1):
                x = torch.relu(self.layers_bn[layer](self.layers_conv[layer](x)))
            x = kept + x
        x = self.shrink(x).transpose(1, 2)
        return x.reshape(x.shape[0], -1, self.points, 3)

    def _kept(self, x: Tensor, block: int) -> Tensor:
        """The frames of ``x`` (N, channels, T) that the skip connection of ``block`` adds."""
        width = self.widths[block]
        tap = width - 1 if self.causal else width // 2
        if self.strided:
            return x[:, :, tap::width]
        spacing = prod(self.widths[:block])
        return x[:, :, tap * spacing : x.shape[2] - (width - 1 - tap) * spacing]
