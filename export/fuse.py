"""Fuses preprocessing and decoding into a network: uint8 crops in, keypoints out, which keeps GPU transfers small."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
import onnx.compose
import torch
from torch import Tensor, nn

from app.core.errors import StanceError
from app.inference.model_card import DecodedKeypoints, Heatmap, InputSpec, PoseCard, UdpCombined
from app.pose.codecs.peaks import blur_band
from export.targets import check_decoding
from export.trace import trace
from export.verify import open_on_cpu


class Preprocess(nn.Module):
    """uint8 BGR crops (N, H, W, 3) to the network's normalized float32 input (N, 3, H, W)."""

    mean: Tensor
    std: Tensor

    def __init__(self, picture: InputSpec) -> None:
        super().__init__()
        self.channels = [2, 1, 0] if picture.color == "rgb" else [0, 1, 2]
        self.register_buffer("mean", torch.tensor(picture.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(picture.std).view(1, 3, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 to (N, 3, H, W) float32."""
        return (crops.permute(0, 3, 1, 2)[:, self.channels].float() - self.mean) / self.std


class Decode(nn.Module):
    """Heatmaps (N, C, H, W) to keypoints (N, K, 3): x and y as fractions of the crop, and the score.

    Same results as ``HeatmapCodec`` and ``UdpCodec`` of ``app.pose.codecs`` for every keypoint with a positive score.
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
        """(N, C, H, W) to (N, K, 3); C = 3 K for UDP with offsets, else K."""
        if isinstance(self.codec, UdpCombined):
            response = self._blur(maps[:, 0::3])
            scores, x, y = self._peaks(response)
            here = y * self.width + x
            offset_scale = self.codec.radius * max(self.width, self.height)
            dx, dy = (maps[:, part::3].flatten(2).gather(2, here[..., None])[..., 0] * offset_scale for part in (1, 2))
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
        """The maximum of each map, its column and its row, each (N, K)."""
        flat = maps.flatten(2)
        best = flat.argmax(dim=2)
        return flat.amax(dim=2), best % self.width, best // self.width

    def _keypoints(self, x: Tensor, y: Tensor, scores: Tensor) -> Tensor:
        """Keypoints (N, K, 3) from cells and scores; a keypoint without a positive score is at cell -1."""
        cells = torch.stack([x, y], dim=-1)
        cells = torch.where((scores > 0)[..., None], cells, torch.full_like(cells, -1.0))
        return torch.cat([cells / self.span, scores[..., None]], dim=-1)

    def _at(self, maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return maps.flatten(2).gather(2, (y * self.width + x)[..., None])[..., 0]

    def _blur(self, maps: Tensor) -> Tensor:
        return self.rows @ maps @ self.columns

    def _quarter(self, maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Offset (dx, dy) of a quarter cell towards the higher neighbor, per axis."""
        inner_x = (x > 1) & (x < self.width - 1)
        inner_y = (y > 1) & (y < self.height - 1)
        sx, sy = x.clamp(1, self.width - 2), y.clamp(1, self.height - 2)
        dx = torch.sign(self._at(maps, sx + 1, y) - self._at(maps, sx - 1, y)) * 0.25
        dy = torch.sign(self._at(maps, x, sy + 1) - self._at(maps, x, sy - 1)) * 0.25
        # As in the original code, an axis is not refined where the peak lies on the border of the other axis.
        return dx * (inner_x & (y > 0)), dy * (inner_y & (x > 0))

    def _modulated(self, maps: Tensor) -> Tensor:
        """Blurred maps, each rescaled to its maximum before blurring."""
        blurred = self._blur(maps)
        before, after = maps.amax(dim=(2, 3), keepdim=True), blurred.amax(dim=(2, 3), keepdim=True)
        return blurred * (before / after.clamp(min=1e-12))

    def _dark(self, maps: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Offset (dx, dy): a Newton step on the logarithm of the blurred map (DARK; Zhang et al., CVPR 2020)."""
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
        """The same step with UDP's finite differences, up to the border (Huang et al., CVPR 2020)."""
        blurred = self._modulated(maps)

        def at(dx: int, dy: int) -> Tensor:
            column, row = (x + dx).clamp(0, self.width - 1), (y + dy).clamp(0, self.height - 1)
            return self._at(blurred, column, row).clamp(1e-3, 50).log()

        here, epsilon = at(0, 0), float(np.finfo(np.float32).eps)
        dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
        dxx, dyy = at(1, 0) - 2 * here + at(-1, 0) + epsilon, at(0, 1) - 2 * here + at(0, -1) + epsilon
        dxy = (at(1, 1) - at(1, 0) - at(0, 1) + 2 * here - at(-1, 0) - at(0, -1) + at(-1, -1)) / 2
        return _newton(dx, dy, dxx, dyy, dxy, torch.ones_like(x, dtype=torch.bool))


def fusible(card: PoseCard) -> Heatmap | UdpCombined:
    """The codec of a network whose decoding can be fused; raises StanceError if it outputs no heatmaps."""
    if not isinstance(card.codec, Heatmap | UdpCombined):
        raise StanceError(
            "{name} outputs {codec}: wanted heatmaps, as only their decoding can be fused.",
            name=card.name,
            codec=type(card.codec).__name__,
        )
    return card.codec


def fuse(model: onnx.ModelProto, card: PoseCard) -> tuple[onnx.ModelProto, PoseCard]:
    """Add normalization before ``model`` and decoding after it; returns the fused model and its card.

    Raises StanceError if the network does not output heatmaps, or if the decoding graph misses the known keypoints of
    synthetic heatmaps.
    """
    picture, codec = card.picture, fusible(card)
    opset = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    channels, height, width = _output_shape(model, picture)
    crops = torch.zeros((1, picture.size[1], picture.size[0], 3), dtype=torch.uint8)
    before = trace(Preprocess(picture), crops, "crops", "fed", opset)
    after = trace(
        Decode(codec, (width, height), card.udp), torch.zeros((1, channels, height, width)), "maps", "keypoints", opset
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "decoding.onnx"
        onnx.save(after, path)
        check_decoding(path, codec, (width, height), channels, card.udp)
    whole = model
    for part, prefix in ((before, "feed."), (after, "read.")):
        part.ir_version = model.ir_version
        onnx.compose.add_prefix(part, prefix, rename_inputs=False, rename_outputs=False, inplace=True)
    whole = onnx.compose.merge_models(before, whole, [("fed", model.graph.input[0].name)])
    whole = onnx.compose.merge_models(whole, after, [(model.graph.output[0].name, "maps")])
    fed = msgspec.structs.replace(picture, raw=True, layout="nhwc")
    return whole, msgspec.structs.replace(card, picture=fed, codec=DecodedKeypoints())


def _output_shape(model: onnx.ModelProto, picture: InputSpec) -> tuple[int, int, int]:
    """Channels, height and width of the maps: those that the graph states, else those that it outputs."""
    stated = tuple(dim.dim_value for dim in model.graph.output[0].type.tensor_type.shape.dim[1:])
    if not all(stated):
        blank = np.zeros((1, 3, picture.size[1], picture.size[0]), np.float32)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "plain.onnx"
            onnx.save(model, path)
            stated = open_on_cpu(path, blank.shape).run([blank])[0].shape[1:]
    channels, height, width = stated
    return channels, height, width


def _newton(dx: Tensor, dy: Tensor, dxx: Tensor, dyy: Tensor, dxy: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """Newton step (dx, dy) from gradient and Hessian; zero where ``where`` is false or the Hessian is singular."""
    determinant = dxx * dyy - dxy * dxy
    solvable = where & (determinant != 0)
    safe = torch.where(solvable, determinant, torch.ones_like(determinant))
    return (
        torch.where(solvable, -(dyy * dx - dxy * dy) / safe, torch.zeros_like(dx)),
        torch.where(solvable, -(dxx * dy - dxy * dx) / safe, torch.zeros_like(dy)),
    )
