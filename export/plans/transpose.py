"""TransPose-R and TransPose-H (Yang et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.inference.model_card import Heatmap
from export.plans.heads import head
from export.plans.hrnet import USUAL_FIRST, Branches, branches, usual_stages
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, count, linear, require
from export.plans.simple_baseline import ResNetPlan, resnet
from export.plans.vision_transformer import nearest_grid
from models.head import Head, Layer
from models.resnet import Bottleneck, Style
from models.transpose import EncoderShape, TransPoseH, TransPoseR

CODEC = Heatmap("dark")
"""The authors decode as DARK does."""


@dataclass(frozen=True, slots=True)
class TransPosePlan(Plan):
    """The arguments of a TransPose; its trunk is a part of a ResNet (TransPose-R) or of an HRNet (TransPose-H)."""

    trunk: ResNetPlan | Branches
    encoder: EncoderShape
    head: Head

    @property
    def name(self) -> str:
        """TransPose, the kind of its trunk, and the number of encoder layers, such as TransPose-R-A3."""
        return f"TransPose-{'R' if isinstance(self.trunk, ResNetPlan) else 'H'}-A{self.encoder.layers}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 2 ** (len(self.trunk.blocks) + 1) if isinstance(self.trunk, ResNetPlan) else 4

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        if isinstance(self.trunk, ResNetPlan):
            return self.stride
        return self.trunk.multiple

    @property
    def usual(self) -> Mapping[str, str]:
        """The number of attention heads, and the position of a bottleneck's stride in a ResNet."""
        own = self.trunk.usual if isinstance(self.trunk, ResNetPlan) else {}
        return {"heads": str(self.encoder.heads), **own}

    @property
    def token(self) -> int:
        """Length of a token."""
        return self.encoder.width

    @property
    def card(self) -> UsualCard:
        """The values of the authors' settings; the number of positions suggests the size."""
        columns, rows = nearest_grid(self.encoder.cells)
        return UsualCard(size=(columns * self.stride, rows * self.stride), codec=CODEC)

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether an input of ``size`` (width, height) has as many cells as there are positions."""
        return (size[0] // self.stride) * (size[1] // self.stride) == self.encoder.cells

    def build(self, heads: str = "", style: Style = "pytorch") -> TransPoseR | TransPoseH:  # type: ignore[override]
        """The network."""
        encoder = replace(self.encoder, heads=int(heads or self.encoder.heads))
        trunk = self.trunk
        if isinstance(trunk, ResNetPlan):
            return TransPoseR(trunk.block, trunk.blocks, encoder, self.head, trunk.width, style)
        return TransPoseH(trunk.stem, trunk.first, trunk.stages, encoder, self.head, trunk.rows)


def read(shapes: Shapes) -> TransPosePlan:
    """The plan of a TransPose; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "global_encoder.layers.0", "reduce", "final_layer")
    table = shapes.get("pos_embedding", ())
    if len(table) != 3:
        raise UnknownArchitecture("no {name}", name="pos_embedding")
    trunk = branches(shapes) if "stage2.0.branches.0.0.conv1.weight" in shapes else resnet(shapes)
    # As published: eight heads on a ResNet, one on an HRNet.
    heads = 8 if isinstance(trunk, ResNetPlan) and table[2] % 8 == 0 else 1
    hidden = linear(shapes, "global_encoder.layers.0.linear1")[0]
    encoder = EncoderShape(table[2], count(shapes, "global_encoder.layers."), heads, hidden, table[0])
    return TransPosePlan(trunk, encoder, head(shapes))


KIND = Kind(
    "TransPose",
    ("global_encoder", "pos_embedding", "final_layer"),
    read,
    TransPosePlan(
        ResNetPlan(Bottleneck, (3, 4), 64), EncoderShape(256, 3, 8, 1024, 768), Head(17, deconvs=(Layer(256, 4),))
    ),
)
TRANSPOSE_H = TransPosePlan(
    Branches(64, USUAL_FIRST, usual_stages(48)[:2], 1), EncoderShape(96, 4, 1, 192, 3072), Head(17)
)
"""TransPose-H with an HRNet-W48, as published."""
