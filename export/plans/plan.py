"""What the exporter knows of an architecture: how it is recognised, built, and described in the card."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from torch import nn

from app.inference.bottom_up_card import GroupingSpec
from app.inference.model_card import IMAGENET_MEAN, IMAGENET_STD, Codec
from export.plans.names import Dialect, Names, original_names
from export.plans.shapes import Shapes

GRID_SAMPLE_OPSET = 16
"""The operator set that brought GridSample, with which deformable convolutions are written."""

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class UsualCard:
    """The card's values for a network, where no flag, checkpoint or catalogue entry says otherwise.

    Attributes:
        size: (width, height) of the input; None for what the skeleton suggests.
        color: Channel order of the training images.
        mean: Subtracted from pixels 0..255.
        std: What the difference is divided by.
        codec: How the outputs are decoded; None for heatmaps, one or (UDP with offsets) three per keypoint.
        padding: Factor by which a box is enlarged before it is cropped.
        udp: Crops and keypoints are aligned by size - 1.
        flip_shift: Maps of the mirrored crop are shifted in a flip test; None for what the codec suggests.
        skeleton: Name of one that ships; None for the usual one with as many keypoints.
    """

    size: tuple[int, int] | None = None
    color: Literal["rgb", "bgr"] = "rgb"
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD
    codec: Codec | None = None
    padding: float = 1.25
    udp: bool = False
    flip_shift: bool | None = None
    skeleton: str | None = None


class Part(ABC):
    """What a network and each of its parts tell of themselves."""

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The usual name, such as HRNet-W32."""

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        return 32

    @property
    def usual(self) -> Mapping[str, str]:
        """The choices that the weights do not tell, and the usual value of each: keyword arguments of ``build``."""
        return {}

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the input, where the shapes of the weights tell it."""
        return None

    @property
    def token(self) -> int:
        """Length of a token of a transformer, which its number of attention heads divides; 0 without one."""
        return 0


class Plan(Part):
    """The arguments of one architecture, read from the shapes of its weights; subclasses are frozen dataclasses."""

    __slots__ = ()

    task: ClassVar[Literal["top-down", "bottom-up", "part", "temporal"]] = "top-down"
    """What it takes: a person's crop, a whole image, (a part of a system) neither, or crops of three frames."""
    outputs: ClassVar[tuple[str, ...]] = ("heatmaps",)
    """Names of the outputs of the ONNX graph."""
    min_opset: ClassVar[int] = 13
    """The first ONNX operator set that has all the operators."""

    @property
    @abstractmethod
    def maps(self) -> int:
        """Number of heatmaps, or of keypoints of a network without heatmaps; the skeleton must match it."""

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether the weights fit an input of ``size`` (width, height), a multiple of ``multiple``."""
        return self.size in (None, size)

    @property
    def card(self) -> UsualCard:
        """The usual values of the card."""
        return UsualCard()

    def grouping(self, dialect: Dialect) -> GroupingSpec | None:
        """How keypoints are grouped into people; None for a top-down network, or where it is not known."""
        return None

    @abstractmethod
    def build(self, **choices: str) -> nn.Module:
        """The network with uninitialized or random weights; it gives all outputs of the original network."""

    def exported(self, network: nn.Module) -> nn.Module:
        """``network`` as it is exported: what gives ``outputs`` alone, for instance the last stage's heatmaps."""
        return network


@dataclass(frozen=True, slots=True)
class Architecture:
    """The network that a checkpoint holds.

    ``names`` maps the checkpoint's parameter names to those of the network in ``models``; it lacks the weights that are
    not read. ``prefix`` is what training programs had added to the names.
    """

    plan: Plan
    dialect: Dialect
    names: Mapping[str, str]
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table of architectures.

    Attributes:
        name: Name of the architecture.
        marks: Parts of names that together tell a set of weights to be such a network, without prefix.
        read: Reads the plan from shapes by own name; raises UnknownArchitecture, which says why it cannot.
        typical: A published network of this architecture.
        rename: Maps bare names of a checkpoint to the network's own, and tells the dialect.
        unused: Pattern of own names that are not read: only training needs them, or the network computes them itself.
    """

    name: str
    marks: tuple[str, ...]
    read: Callable[[Shapes], Plan]
    typical: Plan
    rename: Callable[[Names], tuple[Names, Dialect]] = field(default=original_names)
    unused: str = ""

    def known(self, bare: Names) -> tuple[Names, Dialect]:
        """Maps a checkpoint's names to the network's own, from their ``bare`` form; also returns the dialect."""
        names, dialect = self.rename(bare)
        return {name: own for name, own in names.items() if not re.fullmatch(self.unused, own)}, dialect
