"""SimpleBaseline (Xiao et al., ECCV 2018)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.message import Message
from export.plans.heads import head, residual
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shape, Shapes, UnknownArchitecture, conv, count, require
from models.branches import Fusing
from models.head import Head, Layer
from models.resnet import Block, Bottleneck, Style
from models.simple_baseline import SimpleBaseline

BOTTLENECK_DEPTHS: dict[Shape, int] = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}
BASIC_DEPTHS: dict[Shape, int] = {(2, 2, 2, 2): 18, (3, 4, 6, 3): 34}


@dataclass(frozen=True, slots=True)
class ResNetPlan:
    """The arguments of a ResNet."""

    block: Block
    blocks: tuple[int, ...]
    width: int

    @property
    def name(self) -> str:
        """The usual name: ResNet-50."""
        depth = (BOTTLENECK_DEPTHS if self.block is Bottleneck else BASIC_DEPTHS).get(self.blocks)
        return f"ResNet-{depth or self.blocks}"

    @property
    def usual(self) -> Mapping[str, str]:
        """The position of a bottleneck's stride, which the weights do not tell."""
        return {"style": "pytorch"} if self.block is Bottleneck else {}


@dataclass(frozen=True, slots=True)
class SimpleBaselinePlan(Plan):
    """The arguments of a SimpleBaseline."""

    block: Block
    blocks: tuple[int, ...]
    width: int
    head: Head

    @property
    def name(self) -> str:
        """The usual name: SimpleBaseline and its ResNet, such as SimpleBaseline ResNet-50."""
        name = f"SimpleBaseline {ResNetPlan(self.block, self.blocks, self.width).name}"
        return name if self.width == 64 else Message("{name} of width {width}", name=name, width=self.width)

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps

    @property
    def usual_fusing(self) -> Fusing:
        """Unused: this network fuses no branches."""
        return "nearest"

    @property
    def usual(self) -> Mapping[str, str]:
        """The position of a bottleneck's stride."""
        return ResNetPlan(self.block, self.blocks, self.width).usual

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the size of the features a whole number."""
        return 2 ** (len(self.blocks) + 1)

    @property
    def card(self) -> UsualCard:
        """The authors trained on BGR images."""
        return UsualCard(color="bgr")

    def build(self, style: Style = "pytorch", fusing: Fusing = "nearest") -> SimpleBaseline:  # type: ignore[override]
        """The network; it fuses no branches, so ``fusing`` changes nothing."""
        return SimpleBaseline(self.block, self.blocks, self.head, self.width, style)


def resnet(shapes: Shapes) -> ResNetPlan:
    """The ResNet among ``shapes``; raises UnknownArchitecture if there is none."""
    require(shapes, "layer1")
    number = count(shapes, "layer", start=1)
    layers = [residual(shapes, f"layer{index + 1}") for index in range(number)]
    return ResNetPlan(layers[0].block, tuple(layer.blocks[0] for layer in layers), conv(shapes, "conv1")[0])


def read(shapes: Shapes) -> SimpleBaselinePlan:
    """The plan of a SimpleBaseline whose weights have these ``shapes``; raises UnknownArchitecture if it is none."""
    if "final_layer.weight" not in shapes:
        raise UnknownArchitecture("no layer whose output is heatmaps")
    if "layer1.0.conv1.weight" not in shapes:
        raise UnknownArchitecture("neither stage2 nor layer1")
    if any(name.startswith("stage2.") for name in shapes):
        raise UnknownArchitecture("branches of several resolutions")
    trunk = resnet(shapes)
    return SimpleBaselinePlan(trunk.block, trunk.blocks, trunk.width, head(shapes))


RESNET50 = ResNetPlan(Bottleneck, (3, 4, 6, 3), 64)
KIND = Kind(
    "SimpleBaseline",
    ("conv1.weight", "final_layer"),
    read,
    SimpleBaselinePlan(Bottleneck, (3, 4, 6, 3), 64, Head(17, deconvs=(Layer(256, 4),) * 3)),
)
