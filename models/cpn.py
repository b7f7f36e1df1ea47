"""CPN: a pyramid network that finds the clear keypoints, and one that refines the others (Chen et al., CVPR 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.resnet import Block, ResNet, Style


@dataclass(frozen=True, slots=True)
class Trunk:
    """The ResNet: its block, the number of blocks in each layer, and the planes of the first."""

    block: Block
    blocks: tuple[int, ...]
    width: int = 64


class WideBottleneck(nn.Module):
    """A bottleneck whose output has twice the channels of its planes, with a projected shortcut."""

    def __init__(self, inputs: int, planes: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class Features(ResNet):
    """A ResNet that outputs the features of all its layers."""

    def forward(self, x: Tensor) -> list[Tensor]:  # type: ignore[override]
        """(N, 3, H, W) to features, coarse to fine: of a 32nd, a 16th, an eighth and a quarter of the size."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        outputs: list[Tensor] = []
        for name, layer in self.named_children():
            if name.startswith("layer"):
                x = layer(x)
                outputs = [x, *outputs]
        return outputs


class Predicted(nn.Sequential):
    """Heatmaps of a given size from the features of one resolution."""

    def __init__(self, width: int, maps: int) -> None:
        final = nn.Conv2d(width, maps, 3, 1, 1, bias=False)
        # The fifth layer of the original resizes to a fixed size.
        super().__init__(*_lateral(width, width), final, nn.Identity(), nn.BatchNorm2d(maps))

    def forward(self, x: Tensor, size: torch.Size) -> Tensor:  # type: ignore[override]
        """(N, width, h, w) to (N, maps, H, W), with (H, W) = ``size``."""
        *steps, _, norm = self
        for step in steps:
            x = step(x)
        return norm(_resized(x, size))


class GlobalNet(nn.Module):
    """The pyramid: features of all resolutions, and heatmaps from each."""

    def __init__(self, channels: tuple[int, ...], width: int, maps: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(_lateral(inputs, width) for inputs in channels)
        self.upsamples = nn.ModuleList(_upsampled(width) for _ in channels[1:])
        self.predict = nn.ModuleList(Predicted(width, maps) for _ in channels)

    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Features, coarse to fine, to those of the pyramid (N, width, h, w), and heatmaps of the finest's size."""
        size = x[-1].shape[2:]
        features: list[Tensor] = []
        outputs = []
        for number, (lateral, predict) in enumerate(zip(self.laterals, self.predict, strict=True)):
            seen = lateral(x[number])
            features.append(seen + self.upsamples[number - 1](features[-1]) if number else seen)
            outputs.append(predict(features[-1], size))
        return features, outputs


class RefineNet(nn.Module):
    """All features of the pyramid at the finest size, the coarser ones through more blocks, to the final heatmaps."""

    def __init__(self, width: int, planes: int, blocks: tuple[int, ...], maps: int) -> None:
        super().__init__()
        self.cascade = nn.ModuleList(
            nn.Sequential(*(WideBottleneck(width, planes, width) for _ in range(count))) for count in blocks
        )
        self.final_predict = nn.Sequential(
            WideBottleneck(width * len(blocks), planes, width),
            nn.Conv2d(width, maps, 3, 1, 1, bias=False),
            nn.BatchNorm2d(maps),
        )

    def forward(self, x: list[Tensor]) -> Tensor:
        """Features, coarse to fine, to heatmaps (N, maps, H, W) of the finest's size."""
        size = x[-1].shape[2:]
        seen = [_resized(blocks(feature), size) for blocks, feature in zip(self.cascade, x, strict=True)]
        return self.final_predict(torch.cat(seen, dim=1))


class CPN(nn.Module):
    """CPN from a crop to heatmaps of a quarter of its size.

    Args:
        trunk: The ResNet.
        width: Channels of the pyramid.
        planes: Planes of the refining blocks.
        blocks: Number of refining blocks of each resolution, coarse to fine.
        maps: Number of heatmaps.
        style: Position of the stride in the ResNet's bottlenecks.
    """

    def __init__(
        self,
        trunk: Trunk,
        width: int,
        planes: int,
        blocks: tuple[int, ...],
        maps: int,
        style: Style = "pytorch",
    ) -> None:
        super().__init__()
        self.resnet = Features(trunk.block, trunk.blocks, trunk.width, style)
        expansion = trunk.block.expansion
        channels = tuple(trunk.width * 2**number * expansion for number in range(len(trunk.blocks)))
        self.global_net = GlobalNet(channels[::-1], width, maps)
        self.refine_net = RefineNet(width, planes, blocks, maps)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to heatmaps (N, maps, H / 4, W / 4): the pyramid's, coarse to fine, then the refined ones."""
        features, outputs = self.global_net(self.resnet(x))
        return [*outputs, self.refine_net(features)]


def _resized(x: Tensor, size: torch.Size) -> Tensor:
    # Whole numbers also in a trace, so that the sizes of the graph's outputs are known.
    sides = [int(side) for side in size]
    return nn.functional.interpolate(x, size=sides, mode="bilinear", align_corners=True)


def _lateral(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())


def _upsampled(width: int) -> nn.Sequential:
    upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    return nn.Sequential(upsample, nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))
