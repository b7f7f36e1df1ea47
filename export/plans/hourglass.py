"""Stacked hourglasses (Newell et al., ECCV 2016), as MMPose builds them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from export.plans.heads import stage_head
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, conv, count, require
from models.head import Head
from models.hourglass import HourglassNet, Levels
from models.staged import LastOutput


@dataclass(frozen=True, slots=True)
class HourglassPlan(Plan):
    """The arguments of stacked hourglasses."""

    stem: int
    levels: Levels
    stacks: int
    head: Head
    features: int
    spare: bool = False

    @property
    def name(self) -> str:
        """The usual name: Hourglass-52 with one stack, Hourglass-104 with two."""
        return f"Hourglass-{52 * self.stacks}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the resolutions whole numbers."""
        return 4 * 2 ** (len(self.levels.channels) - 1)

    @property
    def card(self) -> UsualCard:
        """Square crops."""
        return UsualCard(size=(256, 256))

    def build(self, **choices: str) -> HourglassNet:
        """The network, which has no choices."""
        return HourglassNet(self.stem, self.levels, self.stacks, self.head, self.features, self.spare)

    def exported(self, network: nn.Module) -> nn.Module:
        """The heatmaps of the last stack."""
        return LastOutput(network)


def read(shapes: Shapes) -> HourglassPlan:
    """The plan of hourglasses whose weights have these ``shapes``; raises UnknownArchitecture if they have not."""
    require(shapes, "stem.0.conv", "hourglass_modules.0.low1.0.conv1", "multi_final_layers.0")
    stacks, inters = count(shapes, "hourglass_modules."), count(shapes, "inters.")
    channels, blocks, prefix = [conv(shapes, "stem.1.0.conv1")[0]], [], "hourglass_modules.0"
    while f"{prefix}.low1.0.conv1.weight" in shapes:
        channels.append(conv(shapes, f"{prefix}.low1.0.conv1")[0])
        blocks.append(count(shapes, f"{prefix}.low1."))
        prefix += ".low2"
    blocks.append(count(shapes, f"{prefix}."))
    levels = Levels(tuple(channels), tuple(blocks))
    features = conv(shapes, "out_convs.0.conv")[0]
    stem = conv(shapes, "stem.0.conv")[0]
    return HourglassPlan(stem, levels, stacks, stage_head(shapes), features, inters >= stacks)


KIND = Kind(
    "Hourglass",
    ("hourglass_modules", "multi_final_layers"),
    read,
    HourglassPlan(128, Levels((256, 256, 384, 384, 384, 512), (2, 2, 2, 2, 2, 4)), 1, Head(17), 256, spare=True),
)
