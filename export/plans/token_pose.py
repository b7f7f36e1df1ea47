"""TokenPose-T, -S, -B and -L (Li et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import nn

from app.inference.model_card import Heatmap
from export.plans.heads import residual
from export.plans.hrnet import USUAL_FIRST, Branches, branches, usual_stages
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, linear, part, require
from export.plans.vision_transformer import nearest_grid
from models.hrnet import Stage
from models.token_pose import HRNetTokenPose, PatchTokens, TokenPose, TokenShape

STRIDE = 4
"""Size of the image divided by that of the heatmaps."""
PIXELS = 3
"""Channels of the crop, of which TokenPose-T takes patches."""
HEADS = {"T": 16, "S": 8, "B": 8, "L": 8}
"""Attention heads of the published networks by kind; the deep TokenPose-L has 12."""
DEEP_LAYERS, DEEP_HEADS = 8, 12
"""Layers of each transformer of the deep TokenPose-L, and its attention heads."""


@dataclass(frozen=True, slots=True)
class StemPlan:
    """The convolutions before the transformer of TokenPose-S."""

    stem: int
    first: Stage


@dataclass(frozen=True, slots=True)
class TokenPosePlan(Plan):
    """The arguments of a TokenPose; ``trunk`` is what the patches are taken of, None for the crop itself."""

    trunk: StemPlan | Branches | None
    shape: TokenShape

    @property
    def kind(self) -> str:
        """T, S, B or L, by the trunk and the number of transformers."""
        if self.trunk is None:
            return "T"
        return "S" if isinstance(self.trunk, StemPlan) else "B" if self.shape.transformers == 1 else "L"

    @property
    def name(self) -> str:
        """The usual name, such as TokenPose-B; TokenPose-L has the number of all layers in its name."""
        layers = f"-D{self.shape.layers * self.shape.transformers}" if self.kind == "L" else ""
        return f"TokenPose-{self.kind}{layers}"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.shape.keypoints

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        if isinstance(self.trunk, Branches):
            return self.trunk.multiple
        return STRIDE

    @property
    def usual(self) -> Mapping[str, str]:
        """The number of attention heads."""
        return {"heads": str(self.shape.heads)}

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the input: patches and heatmaps are made for one size."""
        columns, rows = nearest_grid(self.shape.cells)
        return columns * STRIDE, rows * STRIDE

    @property
    def token(self) -> int:
        """Length of queries, keys and values."""
        return self.shape.inner

    @property
    def card(self) -> UsualCard:
        """The authors decode as DARK does."""
        return UsualCard(codec=Heatmap("dark"))

    def build(self, heads: str = "") -> nn.Module:  # type: ignore[override]
        """The network."""
        shape, trunk = replace(self.shape, heads=int(heads or self.shape.heads)), self.trunk
        if trunk is None:
            return PatchTokens(shape)
        if isinstance(trunk, StemPlan):
            return TokenPose(trunk.stem, trunk.first, shape)
        return HRNetTokenPose(shape, stem=trunk.stem, first=trunk.first, stages=trunk.stages, rows=trunk.rows)


def read(shapes: Shapes) -> TokenPosePlan:
    """The plan of a TokenPose-T or -S; raises UnknownArchitecture if the ``shapes`` are of none."""
    if "conv1.weight" not in shapes:
        return TokenPosePlan(None, _shape(shapes, PIXELS, "T"))
    trunk = StemPlan(conv(shapes, "conv1")[0], residual(shapes, "layer1"))
    return TokenPosePlan(trunk, _shape(shapes, trunk.first.channels[0], "S"))


def read_hrnet(shapes: Shapes) -> TokenPosePlan:
    """The plan of a TokenPose-B or -L; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "pre_feature.stage2.0.branches", "transformer.keypoint_token")
    trunk = branches(part(shapes, "pre_feature"))
    inner = part(shapes, "transformer")
    kind = "L" if "transformer1.layers.0.0.fn.fn.to_qkv.weight" in inner else "B"
    return TokenPosePlan(trunk, _shape(inner, trunk.stages[-1].channels[0], kind))


def _shape(shapes: Shapes, channels: int, kind: str) -> TokenShape:
    """The sizes of the transformers on features of ``channels`` channels."""
    transformers = count(shapes, "transformer", start=1) if kind == "L" else 1
    first = "transformer1.layers" if kind == "L" else "transformer.layers"
    require(shapes, "keypoint_token", "patch_to_embedding", f"{first}.0.0.fn.fn.to_qkv")
    tokens, table = shapes["keypoint_token"], shapes.get("pos_embedding", ())
    if len(tokens) != 3 or len(table) != 3:
        raise UnknownArchitecture("no {name}", name="pos_embedding")
    decoded = "mlp_head.3.weight" in shapes
    cells = linear(shapes, f"mlp_head.{3 if decoded else 1}")[0]
    width, length = linear(shapes, "patch_to_embedding")
    inner = linear(shapes, f"{first}.0.0.fn.fn.to_qkv")[0] // 3
    layers = count(shapes, f"{first}.")
    heads = DEEP_HEADS if kind == "L" and layers >= DEEP_LAYERS else HEADS[kind]
    scale = STRIDE if kind == "T" else 1
    patch = _patch(cells, length // channels, scale)
    patches = scale * scale * cells // (patch[0] * patch[1])
    if table[1] not in (patches, patches + tokens[1]):
        raise UnknownArchitecture("{count} patches, which do not fill {cells} cells", count=table[1], cells=cells)
    return TokenShape(
        tokens[1],
        patch,
        patches,
        width,
        layers,
        heads if inner % heads == 0 else 1,
        inner,
        linear(shapes, f"{first}.0.1.fn.fn.net.0")[0],
        linear(shapes, "mlp_head.1")[0] if decoded else 0,
        cells,
        transformers,
        table[1] != patches,
    )


def _patch(cells: int, area: int, scale: int) -> tuple[int, int]:
    """(height, width) of a patch of ``area`` cells: that whose aspect ratio is nearest to that of all ``cells``.

    The features have ``scale`` times as many cells along each side as the heatmaps.
    """
    columns, rows = (scale * side for side in nearest_grid(cells))
    widths = [n for n in range(1, area + 1) if area % n == 0 and columns % n == 0 and rows % (area // n) == 0]
    if not widths:
        raise UnknownArchitecture("patches of {area} cells, which do not fill {cells}", area=area, cells=cells)
    width = min(widths, key=lambda n: abs(n * n / area - columns / rows))
    return area // width, width


MARKS = ("keypoint_token", "patch_to_embedding")
KIND = Kind(
    "TokenPose",
    MARKS,
    read,
    TokenPosePlan(StemPlan(64, USUAL_FIRST), TokenShape(17, (4, 3), 256, 192, 12, 8, 192, 576, 384, 3072)),
)
HRNET_KIND = Kind(
    "TokenPose (HRNet)",
    ("pre_feature", "keypoint_token"),
    read_hrnet,
    TokenPosePlan(
        Branches(64, USUAL_FIRST, usual_stages(32)[:2], 1),
        TokenShape(17, (4, 3), 256, 192, 12, 8, 192, 576, 384, 3072),
    ),
)
