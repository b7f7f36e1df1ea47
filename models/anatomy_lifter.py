"""Anatomy3D: bone lengths and bone directions are predicted apart (Chen et al., TCSVT 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

BONES = (
    *((16, 15), (15, 14), (13, 12), (12, 11), (10, 9), (9, 8), (8, 7), (8, 11), (8, 14)),
    *((7, 0), (3, 2), (2, 1), (6, 5), (5, 4), (1, 0), (4, 0)),
)
"""The bones between the 17 joints of Human3.6M: a bone is the first joint minus the second."""


class AnatomyLifter(nn.Module):
    """17 joints with scores over as many frames as the widths need; names are those of ``TemporalModelOptimized1f``.

    Args:
        widths: Width of the first convolution and of that of each block.
        channels: Channels between.
        temperature: Factor before the softmax over the frames in which bones are measured.
    """

    shrink_direct_1: nn.Module
    shrink_direct_2: nn.Module

    def __init__(self, widths: Sequence[int], channels: int = 1024, temperature: float = 10.0) -> None:
        super().__init__()
        joints, bones = len(BONES) + 1, len(BONES)
        self.widths = tuple(widths)
        self.channels = channels
        self.temperature = temperature
        self.expand_conv = nn.Conv1d(2 * joints, channels, widths[0], widths[0], bias=False)
        self.expand_bn = nn.BatchNorm1d(channels)
        self.expand_convscore = nn.Conv1d(joints, channels, widths[0], widths[0], bias=False)
        self.expand_bnscore = nn.BatchNorm1d(channels)
        self.layers_conv, self.layers_bn = _blocks(channels, [2 * channels] + [channels] * (len(widths) - 2), widths)
        self.layers_conv1, self.layers_bn1 = _blocks(channels, [2 * channels] * (len(widths) - 1), widths)
        sizes = [2 * joints, *[channels] * (2 * len(widths) - 1), 3 * joints]
        self.layers_convbone = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.layers_bnbone = nn.ModuleList(nn.BatchNorm1d(channels) for _ in sizes[1:-1])
        self.boneatt = nn.Linear(6 * joints, bones)
        shifts = joints * (joints + 1) // 2 - bones
        self.lengthlinear, self.directlinear = nn.Linear(bones, channels), nn.Conv1d(3 * bones, channels, 1)
        self.shrink = nn.Conv1d(channels, 3 * joints, 1)
        for network in (1, 2):
            self.add_module(f"shrink_direct_{network}", nn.Conv1d(channels, 3 * bones, 1))
            self.add_module(f"lengthlinear_{network}", nn.Linear(bones, channels))
            self.add_module(f"directlinear_{network}", nn.Conv1d(3 * bones, channels, 1))
            self.add_module(f"shrink_js_{network}", nn.Conv1d(channels, 3 * shifts, 1))

    @property
    def frames(self) -> int:
        """The number of frames that the output depends on."""
        return prod(self.widths)

    def forward(self, x: Tensor) -> Tensor:
        """(N, frames, 17, 3) = x y score to (N, 1, 17, 3).

        Bones are measured in the same frames; the authors take up to 50 random frames of the whole video.
        """
        lengths, _ = self.lengths(x[..., :2])
        return self.joints(lengths, self.directions(x)[1])

    def lengths(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Bone lengths (N, 16), and the joints (N, S, 17, 3) in each of the S frames of ``x`` (N, S, 17, 2)."""
        count, frames = x.shape[:2]
        x = self._bone_layer(x.reshape(count * frames, -1), 0)
        for layer in range(1, len(self.layers_bnbone), 2):
            x = x + self._bone_layer(self._bone_layer(x, layer), layer + 1)
        x = self.layers_convbone[-1](x)
        attention = self.boneatt(torch.cat((x, x.abs()), 1)).reshape(count, frames, -1)
        weights = torch.softmax(attention * self.temperature, dim=1)
        joints = x.reshape(count, frames, -1, 3)
        first, second = (torch.tensor([bone[end] for bone in BONES]) for end in (0, 1))
        lengths = (joints[:, :, first] - joints[:, :, second]).pow(2).sum(3).sqrt()
        return (lengths * weights).sum(1), joints

    def directions(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Bone directions (N, 48, 1) of the first and of the second sub-network, for ``x`` (N, frames, 17, 3)."""
        places = x[..., :2].flatten(2).transpose(1, 2)
        places = torch.relu(self.expand_bn(self.expand_conv(places)))
        scores = torch.relu(self.expand_bnscore(self.expand_convscore(x[..., 2].transpose(1, 2))))
        passed = [places]
        current = torch.cat((places, scores * places), 1)
        for block in range(len(self.widths) - 1):
            current = self._block(current, block, self.layers_conv, self.layers_bn)
            passed.append(current)
        first = current
        current = first.repeat(1, 1, self.frames // self.widths[0])
        for block in range(len(self.widths) - 1):
            joined = torch.cat((current, passed[block]), 1)
            current = self._block(joined, block, self.layers_conv1, self.layers_bn1)
        return _unit(self.shrink_direct_1(first)), _unit(self.shrink_direct_2(current))

    def joints(self, lengths: Tensor, directions: Tensor) -> Tensor:
        """Joints (N, 1, 17, 3) from bone lengths (N, 16) and directions (N, 48, 1)."""
        x = self.lengthlinear(lengths)[:, :, None] * self.directlinear(directions)
        joints: Tensor = self.shrink(x)
        return joints.reshape(x.shape[0], 1, -1, 3)

    def shifts(self, lengths: Tensor, directions: Tensor, network: int) -> Tensor:
        """Vectors (N, 1, 137, 3) between joints that no bone connects, which training compares; ``network`` 1 or 2."""
        part = {name: getattr(self, f"{name}_{network}") for name in ("lengthlinear", "directlinear", "shrink_js")}
        x = part["lengthlinear"](lengths)[:, :, None] * part["directlinear"](directions)
        shifts: Tensor = part["shrink_js"](x)
        return shifts.reshape(x.shape[0], 1, -1, 3)

    def _bone_layer(self, x: Tensor, layer: int) -> Tensor:
        return torch.relu(self.layers_bnbone[layer](self.layers_convbone[layer](x)))

    def _block(self, x: Tensor, block: int, convs: nn.ModuleList, norms: nn.ModuleList) -> Tensor:
        """One residual block; its skip connection takes the middle frames and the first half of the channels."""
        width = self.widths[block + 1]
        kept = x[:, : self.channels, width // 2 :: width]
        for layer in (2 * block, 2 * block + 1):
            x = torch.relu(norms[layer](convs[layer](x)))
        return kept + x


def _blocks(channels: int, inputs: Sequence[int], widths: Sequence[int]) -> tuple[nn.ModuleList, nn.ModuleList]:
    """The convolutions of the blocks, two each, and their batch normalizations."""
    convs: list[nn.Module] = []
    for entering, width in zip(inputs, widths[1:], strict=True):
        convs.append(nn.Conv1d(entering, channels, width, width, bias=False))
        convs.append(nn.Conv1d(channels, channels, 1, bias=False))
    return nn.ModuleList(convs), nn.ModuleList(nn.BatchNorm1d(channels) for _ in convs)


def _unit(x: Tensor) -> Tensor:
    """Vectors (N, 3 B, 1) of length 1."""
    vectors = x.reshape(x.shape[0], -1, 3)
    return (vectors / vectors.pow(2).sum(2, keepdim=True).sqrt()).reshape(x.shape)
