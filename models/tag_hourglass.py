"""Stacked hourglasses for associative embedding (Newell et al., NeurIPS 2017): heatmaps and tags of the whole picture.

Those of pose-ae-train have no batch normalization and take images with the channels last; those of MMPose 0.x
(``HourglassAENet``) have it, and other names.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Norms:
    """Which convolutions are followed by batch normalization: of the stem, the hourglasses, after them, the merges."""

    stem: bool = False
    inside: bool = False
    after: bool = False
    merges: bool = False


class Conv(nn.Module):
    """A convolution that keeps the size at stride 1, batch normalization if ``norm``, and a ReLU if ``relu``."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        stride: int = 1,
        norm: bool = False,
        bias: bool = True,
        relu: bool = True,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)
        self.bn = nn.BatchNorm2d(outputs) if norm else None
        self.relu = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""
        x = self.conv(x)
        return self.relu(x if self.bn is None else self.bn(x))


class Hourglass(nn.Module):
    """An hourglass: half the size, a narrower hourglass or a convolution there, the size again, and a shortcut.

    ``widths`` are the channels at each resolution, fine to coarse.
    """

    def __init__(self, widths: tuple[int, ...], norm: bool, bias: bool) -> None:
        super().__init__()
        outer, inner = widths[:2]
        self.up1 = Conv(outer, outer, norm=norm, bias=bias)
        self.pool = nn.MaxPool2d(2, 2)
        self.low1 = Conv(outer, inner, norm=norm, bias=bias)
        self.low2: nn.Module = (
            Hourglass(widths[1:], norm, bias) if len(widths) > 2 else Conv(inner, inner, norm=norm, bias=bias)
        )
        self.low3 = Conv(inner, outer, norm=norm, bias=bias)
        self.up2 = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape; H and W must be multiples of 2^depth."""
        return self.up1(x) + self.up2(self.low3(self.low2(self.low1(self.pool(x)))))


class Merge(nn.Module):
    """A 1x1 convolution that brings an output back to the next hourglass."""

    def __init__(self, inputs: int, outputs: int, norm: bool, bias: bool) -> None:
        super().__init__()
        self.conv = Conv(inputs, outputs, 1, norm=norm, bias=bias, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        return self.conv(x)


class TagHourglass(nn.Module):
    """Stacked hourglasses from an image to maps of a quarter of its size.

    Args:
        stem: Output channels of the four convolutions of the stem; the last are those of the hourglasses.
        widths: Channels at each resolution of an hourglass, fine to coarse.
        stacks: Number of hourglasses.
        maps: Number of maps of each stack.
        norms: Where there is batch normalization; a convolution inside has a bias without it, or if ``bias``.
        bias: Convolutions have a bias beside batch normalization.
        channels_last: Takes (N, H, W, 3), and outputs all stacks in one tensor.
    """

    def __init__(
        self,
        stem: tuple[int, ...],
        widths: tuple[int, ...],
        stacks: int,
        maps: int,
        norms: Norms,
        bias: bool = True,
        channels_last: bool = True,
    ) -> None:
        super().__init__()
        self.channels_last = channels_last
        planes = stem[-1]
        self.pre = nn.Sequential(
            Conv(3, stem[0], 7, 2, norm=norms.stem, bias=bias or not norms.stem),
            Conv(stem[0], stem[1], norm=norms.stem, bias=bias or not norms.stem),
            nn.MaxPool2d(2, 2),
            Conv(stem[1], stem[2], norm=norms.stem, bias=bias or not norms.stem),
            Conv(stem[2], stem[3], norm=norms.stem, bias=bias or not norms.stem),
        )
        after = {"norm": norms.after, "bias": bias or not norms.after}
        self.features = nn.ModuleList(
            nn.Sequential(
                Hourglass(widths, norms.inside, bias or not norms.inside),
                *(Conv(planes, planes, **after) for _ in range(2)),
            )
            for _ in range(stacks)
        )
        merge = norms.merges, bias or not norms.merges
        self.outs = nn.ModuleList(Conv(planes, maps, 1, relu=False) for _ in range(stacks))
        self.merge_features = nn.ModuleList(Merge(planes, planes, *merge) for _ in range(stacks - 1))
        self.merge_preds = nn.ModuleList(Merge(maps, planes, *merge) for _ in range(stacks - 1))

    def forward(self, x: Tensor) -> Tensor | list[Tensor]:
        """One tensor (N, maps, H / 4, W / 4) for each stack, the last one the prediction.

        With ``channels_last`` the image is (N, H, W, 3) and the result one tensor (N, stacks, maps, H / 4, W / 4). The
        maps are K heatmaps, then K tag maps; further ones are not used. With hourglasses of four halvings H and W must
        be multiples of 64.
        """
        x = self.pre(x.permute(0, 3, 1, 2) if self.channels_last else x)
        outputs: list[Tensor] = []
        for number, (feature, out) in enumerate(zip(self.features, self.outs, strict=True)):
            seen = feature(x)
            outputs.append(out(seen))
            if number < len(self.merge_preds):
                x = x + self.merge_preds[number](outputs[-1]) + self.merge_features[number](seen)
        return torch.stack(outputs, 1) if self.channels_last else outputs


class LastTagMaps(nn.Module):
    """A ``TagHourglass`` that takes (N, 3, H, W) and outputs the maps of the last stack that are used."""

    def __init__(self, network: TagHourglass, maps: int) -> None:
        super().__init__()
        self.network = network
        self.maps = maps

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4)."""
        if self.network.channels_last:
            return self.network(x.permute(0, 2, 3, 1))[:, -1, : self.maps]
        return self.network(x)[-1][:, : self.maps]
