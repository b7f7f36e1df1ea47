"""Reads the heads of MMPose's networks: heatmaps, SimCC, RTMPose's, regression and integral regression."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar

import torch
from torch import Tensor, nn

from app.core.skeleton import plain_skeleton
from app.inference.model_card import Codec, Regression, SimCC
from export.plans.heads import head, head_inputs
from export.plans.shapes import Shapes, UnknownArchitecture, conv, linear, part, require
from models.head import Head, HeatmapHead
from models.regression_head import IntegralHead, RegressionHead
from models.rtm_head import RTMHead, RTMHeadShape
from models.simcc_head import SimCCHead

Size = tuple[int, int]


class HeadPlan(ABC):
    """The arguments of a head, read from the shapes of its weights; subclasses are frozen dataclasses."""

    __slots__ = ()

    method: ClassVar[str] = ""
    """The name of the method, such as SimCC; empty for heatmaps, after which no network is named."""
    outputs: ClassVar[tuple[str, ...]] = ("heatmaps",)
    """Names of the outputs of the ONNX graph."""

    @property
    @abstractmethod
    def maps(self) -> int:
        """Number of keypoints."""

    def codec(self, size: Size | None) -> Codec | None:
        """The codec for an input of ``size`` (width, height); None for heatmaps of the usual kind."""
        return None

    def size(self, stride: int) -> Size | None:
        """(width, height) of the input, where the weights fit one only; ``stride`` is that of the backbone."""
        return None

    def takes(self, size: Size, stride: int) -> bool:
        """Whether the weights fit an input of ``size`` (width, height)."""
        wanted = self.size(stride)
        return wanted is None or wanted == size

    @property
    def usual(self) -> Mapping[str, str]:
        """See ``Plan.usual``."""
        return {}

    @abstractmethod
    def build(self, inputs: int, **choices: str) -> nn.Module:
        """The head for features of ``inputs`` channels."""

    def exported(self, network: nn.Module) -> nn.Module:
        """See ``Plan.exported``."""
        return network


@dataclass(frozen=True, slots=True)
class HeatmapHeadPlan(HeadPlan):
    """Heatmaps; see ``models.head.HeatmapHead``."""

    head: Head
    upsampling: int = 1

    @property
    def maps(self) -> int:
        """Number of heatmaps."""
        return self.head.maps

    def build(self, inputs: int, **choices: str) -> HeatmapHead:
        """The head for features of ``inputs`` channels."""
        return HeatmapHead(inputs, self.head, self.upsampling)


class _SimCCOutputs(HeadPlan):
    """Vectors along x and along y."""

    __slots__ = ()

    bins: tuple[int, int]
    cells: int

    outputs: ClassVar[tuple[str, ...]] = ("simcc_x", "simcc_y")

    def bins_per_cell(self) -> int:
        """Bins per cell of the features, along each axis."""
        bins_x, bins_y = self.bins
        return isqrt(bins_x * bins_y // self.cells)

    def grid(self) -> Size | None:
        """(columns, rows) of the features; None if the numbers of bins do not tell it."""
        step = self.bins_per_cell()
        fits = step > 0 and self.bins[0] * self.bins[1] == step * step * self.cells
        return (self.bins[0] // step, self.bins[1] // step) if fits else None

    def split_ratio(self, size: Size | None) -> float:
        """Bins per pixel of an input of ``size``; 2 if it is not known, as published."""
        return self.bins[0] / size[0] if size else 2.0


@dataclass(frozen=True, slots=True)
class RTMHeadPlan(_SimCCOutputs):
    """RTMPose's head; see ``models.rtm_head``."""

    shape: RTMHeadShape

    method: ClassVar[str] = "RTMPose"

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.shape.maps

    @property
    def bins(self) -> tuple[int, int]:  # type: ignore[override]
        """Lengths of the vectors."""
        return self.shape.bins

    @property
    def cells(self) -> int:  # type: ignore[override]
        """Number of cells of the features."""
        return self.shape.cells

    def codec(self, size: Size | None) -> Codec | None:
        """SimCC whose targets are Gaussians of the width that the codec assumes."""
        return SimCC(self.split_ratio(size))

    def size(self, stride: int) -> Size | None:
        """(width, height) of the input."""
        grid = self.grid()
        return (grid[0] * stride, grid[1] * stride) if grid else None

    def build(self, inputs: int, **choices: str) -> RTMHead:
        """The head for features of ``inputs`` channels."""
        return RTMHead(inputs, self.shape)


