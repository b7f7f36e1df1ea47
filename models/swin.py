"""Swin: attention within windows that are shifted in every other block (Liu et al., ICCV 2021), with MMPose's names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.vision_transformer import FeedForward
from models.window_attention import WindowAttention, from_windows, to_windows

APART = -100.0
"""Added to the similarity of cells that only the shift brought into one window."""


@dataclass(frozen=True, slots=True)
class SwinStage:
    """One stage: ``blocks`` blocks on tokens of ``width``, with ``heads`` heads and ``hidden`` hidden channels."""

    width: int
    blocks: int
    heads: int
    hidden: int


class Swin(nn.Module):
    """A crop to features of a 32nd of its size with four stages and patches of 4x4 pixels.

    ``window`` is the side of the windows in cells. The number of the normalization after the last stage is its own.
    """

    def __init__(self, patch: int, window: int, stages: tuple[SwinStage, ...]) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict(
            {"projection": nn.Conv2d(3, stages[0].width, patch, patch), "norm": nn.LayerNorm(stages[0].width)}
        )
        self.stages = nn.ModuleList()
        for number, stage in enumerate(stages):
            blocks = nn.ModuleList(
                SwinBlock(stage, window, window // 2 if index % 2 else 0) for index in range(stage.blocks)
            )
            parts: dict[str, nn.Module] = {"blocks": blocks}
            if number + 1 < len(stages):
                parts["downsample"] = Merging(stage.width, stages[number + 1].width)
            self.stages.append(nn.ModuleDict(parts))
        self.features_out = stages[-1].width
        self.last = f"norm{len(stages) - 1}"
        self.add_module(self.last, nn.LayerNorm(self.features_out))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, ``features_out``, H / 32, W / 32)."""
        x = self.patch_embed["norm"](self.patch_embed["projection"](x).permute(0, 2, 3, 1))
        for stage in self.stages:
            parts = dict(stage.named_children())
            for block in parts["blocks"].children():
                x = block(x)
            if "downsample" in parts:
                x = parts["downsample"](x)
        return self.get_submodule(self.last)(x).permute(0, 3, 1, 2)


class SwinBlock(nn.Module):
    """Attention within windows, shifted by ``shift`` cells, and a feed-forward network."""

    def __init__(self, stage: SwinStage, window: int, shift: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(stage.width)
        self.attn = nn.ModuleDict({"w_msa": WindowAttention(stage.width, stage.heads, window)})
        self.norm2 = nn.LayerNorm(stage.width)
        self.ffn = FeedForward(stage.width, stage.hidden)
        self.window, self.shift = window, shift

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, width) to the same shape."""
        height, width = (int(side) for side in x.shape[1:3])
        below, beside = -height % self.window, -width % self.window
        y = functional.pad(self.norm1(x), (0, 0, 0, beside, 0, below))
        size = (height + below, width + beside)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), dims=(1, 2))
        mask = _mask(size, self.window, self.shift) if self.shift else None
        y = from_windows(self.attn["w_msa"](to_windows(y, self.window), mask), size)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), dims=(1, 2))
        x = x + y[:, :height, :width]
        return x + self.ffn(self.norm2(x))


class Merging(nn.Module):
    """Joins 2x2 cells, the cells of a channel side by side, and halves their channels (``PatchMerging``)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * inputs)
        self.reduction = nn.Linear(4 * inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, H, W, inputs) to (N, H / 2, W / 2, outputs)."""
        height, width = (int(side) for side in x.shape[1:3])
        x = functional.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        x = x.unflatten(1, (-1, 2)).unflatten(3, (-1, 2))
        return self.reduction(self.norm(x.permute(0, 1, 3, 5, 2, 4).flatten(3)))


def _mask(size: tuple[int, int], window: int, shift: int) -> Tensor:
    """What keeps cells apart that were not neighbors before the shift: (windows, cells, cells)."""
    region = torch.zeros(1, *size, 1)
    bounds = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
    for number, (rows, columns) in enumerate((rows, columns) for rows in bounds for columns in bounds):
        region[:, rows, columns] = number
    cells = to_windows(region, window)[0, :, :, 0]
    return torch.where(cells[:, None] == cells[:, :, None], 0.0, APART)
