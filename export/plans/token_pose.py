"""TokenPose-S (Li et al., ICCV 2021)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.inference.model_card import Heatmap
from export.plans.heads import residual
from export.plans.hrnet import USUAL_FIRST
from export.plans.plan import Kind, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, conv, count, linear, require
from export.plans.vision_transformer import nearest_grid
from models.hrnet import Stage
from models.token_pose import TokenPose, TokenShape

STRIDE = 4
"""Size of the image divided by that of the features and of the heatmaps."""
LAYER = "transformer.layers"


@dataclass(frozen=True, slots=True)
class TokenPosePlan(Plan):
    """The arguments of a TokenPose."""

    stem: int
    first: Stage
    shape: TokenShape

    @property
    def name(self) -> str:
        """TokenPose-S."""
        return "TokenPose-S"

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.shape.keypoints

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
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

    def build(self, heads: str = "") -> TokenPose:  # type: ignore[override]
        """The network."""
        return TokenPose(self.stem, self.first, replace(self.shape, heads=int(heads or self.shape.heads)))


def read(shapes: Shapes) -> TokenPosePlan:
    """The plan of a TokenPose-S; raises UnknownArchitecture if the ``shapes`` are of none."""
    require(shapes, "keypoint_token", "patch_to_embedding", f"{LAYER}.0.0.fn.fn.to_qkv")
    tokens, table = shapes["keypoint_token"], shapes.get("pos_embedding", ())
    if len(tokens) != 3 or len(table) != 3:
        raise UnknownArchitecture("no {name}", name="pos_embedding")
    first = residual(shapes, "layer1")
    decoded = "mlp_head.3.weight" in shapes
    cells = linear(shapes, f"mlp_head.{3 if decoded else 1}")[0]
    width, length = linear(shapes, "patch_to_embedding")
    inner = linear(shapes, f"{LAYER}.0.0.fn.fn.to_qkv")[0] // 3
    shape = TokenShape(
        tokens[1],
        _patch(cells, length // first.channels[0]),
        table[1],
        width,
        count(shapes, f"{LAYER}."),
        8 if inner % 8 == 0 else 1,
        inner,
        linear(shapes, f"{LAYER}.0.1.fn.fn.net.0")[0],
        linear(shapes, "mlp_head.1")[0] if decoded else 0,
        cells,
    )
    if shape.patch[0] * shape.patch[1] * shape.patches != cells:
        raise UnknownArchitecture("{count} patches, which do not fill {cells} cells", count=table[1], cells=cells)
    return TokenPosePlan(conv(shapes, "conv1")[0], first, shape)


def _patch(cells: int, area: int) -> tuple[int, int]:
    """(height, width) of a patch of ``area`` cells: that whose aspect ratio is nearest to that of all ``cells``."""
    columns, rows = nearest_grid(cells)
    widths = [n for n in range(1, area + 1) if area % n == 0 and columns % n == 0 and rows % (area // n) == 0]
    if not widths:
        raise UnknownArchitecture("patches of {area} cells, which do not fill {cells}", area=area, cells=cells)
    width = min(widths, key=lambda n: abs(n * n / area - columns / rows))
    return area // width, width


KIND = Kind(
    "TokenPose",
    ("keypoint_token", "patch_to_embedding"),
    read,
    TokenPosePlan(64, USUAL_FIRST, TokenShape(17, (4, 3), 256, 192, 12, 8, 192, 576, 384, 3072)),
)
