"""ViTPose (Xu et al., NeurIPS 2022), as published by its authors and as in MMPose 1.x."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt

from app.inference.model_card import Codec, Heatmap
from export.plans.mmpose_heads import HeatmapHeadPlan
from export.plans.names import Dialect, Names
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, linear, require
from export.plans.top_down import BackbonePlan, TopDownPlan, kind, top_down_names
from models.head import Head, Layer
from models.vision_transformer import TransformerShape, VisionTransformer

SIZES = {192: "T", 384: "S", 768: "B", 1024: "L", 1280: "H"}
"""The published sizes by length of a token."""
HEADS = {1024: 16, 1280: 16}
"""Attention heads by length of a token; others have 12."""
CLASSED = "class_pos_embed"
"""The authors' table of positions, which has a first row for all patches."""
PUBLISHED = {
    "patch_embed.proj": "patch_embed.projection",
    "norm1": "ln1",
    "norm2": "ln2",
    "mlp.fc1": "ffn.layers.0.0",
    "mlp.fc2": "ffn.layers.1",
}
"""Parts of the authors' names and what MMPretrain calls them."""


@dataclass(frozen=True, slots=True)
class VisionTransformerPlan(BackbonePlan):
    """The arguments of a vision transformer; its number of heads is a choice."""

    shape: TransformerShape

    @property
    def name(self) -> str:
        """ViTPose and its size, such as ViTPose-S."""
        return f"ViTPose-{SIZES.get(self.shape.width, self.shape.width)}"

    @property
    def stride(self) -> int:
        """Side of a patch."""
        return self.shape.patch

    @property
    def features(self) -> int:
        """Length of a token."""
        return self.shape.width

    @property
    def usual(self) -> Mapping[str, str]:
        """The number of attention heads."""
        return {"heads": str(self.shape.heads)}

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the input with this number of patches whose sides are nearest to 3 and 4."""
        columns, rows = nearest_grid(self.shape.patches)
        return columns * self.shape.patch, rows * self.shape.patch

    @property
    def multiple(self) -> int:
        """Side of a patch."""
        return self.shape.patch

    @property
    def upsampling(self) -> int:
        """The simple decoder's: to heatmaps of a quarter of the image's size."""
        return max(self.shape.patch // 4, 1)

    @property
    def token(self) -> int:
        """Length of a token."""
        return self.shape.width

    @property
    def codec(self) -> Codec:
        """Heatmaps aligned by size - 1, as all ViTPose networks are trained."""
        return Heatmap("udp")

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether an input of ``size`` (width, height) has as many patches as there are positions."""
        return (size[0] // self.shape.patch) * (size[1] // self.shape.patch) == self.shape.patches

    def build(self, **choices: str) -> VisionTransformer:
        """The backbone, with as many heads as ``choices`` say."""
        return VisionTransformer(replace(self.shape, heads=int(choices.get("heads", self.shape.heads))))


def nearest_grid(cells: int) -> tuple[int, int]:
    """(columns, rows) of ``cells`` cells with the aspect ratio nearest to that of upright bodies, 3 to 4."""
    divisors = [number for number in range(1, isqrt(cells) + 1) if cells % number == 0]
    columns = min(divisors, key=lambda number: abs(number / (cells // number) - 3 / 4))
    return columns, cells // columns


def names(bare: Names) -> tuple[Names, Dialect]:
    """Maps bare names of a checkpoint to MMPose 1.x's."""
    own, dialect = top_down_names(bare)
    if not any(name.startswith("backbone.blocks.") for name in own.values()):
        return own, dialect
    return {name: _translated(text) for name, text in own.items()}, dialect


def _translated(name: str) -> str:
    """An authors' name of a backbone's weight as MMPretrain has it."""
    if not name.startswith("backbone."):
        return name
    name = re.sub(r"^backbone\.blocks\.", "backbone.layers.", name)
    name = re.sub(r"^backbone\.last_norm\.", "backbone.ln1.", name)
    name = name.replace(".pos_embed", f".{CLASSED}")
    for published, own in PUBLISHED.items():
        name = name.replace(f".{published}.", f".{own}.")
    return name


def read(shapes: Shapes) -> VisionTransformerPlan:
    """The plan of a vision transformer; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "patch_embed.projection", "layers.0.attn.qkv", "ln1")
    classed = CLASSED in shapes
    table = shapes.get(CLASSED if classed else "pos_embed", ())
    if len(table) != 3:
        raise UnknownArchitecture("no {name}", name="pos_embed")
    width, _, patch, _ = conv(shapes, "patch_embed.projection")
    hidden = linear(shapes, "layers.0.ffn.layers.0.0")[0]
    heads = HEADS.get(width, 12)
    if width % heads:
        heads = max(width // 64, 1)
    bias = "layers.0.attn.qkv.bias" in shapes
    layers = count(shapes, "layers.")
    return VisionTransformerPlan(
        TransformerShape(width, layers, heads, hidden, patch, table[1] - classed, classed, bias)
    )


VITPOSE_S = TopDownPlan(
    VisionTransformerPlan(TransformerShape(384, 12, 12, 1536, 16, 192)),
    HeatmapHeadPlan(Head(17, deconvs=(Layer(256, 4),) * 2)),
)
"""ViTPose-S."""

KIND = kind("ViTPose", ("pos_embed", "patch_embed", "final_layer"), read, VITPOSE_S, names)
