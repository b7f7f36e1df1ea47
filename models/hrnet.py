"""HRNet: parallel branches of several resolutions that exchange features (Sun et al., CVPR 2019).

``pose_hrnet`` of the original code computes its heatmaps from the finest branch alone. HRNetV2 (Wang et al., TPAMI
2020), as MMPose uses it for hands and faces, concatenates all branches and upsamples bilinearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.branches import Fusing, enter, fuse_layers, fused_terms, transition
from models.head import Head, head_layers
from models.resnet import BasicBlock, Block, residual_layer


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: ``modules`` modules of parallel branches.

    ``planes`` and ``blocks`` hold one value per branch: the width of its residual blocks (before the block's
    expansion) and their number.
    """

    modules: int
    planes: tuple[int, ...]
    blocks: tuple[int, ...]
    block: Block = BasicBlock

    @property
    def channels(self) -> tuple[int, ...]:
        """Number of output channels of each branch."""
        return tuple(planes * self.block.expansion for planes in self.planes)


class Exchange(nn.Module):
    """One module of a stage: residual blocks per branch, then fusion (``HighResolutionModule`` of the original code).

    Every output branch is the sum of all branches, each resampled to its resolution. Only the first ``rows`` branches
    are output.
    """

    def __init__(self, stage: Stage, inputs: tuple[int, ...], rows: int, fusing: Fusing) -> None:
        super().__init__()
        channels = stage.channels
        self.branches = nn.ModuleList(
            residual_layer(stage.block, *shape) for shape in zip(inputs, stage.planes, stage.blocks, strict=True)
        )
        self.fuse_layers = fuse_layers(channels, rows, _step, fusing)
        self.relu = nn.ReLU()

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Fuse the branches; branch b is (N, C_b, H / 2^b, W / 2^b) in the input and in the output list."""
        branches = [layer(x) for layer, x in zip(self.branches, branches, strict=True)]
        if not len(self.fuse_layers):
            return branches
        rows = (fused_terms(layers, row, branches) for row, layers in enumerate(self.fuse_layers))
        # Added from the first branch on, as in the original code.
        return [self.relu(reduce(torch.add, terms)) for terms in rows]


class Trunk(nn.Module):
    """The part of an HRNet before its head: an image to branches of a quarter, an eighth and so on of its size.

    Args:
        stem: Output channels of the first two convolutions.
        first: The residual layer before the branches split (layer1).
        stages: stage2, stage3 and so on.
        rows: Number of branches that the last module outputs; most checkpoints lack the weights for the others.
        fusing: Interpolation used to upsample coarse branches.
    """

    def __init__(
        self, stem: int, first: Stage, stages: tuple[Stage, ...], rows: int = 1, fusing: Fusing = "nearest"
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU()
        self.layer1 = residual_layer(first.block, stem, first.planes[0], first.blocks[0])

        self.stages = len(stages)
        before = first.channels
        for number, stage in enumerate(stages):
            self.add_module(f"transition{number + 1}", transition(before, stage.channels, _step))
            modules, inputs = [], stage.channels
            for module in range(stage.modules):
                last = number == len(stages) - 1 and module == stage.modules - 1
                modules.append(self.exchange(stage, inputs, rows if last else len(inputs), fusing))
            self.add_module(f"stage{number + 2}", nn.Sequential(*modules))
            before = stage.channels
        self.channels_out = before

    def exchange(self, stage: Stage, inputs: tuple[int, ...], rows: int, fusing: Fusing) -> nn.Module:
        """One module of ``stage``, for branches of ``inputs`` channels; it outputs the first ``rows`` branches."""
        return Exchange(stage, inputs, rows, fusing)

    def branches(self, x: Tensor) -> list[Tensor]:
        """(N, 3, H, W) to the branches, branch b as (N, ``channels_out[b]``, H / 2^(b + 2), W / 2^(b + 2))."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        branches = [self.layer1(x)]
        for number in range(1, self.stages + 1):
            branches = enter(self.get_submodule(f"transition{number}"), branches)
            branches = self.get_submodule(f"stage{number + 1}")(branches)
        return branches


class HRNet(Trunk):
    """HRNet from a crop to heatmaps of a quarter of its height and width (times 2 for each deconvolution in ``head``).

    Args:
        stem: Output channels of the first two convolutions.
        first: The residual layer before the branches split (layer1).
        stages: stage2, stage3 and so on.
        head: The head; see ``models.head``.
        merged: The head takes all branches concatenated (HRNetV2) instead of the finest one.
        rows: Number of branches that the last module outputs.
        fusing: Interpolation used to upsample coarse branches.
    """

    def __init__(
        self,
        stem: int,
        first: Stage,
        stages: tuple[Stage, ...],
        head: Head,
        merged: bool = False,
        rows: int = 1,
        fusing: Fusing = "nearest",
    ) -> None:
        super().__init__(stem, first, stages, rows, fusing)
        self.merged = merged
        inputs = sum(self.channels_out) if merged else self.channels_out[0]
        self.deconv_layers, self.conv_layers, self.final_layer = head_layers(inputs, head)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, maps, H / 4, W / 4); with four branches H and W must be multiples of 32."""
        branches = self.branches(x)
        features = merge(branches) if self.merged else branches[0]
        return self.final_layer(self.conv_layers(self.deconv_layers(features)))


class HRNetBackbone(Trunk):
    """An HRNet without its head; the arguments are those of ``Trunk``.

    Its features are the finest branch, or all branches concatenated if ``merged`` (HRNetV2).
    """

    def __init__(
        self,
        stem: int,
        first: Stage,
        stages: tuple[Stage, ...],
        rows: int = 1,
        fusing: Fusing = "nearest",
        merged: bool = False,
    ) -> None:
        super().__init__(stem, first, stages, rows, fusing)
        self.merged = merged
        self.features_out = sum(self.channels_out) if merged else self.channels_out[0]

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 4, W / 4)."""
        branches = self.branches(x)
        return merge(branches) if self.merged else branches[0]


def merge(branches: list[Tensor]) -> Tensor:
    """All branches resized to the finest one and concatenated: (N, sum of channels, H, W)."""
    size = branches[0].shape[2:]
    larger = [functional.interpolate(x, size=size, mode="bilinear", align_corners=False) for x in branches[1:]]
    return torch.cat([branches[0], *larger], dim=1)


def _step(inputs: int, outputs: int, stride: int, relu: bool = True) -> nn.Sequential:
    steps = [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*steps, nn.ReLU()) if relu else nn.Sequential(*steps)
