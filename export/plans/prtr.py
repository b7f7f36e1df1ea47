"""PRTR, the two-stage variant, with an HRNet or a ResNet (Li et al., CVPR 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor, nn

from app.inference.model_card import Queries
from export.plans.heads import residual
from export.plans.hrnet import USUAL_FIRST, Branches, branches, usual_stages
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, conv, count, linear, part, require
from export.plans.simple_baseline import ResNetPlan, resnet
from models.prtr import PRTR, HRNetFeatures, QueryShape
from models.resnet import ResNet, Style

BODY = "backbone.0.body"


@dataclass(frozen=True, slots=True)
class FeaturesPlan:
    """The arguments of an HRNet whose branches are joined at the size of the coarsest."""

    trunk: Branches
    planes: tuple[int, ...]
    outputs: int


@dataclass(frozen=True, slots=True)
class PRTRPlan(Plan):
    """The arguments of a PRTR."""

    backbone: FeaturesPlan | ResNetPlan
    features: int
    shape: QueryShape

    outputs: ClassVar[tuple[str, ...]] = ("probabilities", "coordinates")

    @property
    def name(self) -> str:
        """PRTR and its backbone, such as PRTR HRNet-W32."""
        if isinstance(self.backbone, ResNetPlan):
            return f"PRTR {self.backbone.name}"
        return f"PRTR HRNet-W{self.backbone.trunk.stages[-1].planes[0]}"

    @property
    def maps(self) -> int:
        """Number of keypoints; one more class means none."""
        return self.shape.classes - 1

    @property
    def usual(self) -> Mapping[str, str]:
        """The number of attention heads, and the position of a bottleneck's stride in a ResNet."""
        own = self.backbone.usual if isinstance(self.backbone, ResNetPlan) else {}
        return {"heads": str(self.shape.heads), **own}

    @property
    def token(self) -> int:
        """Length of a token."""
        return self.shape.width

    @property
    def card(self) -> UsualCard:
        """The values of the authors' settings."""
        return UsualCard(size=(288, 384), codec=Queries())

    def build(self, heads: str = "", style: Style = "pytorch") -> PRTR:  # type: ignore[override]
        """The network."""
        shape = replace(self.shape, heads=int(heads or self.shape.heads))
        own = self.backbone
        if isinstance(own, ResNetPlan):
            return PRTR(ResNet(own.block, own.blocks, own.width, style), self.features, shape)
        trunk = own.trunk
        body = HRNetFeatures(trunk.stem, trunk.first, trunk.stages, own.planes, own.outputs)
        return PRTR(body, self.features, shape)

    def exported(self, network: nn.Module) -> nn.Module:
        """Probabilities of the keypoints instead of logits."""
        return Probabilities(network)


class Probabilities(nn.Module):
    """A PRTR that gives the probabilities of the keypoints, without that of none, as its authors decode it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 3, H, W) to probabilities (N, queries, K) and coordinates (N, queries, 2)."""
        logits, places = self.network(x)
        return logits[..., :-1].softmax(dim=-1), places


def read(shapes: Shapes) -> PRTRPlan:
    """The plan of a PRTR; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "class_embed", "kpt_embed.layers.0", "query_embed", "input_proj", "transformer.decoder.layers.0")
    width, features, _, _ = conv(shapes, "input_proj")
    shape = QueryShape(
        width,
        8 if width % 8 == 0 else 1,
        linear(shapes, "transformer.encoder.layers.0.linear1")[0],
        count(shapes, "transformer.encoder.layers."),
        count(shapes, "transformer.decoder.layers."),
        linear(shapes, "query_embed")[0],
        linear(shapes, "class_embed")[0],
        count(shapes, "kpt_embed.layers."),
    )
    body = part(shapes, BODY)
    return PRTRPlan(_features(body) if "incre_modules.0.0.conv1.weight" in body else resnet(body), features, shape)


def _features(shapes: Shapes) -> FeaturesPlan:
    number = count(shapes, "incre_modules.")
    planes = tuple(residual(shapes, f"incre_modules.{branch}").planes[0] for branch in range(number))
    return FeaturesPlan(branches(shapes), planes, conv(shapes, "final_layer.0")[0])


KIND = Kind(
    "PRTR",
    ("class_embed", "kpt_embed", "query_embed"),
    read,
    PRTRPlan(
        FeaturesPlan(Branches(64, USUAL_FIRST, usual_stages(32), 4), (32, 64, 128, 256), 2048),
        2048,
        QueryShape(256, 8, 2048, 6, 6, 100, 18),
    ),
    lambda bare: (bare, "original"),
)
