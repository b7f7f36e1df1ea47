"""A network that takes crops as they were cut and gives keypoints: what goes to a GPU and comes back is small."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import onnx
import onnx.compose
import torch
from torch import Tensor, nn

from app.card import Heatmap, Keypoints, Picture, PoseCard, UdpCombined
from app.errors import StanceError
from app.estimate.decode import blur_band
from export.trace import trace


class Feeding(nn.Module):
    """uint8 BGR crops (N, H, W, 3) to the numbers (N, 3, H, W) that the network was trained with."""

    mean: Tensor
    std: Tensor

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.channels = [2, 1, 0] if picture.color == "rgb" else [0, 1, 2]
        self.register_buffer("mean", torch.tensor(picture.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(picture.std).view(1, 3, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """See the class."""
        return (crops.permute(0, 3, 1, 2)[:, self.channels].float() - self.mean) / self.std


class Reading(nn.Module):
    """Heatmaps (N, C, H, W) to keypoints (N, K, 3) = x y in fractions of the crop, and the score.

    Does what ``app.estimate.decode`` does, with the same results wherever a keypoint is seen.
    """

    span: Tensor
    rows: Tensor
    columns: Tensor

    def __init__(self, codec: Heatmap | UdpCombined, size: tuple[int, int], udp: bool) -> None:
        super().__init__()
        self.codec = codec
        self.width, self.height = size
        self.register_buffer("span", torch.tensor(size, dtype=torch.float32) - (1 if udp else 0))
        combined = isinstance(codec, UdpCombined)
        kernel = 2 * codec.blur_kernel + 1 if combined else codec.blur_kernel
        border = cv2.BORDER_REFLECT_101 if combined else cv2.BORDER_CONSTANT
        self.register_buffer("rows", torch.from_numpy(np.array(blur_band(self.height, kernel, border))))
        self.register_buffer("columns", torch.from_numpy(np.array(blur_band(self.width, kernel, border).T)))

    def forward(self, maps: Tensor) -> Tensor:
        """See the class."""
        if isinstance(self.codec, UdpCombined):
            response = self._blur(maps[:, 0::3])
            scores, x, y = self._peaks(response)
            here = y * self.width + x
            reach = self.codec.radius * self.height
            dx, dy = (maps[:, part::3].flatten(2).gather(2, here[..., None])[..., 0] * reach for part in (1, 2))
            return self._keypoints(x + dx, y + dy, scores)
        scores, x, y = self._peaks(maps)
        match self.codec.refine:
            case "none":
                dx, dy = torch.zeros_like(scores), torch.zeros_like(scores)
            case "quarter":
                dx, dy = self._quarter(maps, x, y)
            case "dark":
                dx, dy = self._dark(maps, x, y)
            case "udp":
                dx, dy = self._dark_udp(maps, x, y)
        return self._keypoints(x + dx, y + dy, scores)

    def _peaks(self, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Each map's highest value (N, K), and its column and row."""
        flat = maps.flatten(2)
        best = flat.argmax(dim=2)
        return flat.amax(dim=2), best % self.width, best // self.width

    def _keypoints(self, x: Tensor, y: Tensor, scores: Tensor) -> Tensor:
        """Cells as fractions, with their scores; -1 where a map has nothing above zero."""
        cells = torch.stack([x, y], dim=-1)
        cells = torch.where((scores > 0)[..., None], cells, torch.full_like(cells, -1.0))
        return torch.cat([cells / self.span, scores[..., None]], dim=-1)

    def _at(self, maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return maps.flatten(2).gather(2, (y * self.width + x)[..., None])[..., 0]

    def _blur(self, maps: Tensor) -> Tensor:
        return self.rows @ maps @ self.columns

    def _quarter(self, maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """A quarter of a cell towards the higher neighbour, each axis for itself."""
        inner_x = (x > 1) & (x < self.width - 1)
        inner_y = (y > 1) & (y < self.height - 1)
        sx, sy = x.clamp(1, self.width - 2), y.clamp(1, self.height - 2)
        dx = torch.sign(self._at(maps, sx + 1, y) - self._at(maps, sx - 1, y)) * 0.25
        dy = torch.sign(self._at(maps, x, sy + 1) - self._at(maps, x, sy - 1)) * 0.25
        # As in the original, an axis is left alone where the peak touches the border of the other one.
        return dx * (inner_x & (y > 0)), dy * (inner_y & (x > 0))

    def _modulated(self, maps: Tensor) -> Tensor:
        """Blurred maps, each as high as it was before."""
        blurred = self._blur(maps)
        before, after = maps.amax(dim=(2, 3), keepdim=True), blurred.amax(dim=(2, 3), keepdim=True)
        return blurred * (before / after.clamp(min=1e-12))

    def _dark(self, maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """A Newton step on the logarithm of the blurred map (DARK)."""
        blurred = self._modulated(maps)
        inside = (x > 1) & (x < self.width - 2) & (y > 1) & (y < self.height - 2)
        cx, cy = x.clamp(2, self.width - 3), y.clamp(2, self.height - 3)

        def at(dx: int, dy: int) -> Tensor:
            return self._at(blurred, cx + dx, cy + dy).clamp(min=1e-10).log()

        here = at(0, 0)
        dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
        dxx, dyy = (at(2, 0) - 2 * here + at(-2, 0)) / 4, (at(0, 2) - 2 * here + at(0, -2)) / 4
        dxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
        return _newton(dx, dy, dxx, dyy, dxy, inside)

    def _dark_udp(self, maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """The same step with UDP's own differences, up to the border."""
        blurred = self._modulated(maps)

        def at(dx: int, dy: int) -> Tensor:
            column, row = (x + dx).clamp(0, self.width - 1), (y + dy).clamp(0, self.height - 1)
            return self._at(blurred, column, row).clamp(1e-3, 50).log()

        here, epsilon = at(0, 0), float(np.finfo(np.float32).eps)
        dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
        dxx, dyy = at(1, 0) - 2 * here + at(-1, 0) + epsilon, at(0, 1) - 2 * here + at(0, -1) + epsilon
        dxy = (at(1, 1) - at(1, 0) - at(0, 1) + 2 * here - at(-1, 0) - at(0, -1) + at(-1, -1)) / 2
        return _newton(dx, dy, dxx, dyy, dxy, torch.ones_like(x, dtype=torch.bool))


def fuse(model: onnx.ModelProto, card: PoseCard) -> tuple[onnx.ModelProto, PoseCard]:
    """``model`` with its crops' normalisation and its maps' decoding inside, and the card of the result.

    Raises StanceError where the network answers with anything but heatmaps.
    """
    codec, picture = card.codec, card.picture
    if not isinstance(codec, Heatmap | UdpCombined):
        raise StanceError(
            f"{card.name} answers with {type(codec).__name__}: only the decoding of heatmaps can be fused."
        )
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    channels, height, width = (dim.dim_value for dim in model.graph.output[0].type.tensor_type.shape.dim[1:])
    crops = torch.zeros((1, picture.size[1], picture.size[0], 3), dtype=torch.uint8)
    before = trace(Feeding(picture), crops, "crops", "fed", opset)
    after = trace(
        Reading(codec, (width, height), card.udp), torch.zeros((1, channels, height, width)), "maps", "keypoints", opset
    )
    whole = model
    for part, prefix in ((before, "feed."), (after, "read.")):
        part.ir_version = model.ir_version
        onnx.compose.add_prefix(part, prefix, rename_inputs=False, rename_outputs=False, inplace=True)
    whole = onnx.compose.merge_models(before, whole, [("fed", model.graph.input[0].name)])
    whole = onnx.compose.merge_models(whole, after, [(model.graph.output[0].name, "maps")])
    fed = msgspec.structs.replace(picture, raw=True, layout="nhwc")
    return whole, msgspec.structs.replace(card, picture=fed, codec=Keypoints())


def _newton(dx: Tensor, dy: Tensor, dxx: Tensor, dyy: Tensor, dxy: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """The step to where the gradient is zero; none where that cannot be told."""
    determinant = dxx * dyy - dxy * dxy
    solvable = where & (determinant != 0)
    safe = torch.where(solvable, determinant, torch.ones_like(determinant))
    return (
        torch.where(solvable, -(dyy * dx - dxy * dy) / safe, torch.zeros_like(dx)),
        torch.where(solvable, -(dxx * dy - dxy * dx) / safe, torch.zeros_like(dy)),
    )