@dataclass(frozen=True, slots=True)
class SimCCHeadPlan(_SimCCOutputs):
    """SimCC; see ``models.simcc_head``."""

    head: Head
    cells: int
    bins: tuple[int, int]
    wrapped: bool = True

    method: ClassVar[str] = "SimCC"

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.head.maps

    def codec(self, size: Size | None) -> Codec | None:
        """SimCC without refinement: the targets are Gaussians of another width than RTMPose's."""
        return SimCC(self.split_ratio(size), refine="none")

    def size(self, stride: int) -> Size | None:
        """(width, height) of the input."""
        grid, factor = self.grid(), 2 ** len(self.head.deconvs)
        return (grid[0] * stride // factor, grid[1] * stride // factor) if grid else None

    def build(self, inputs: int, **choices: str) -> SimCCHead:
        """The head for features of ``inputs`` channels."""
        return SimCCHead(inputs, self.head, self.cells, self.bins, self.wrapped)


@dataclass(frozen=True, slots=True)
class RegressionHeadPlan(HeadPlan):
    """DeepPose and RLE; see ``models.regression_head``."""

    keypoints: int
    columns: int = 2

    @property
    def method(self) -> str:  # type: ignore[override]
        """DeepPose, or DeepPose RLE with a deviation of each coordinate."""
        return "DeepPose" if self.columns == 2 else "DeepPose RLE"

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.keypoints

    outputs: ClassVar[tuple[str, ...]] = ("coordinates",)

    def codec(self, size: Size | None) -> Codec | None:
        """Coordinates."""
        return Regression()

    def build(self, inputs: int, **choices: str) -> RegressionHead:
        """The head for features of ``inputs`` channels."""
        return RegressionHead(inputs, self.keypoints, self.columns)

    def exported(self, network: nn.Module) -> nn.Module:
        """The deviations brought to 0..1."""
        return network if self.columns == 2 else Deviations(network)


@dataclass(frozen=True, slots=True)
class IntegralHeadPlan(HeadPlan):
    """Integral regression; see ``models.regression_head``."""

    head: Head
    side: tuple[int, int]
    """(height, width) of the heatmaps."""
    wrapped: bool = True

    method: ClassVar[str] = "IPR"

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.head.maps

    outputs: ClassVar[tuple[str, ...]] = ("coordinates",)

    def codec(self, size: Size | None) -> Codec | None:
        """Coordinates."""
        return Regression()

    def size(self, stride: int) -> Size | None:
        """(width, height) of the input."""
        height, width = self.side
        factor = 2 ** len(self.head.deconvs)
        return (width * stride // factor, height * stride // factor)

    @property
    def usual(self) -> Mapping[str, str]:
        """The factor before the softmax, and whether its pull towards the center is taken out."""
        return {"beta": "1", "debias": "no"}

    def build(self, inputs: int, **choices: str) -> IntegralHead:
        """The head for features of ``inputs`` channels."""
        beta, debias = float(choices.get("beta", "1")), choices.get("debias") == "yes"
        return IntegralHead(inputs, self.head, self.side, beta, debias, self.wrapped)

    def exported(self, network: nn.Module) -> nn.Module:
        """The coordinates alone."""
        return First(network)


class Deviations(nn.Module):
    """A network whose columns from the third on are brought to 0..1 by a sigmoid, as RLE decodes them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, K, 4)."""
        given = self.network(x)
        return torch.cat([given[..., :2], given[..., 2:].sigmoid()], dim=-1)


class First(nn.Module):
    """The first of a network's outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to the first output."""
        return self.network(x)[0]


def read_head(shapes: Shapes, features: int) -> HeadPlan:
    """The head with weights of these ``shapes``, for ``features`` channels; raises UnknownArchitecture if unknown."""
    if "cls_x.weight" in shapes:
        return _rtm(shapes, features)
    if "mlp_head_x.weight" in shapes:
        return _simcc(shapes, features)
    if "linspace_x" in shapes or "simplebaseline_head.final_layer.weight" in shapes:
        return _integral(shapes, features)
    if "fc.weight" in shapes:
        return _regression(shapes, features)
    require(shapes, "final_layer")
    return HeatmapHeadPlan(_heatmaps(shapes, features))


def _check_inputs(inputs: int, features: int) -> None:
    if inputs != features:
        raise UnknownArchitecture(
            "a head for {count} channels, but features of {features}", count=inputs, features=features
        )


def _heatmaps(shapes: Shapes, features: int) -> Head:
    plan = head(shapes)
    _check_inputs(head_inputs(shapes), features)
    return plan


def _rtm(shapes: Shapes, features: int) -> RTMHeadPlan:
    require(shapes, "mlp.0.g", "gau.gamma", "gau.res_scale", "cls_y")
    final, hidden = conv(shapes, "final_layer"), linear(shapes, "mlp.1")
    _check_inputs(final[1], features)
    bins = linear(shapes, "cls_x")[0], linear(shapes, "cls_y")[0]
    key, expanded = shapes["gau.gamma"][-1], linear(shapes, "gau.o")[1]
    return RTMHeadPlan(RTMHeadShape(final[0], final[2], hidden[1], hidden[0], key, expanded, bins))


def _simcc(shapes: Shapes, features: int) -> SimCCHeadPlan:
    wrapped = "deconv_head.final_layer.weight" in shapes
    inner = _heatmaps(part(shapes, "deconv_head") if wrapped else shapes, features)
    along_x, along_y = linear(shapes, "mlp_head_x"), linear(shapes, "mlp_head_y")
    return SimCCHeadPlan(inner, along_x[1], (along_x[0], along_y[0]), wrapped)


def _integral(shapes: Shapes, features: int) -> IntegralHeadPlan:
    wrapped = "simplebaseline_head.final_layer.weight" in shapes
    inner = _heatmaps(part(shapes, "simplebaseline_head") if wrapped else shapes, features)
    lines = [shapes.get(name, ()) for name in ("linspace_y", "linspace_x")]
    if any(len(line) != 4 for line in lines):
        raise UnknownArchitecture("no {name}", name="linspace_x")
    return IntegralHeadPlan(inner, (lines[0][2], lines[1][3]), wrapped)


def _regression(shapes: Shapes, features: int) -> RegressionHeadPlan:
    """The flow that RLE trains with tells it from plain coordinates, else the number that makes a known skeleton."""
    numbers, inputs = linear(shapes, "fc")
    _check_inputs(inputs, features)
    flow = any("flow_model" in name for name in shapes)
    unknown, alone = (plain_skeleton(numbers // columns or 1).name.startswith("points") for columns in (2, 4))
    columns = 4 if numbers % 4 == 0 and (flow or (unknown and not alone)) else 2
    if numbers % columns:
        raise UnknownArchitecture("{count} coordinates, which is an odd number", count=numbers)
    return RegressionHeadPlan(numbers // columns, columns)
