"""Swin as MMPose's backbone (Liu et al., ICCV 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, linear, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind
from models.head import Head, Layer
from models.swin import Swin, SwinStage

SIZES: dict[tuple[int, tuple[int, ...]], str] = {
    (96, (2, 2, 6, 2)): "T",
    (96, (2, 2, 18, 2)): "S",
    (128, (2, 2, 18, 2)): "B",
    (192, (2, 2, 18, 2)): "L",
}
"""The published sizes by width and number of blocks."""


@dataclass(frozen=True, slots=True)
class SwinPlan(BackbonePlan):
    """The arguments of a Swin."""

    patch: int
    window: int
    stages: tuple[SwinStage, ...]

    @property
    def name(self) -> str:
        """Swin and its size, such as Swin-T."""
        shape = self.stages[0].width, tuple(stage.blocks for stage in self.stages)
        return f"Swin-{SIZES.get(shape, shape)}"

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return self.patch * 2 ** (len(self.stages) - 1)

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.stages[-1].width

    def build(self, **choices: str) -> Swin:
        """The backbone; it has no choices."""
        return Swin(self.patch, self.window, self.stages)


def window_side(shapes: Shapes, table: str) -> tuple[int, int]:
    """(side, heads) of windows, from the table of the biases by relative position."""
    shape = shapes.get(table, ())
    if len(shape) != 2 or isqrt(shape[0]) ** 2 != shape[0] or not shape[1]:
        raise UnknownArchitecture("no {name}", name=table)
    return (isqrt(shape[0]) + 1) // 2, shape[1]


def read(shapes: Shapes) -> SwinPlan:
    """The plan of a Swin; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "patch_embed.projection", "patch_embed.norm", "stages.0.blocks.0.attn.w_msa")
    number = count(shapes, "stages.")
    if any(f"norm{earlier}.weight" in shapes for earlier in range(number - 1)):
        raise UnknownArchitecture("features of several stages")
    window, _ = window_side(shapes, "stages.0.blocks.0.attn.w_msa.relative_position_bias_table")
    stages = tuple(_stage(shapes, f"stages.{index}.blocks") for index in range(number))
    return SwinPlan(conv(shapes, "patch_embed.projection")[2], window, stages)


def _stage(shapes: Shapes, prefix: str) -> SwinStage:
    _, heads = window_side(shapes, f"{prefix}.0.attn.w_msa.relative_position_bias_table")
    hidden, width = linear(shapes, f"{prefix}.0.ffn.layers.0.0")
    return SwinStage(width, count(shapes, f"{prefix}."), heads, hidden)


KIND = kind(
    "Swin",
    ("patch_embed.projection", "stages.0.blocks.0.attn.w_msa"),
    read,
    TopDownPlan(
        SwinPlan(
            4,
            7,
            tuple(
                SwinStage(96 * 2**number, blocks, 3 * 2**number, 384 * 2**number)
                for number, blocks in enumerate((2, 2, 6, 2))
            ),
        ),
        HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 3)),
    ),
)
