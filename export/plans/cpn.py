"""CPN (Chen et al., CVPR 2018), in the port of GengDavid/pytorch-cpn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from export.plans.plan import Kind, Plan
from export.plans.shapes import Shapes, conv, count, part, require
from export.plans.simple_baseline import RESNET50, ResNetPlan, resnet
from models.cpn import CPN, Trunk
from models.resnet import Style
from models.staged import LastOutput


@dataclass(frozen=True, slots=True)
class CPNPlan(Plan):
    """The arguments of a CPN."""

    trunk: ResNetPlan
    width: int
    planes: int
    blocks: tuple[int, ...]
    maps_out: int

    @property
    def name(self) -> str:
        """CPN and its ResNet, such as CPN ResNet-50."""
        return f"CPN {self.trunk.name}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.maps_out

    @property
    def usual(self) -> Mapping[str, str]:
        """The position of a bottleneck's stride."""
        return self.trunk.usual

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the size of the coarsest features a whole number."""
        return 2 ** (len(self.trunk.blocks) + 1)

    def build(self, style: Style = "pytorch") -> CPN:  # type: ignore[override]
        """The network."""
        trunk = Trunk(self.trunk.block, self.trunk.blocks, self.trunk.width)
        return CPN(trunk, self.width, self.planes, self.blocks, self.maps_out, style)

    def exported(self, network: nn.Module) -> nn.Module:
        """The refined heatmaps."""
        return LastOutput(network)


def read(shapes: Shapes) -> CPNPlan:
    """The plan of a CPN whose weights have these ``shapes``; raises UnknownArchitecture if it is none."""
    require(shapes, "resnet.layer1.0", "global_net.laterals.0.0", "refine_net.final_predict.0")
    trunk = resnet(part(shapes, "resnet"))
    # The finest resolution has no blocks in the cascade, and no weights.
    blocks = [count(shapes, f"refine_net.cascade.{number}.") for number in range(count(shapes, "global_net.laterals."))]
    return CPNPlan(
        trunk,
        conv(shapes, "global_net.laterals.0.0")[0],
        conv(shapes, "refine_net.final_predict.0.conv1")[0],
        tuple(blocks),
        conv(shapes, "refine_net.final_predict.1")[0],
    )


KIND = Kind("CPN", ("global_net", "refine_net"), read, CPNPlan(RESNET50, 256, 128, (3, 2, 1, 0), 17))
