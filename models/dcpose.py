"""DCPose: heatmaps of three frames corrected by their differences (Liu et al., CVPR 2021; ``DcPose_RSN``)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.deform_conv import deform_conv
from models.hrnet import HRNet

DILATION_STEP = 3
"""The n-th deformable convolution has n times this dilation."""
TAPS = 9


@dataclass(frozen=True, slots=True)
class Step:
    """One residual steps block: from ``inputs`` channels to ``outputs``, by four branches of ``branch`` channels."""

    inputs: int
    branch: int
    outputs: int


@dataclass(frozen=True, slots=True)
class DCPoseShape:
    """The sizes after the heatmaps of the single frames.

    Attributes:
        keypoints: Number of keypoints.
        differences: The blocks that see the differences of the heatmaps.
        merged: The blocks that merge the heatmaps.
        joined: The blocks that see what both of these give.
        dilations: Number of deformable convolutions.
    """

    keypoints: int
    differences: tuple[Step, ...]
    merged: tuple[Step, ...]
    joined: tuple[Step, ...]
    dilations: int


class DCPose(nn.Module):
    """The crop of a person in a frame, in an earlier and in a later one, to heatmaps for the frame.

    ``rough`` is the network that estimates the heatmaps of single frames.
    """

    def __init__(self, rough: HRNet, shape: DCPoseShape) -> None:
        super().__init__()
        keypoints, inputs = shape.keypoints, shape.joined[-1].outputs
        self.rough_pose_estimation_net = rough
        self.diff_temporal_fuse = Chain(shape.differences)
        self.support_temporal_fuse = Chain(shape.merged)
        self.offset_mask_combine_conv = Chain(shape.joined)
        spread = [DILATION_STEP * (number + 1) for number in range(shape.dilations)]

        def convs(outputs: int) -> nn.ModuleList:
            return nn.ModuleList(
                nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, gap, gap, bias=False)) for gap in spread
            )

        self.offsets_list = convs(2 * TAPS * keypoints)
        self.masks_list = convs(TAPS * keypoints)
        self.modulated_deform_conv_list = nn.ModuleList(DeformedMaps(keypoints, gap) for gap in spread)

    def forward(self, frames: Tensor, margin: Tensor) -> tuple[Tensor, Tensor]:
        """Heatmaps (N, K, H / 4, W / 4) by the current frame alone, and by all three.

        ``frames`` (N, 9, H, W) are the crops from the current, the earlier and the later frame; ``margin`` (N, 2) are
        the numbers of frames to the earlier and to the later one.
        """
        rough = self.rough_pose_estimation_net(frames.reshape(-1, 3, *frames.shape[2:]))
        now, before, after = rough.unflatten(0, (-1, 3)).unbind(1)
        shares = (margin / margin.sum(dim=1, keepdim=True))[:, :, None, None, None]
        # The nearer of the two frames counts more.
        weight_before, weight_after = shares[:, 1], shares[:, 0]
        change_before, change_after = now - before, now - after
        changes = [change_before, change_before * weight_before, change_after, change_after * weight_after]
        # All of a keypoint side by side.
        merged = self.support_temporal_fuse(
            torch.stack([now, before * weight_before, after * weight_after], dim=2).flatten(1, 2)
        )
        differences = self.diff_temporal_fuse(torch.stack(changes, dim=2).flatten(1, 2))
        joined = self.offset_mask_combine_conv(torch.cat([differences, merged], dim=1))
        parts = zip(self.offsets_list, self.masks_list, self.modulated_deform_conv_list, strict=True)
        warped = [deformed(merged, offsets(joined), masks(joined)) for offsets, masks, deformed in parts]
        return now, torch.stack(warped).mean(dim=0)


class DeformedMaps(nn.Module):
    """A modulated deformable 3x3 convolution that displaces every heatmap on its own."""

    def __init__(self, keypoints: int, dilation: int) -> None:
        super().__init__()
        self.deform_conv = nn.Conv2d(keypoints, keypoints, 3)
        self.dilation = dilation

    def forward(self, maps: Tensor, offsets: Tensor, masks: Tensor) -> Tensor:
        """``maps`` (N, K, H, W), ``offsets`` (N, 18 K, H, W) and ``masks`` (N, 9 K, H, W) to (N, K, H, W)."""
        own = self.deform_conv
        return deform_conv(maps, own.weight, own.bias, offsets, masks, padding=self.dilation, dilation=self.dilation)


class ConvBnRelu(nn.Module):
    """Convolution with bias, batch norm, and ReLU if ``relu``."""

    def __init__(self, inputs: int, outputs: int, kernel: int, relu: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2)
        self.bn = nn.BatchNorm2d(outputs)
        self.activation = nn.ReLU() if relu else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        return self.activation(self.bn(self.conv(x)))


class ResidualSteps(nn.Module):
    """Four branches of one to four 3x3 convolutions that pass on what they compute (RSN; Cai et al., ECCV 2020)."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.conv_bn_relu1 = ConvBnRelu(step.inputs, 4 * step.branch, 1)
        for branch in range(1, 5):
            for number in range(1, branch + 1):
                self.add_module(f"conv_bn_relu2_{branch}_{number}", ConvBnRelu(step.branch, step.branch, 3))
        self.conv_bn_relu3 = ConvBnRelu(4 * step.branch, step.outputs, 1, relu=False)
        changed = step.inputs != step.outputs
        self.downsample = ConvBnRelu(step.inputs, step.outputs, 1, relu=False) if changed else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        above: list[Tensor] = []
        ends: list[Tensor] = []
        for branch, y in enumerate(self.conv_bn_relu1(x).chunk(4, dim=1), start=1):
            row: list[Tensor] = []
            for number in range(1, branch + 1):
                if number <= len(above):
                    y = y + above[number - 1]
                y = self.get_submodule(f"conv_bn_relu2_{branch}_{number}")(y)
                row.append(y)
            above = row
            ends.append(y)
        return self.relu(self.conv_bn_relu3(torch.cat(ends, dim=1)) + self.downsample(x))


class Chain(nn.Module):
    """Residual steps blocks, one after the other."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(ResidualSteps(step) for step in steps))

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs of the first block, H, W) to (N, outputs of the last, H, W)."""
        return self.layers(x)
