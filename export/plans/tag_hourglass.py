"""Stacked hourglasses for associative embedding (Newell et al., NeurIPS 2017)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from app.inference.bottom_up_card import COCO17_ORDER, AssociativeEmbedding, GroupingSpec
from export.plans.names import Dialect, Names
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, require
from models.tag_hourglass import LastTagMaps, Norms, TagHourglass

MMPOSE = (
    (r"stem\.", "pre."),
    (r"hourglass_modules\.", "features."),
    (r"out_convs\.", "outs."),
    (r"remap_out_convs\.(\d+)\.", r"merge_preds.\1.conv."),
    (r"remap_feature_convs\.(\d+)\.", r"merge_features.\1.conv."),
)
"""Beginnings of names in MMPose 0.x, and in the authors' code."""


@dataclass(frozen=True, slots=True)
class TagHourglassPlan(Plan):
    """The arguments of stacked hourglasses with tags."""

    stem: tuple[int, ...]
    widths: tuple[int, ...]
    stacks: int
    maps_out: int
    norms: Norms
    bias: bool
    channels_last: bool

    task: ClassVar[Literal["top-down", "bottom-up", "part"]] = "bottom-up"

    @property
    def name(self) -> str:
        """The usual name, with the number of stacks."""
        return f"AE Hourglass-{self.stacks}"

    @property
    def maps(self) -> int:
        """Number of keypoints: heatmaps and tags, and in the authors' code as many maps that are not used."""
        return self.maps_out // (4 if self.channels_last and self.maps_out % 4 == 0 else 2)

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the resolutions whole numbers."""
        return 4 * 2 ** (len(self.widths) - 1)

    @property
    def card(self) -> UsualCard:
        """The authors' code takes RGB in 0..1, MMPose ImageNet's normalization."""
        if self.channels_last:
            return UsualCard(size=(512, 512), mean=(0.0,) * 3, std=(255.0,) * 3)
        return UsualCard(size=(512, 512))

    def grouping(self, dialect: Dialect) -> GroupingSpec:
        """By tags; the authors look for peaks in 3x3 cells, above 0.2."""
        order = COCO17_ORDER if self.maps == len(COCO17_ORDER) else ()
        if self.channels_last:
            return AssociativeEmbedding(order=order, nms_kernel=3, threshold=0.2)
        return AssociativeEmbedding(dialect="mmpose0", order=order)

    def build(self, **choices: str) -> TagHourglass:
        """The network, which has no choices."""
        return TagHourglass(
            self.stem, self.widths, self.stacks, self.maps_out, self.norms, self.bias, self.channels_last
        )

    def exported(self, network: nn.Module) -> nn.Module:
        """The heatmaps and tags of the last stack, from (N, 3, H, W)."""
        assert isinstance(network, TagHourglass)
        return LastTagMaps(network, 2 * self.maps)


def mmpose_names(bare: Names) -> tuple[Names, Dialect]:
    """Maps the names of MMPose 0.x to those of the authors' code."""
    own = dict(bare)
    for name, text in bare.items():
        text = text.removeprefix("backbone.")
        for pattern, start in MMPOSE:
            if found := re.match(pattern, text):
                own[name] = found.expand(start) + text[found.end() :]
    return own, "mmpose 0.x"


def read(shapes: Shapes) -> TagHourglassPlan:
    """The plan of the authors' hourglasses; raises UnknownArchitecture if the ``shapes`` are of another network."""
    return _read(shapes, channels_last=True)


def read_mmpose(shapes: Shapes) -> TagHourglassPlan:
    """The plan of MMPose's hourglasses; raises UnknownArchitecture if the ``shapes`` are of another network."""
    return _read(shapes, channels_last=False)


def _read(shapes: Shapes, channels_last: bool) -> TagHourglassPlan:
    require(shapes, "pre.0.conv", "features.0.0.low1.conv", "outs.0.conv")
    stem = tuple(conv(shapes, f"pre.{number}.conv")[0] for number in (0, 1, 3, 4))
    widths, prefix = [stem[-1]], "features.0.0"
    while f"{prefix}.low1.conv.weight" in shapes:
        widths.append(conv(shapes, f"{prefix}.low1.conv")[0])
        prefix += ".low2"
    maps, stacks = conv(shapes, "outs.0.conv")[0], count(shapes, "outs.")
    if maps % 2:
        raise UnknownArchitecture("an odd number of heatmaps and tags, {count}", count=maps)
    norms = Norms(
        "pre.0.bn.weight" in shapes,
        "features.0.0.up1.bn.weight" in shapes,
        "features.0.1.bn.weight" in shapes,
        "merge_preds.0.conv.bn.weight" in shapes,
    )
    if norms.merges == channels_last and stacks > 1:
        raise UnknownArchitecture("other batch normalization in merge_preds")
    bias = "pre.0.conv.bias" in shapes
    return TagHourglassPlan(stem, tuple(widths), stacks, maps, norms, bias, channels_last)


STEM, WIDTHS = (64, 128, 128, 256), (256, 384, 512, 640, 768)
KIND = Kind(
    "AE Hourglass",
    ("pre", "features", "merge_preds"),
    read,
    TagHourglassPlan(STEM, WIDTHS, 4, 68, Norms(), bias=True, channels_last=True),
    lambda bare: (bare, "original"),
)
MMPOSE_KIND = Kind(
    "AE Hourglass (MMPose)",
    ("hourglass_modules", "remap_out_convs"),
    read_mmpose,
    TagHourglassPlan(STEM, WIDTHS, 4, 34, Norms(True, True, True, True), bias=False, channels_last=False),
    mmpose_names,
)
