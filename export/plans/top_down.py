"""Networks of a backbone and a head as MMPose builds them: any backbone with any head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from torch import nn

from app.inference.model_card import Codec
from export.plans.mmpose_heads import HeadPlan, HeatmapHeadPlan, read_head
from export.plans.names import HEADS, Dialect, Names, original_names
from export.plans.plan import Kind, Part, Plan, UsualCard
from export.plans.shapes import Shapes, UnknownArchitecture, part
from models.top_down import TopDown

TRAINING = r"head\.loss(_module)?\..*"
"""Pattern of the names of what only training needs: the normalizing flow of RLE."""


class BackbonePlan(Part):
    """The arguments of a backbone, read from the shapes of its weights; subclasses are frozen dataclasses.

    Its ``size`` is what the weights suggest.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def features(self) -> int:
        """Number of channels of the features."""

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 32

    @property
    def codec(self) -> Codec | None:
        """The codec of heatmaps on this backbone, where it is not the usual one."""
        return None

    @property
    def upsampling(self) -> int:
        """Factor by which a heatmap head without deconvolutions upsamples the features."""
        return 1

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether the weights fit an input of ``size`` (width, height)."""
        return True

    @abstractmethod
    def build(self, **choices: str) -> nn.Module:
        """The backbone with uninitialized or random weights."""


class Outputs(Protocol):
    """A layer that tells its output channels."""

    @property
    def outputs(self) -> int:
        """Output channels."""


class LayeredPlan(BackbonePlan):
    """A backbone of ``layers`` after a stem of stride 4, each but the first of which halves the size."""

    __slots__ = ()

    layers: Sequence[Outputs]

    @property
    def stride(self) -> int:
        """Size of the image divided by that of the features."""
        return 2 ** (len(self.layers) + 1)

    @property
    def features(self) -> int:
        """Number of channels of the features."""
        return self.layers[-1].outputs


@dataclass(frozen=True, slots=True)
class TopDownPlan(Plan):
    """A backbone and a head."""

    backbone: BackbonePlan
    head: HeadPlan

    @property
    def name(self) -> str:
        """The name of the head's method, where it has one, and the backbone, such as SimCC ResNet-50."""
        return f"{self.head.method} {self.backbone.name}".lstrip()

    @property
    def maps(self) -> int:
        """Number of keypoints."""
        return self.head.maps

    @property
    def multiple(self) -> int:
        """Divisor of input width and height."""
        return self.backbone.multiple

    @property
    def outputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the outputs of the ONNX graph."""
        return self.head.outputs

    @property
    def usual(self) -> Mapping[str, str]:
        """The choices of the backbone and of the head."""
        return {**self.backbone.usual, **self.head.usual}

    @property
    def size(self) -> tuple[int, int] | None:
        """(width, height) of the input, where the head was made for one size only."""
        return self.head.size(self.backbone.stride)

    @property
    def token(self) -> int:
        """The backbone's."""
        return self.backbone.token

    @property
    def card(self) -> UsualCard:
        """The values of MMPose's settings."""
        codec = self.head.codec(self.size) or self.backbone.codec
        return UsualCard(size=self.backbone.size, codec=codec)

    def takes(self, size: tuple[int, int]) -> bool:
        """Whether the weights fit an input of ``size`` (width, height)."""
        return self.backbone.takes(size) and self.head.takes(size, self.backbone.stride)

    def build(self, **choices: str) -> TopDown:
        """The network."""
        return TopDown(self.backbone.build(**choices), self.head.build(self.backbone.features, **choices))

    def exported(self, network: nn.Module) -> nn.Module:
        """``network`` with the outputs that the head's codec reads."""
        return self.head.exported(network)


def top_down_names(bare: Names) -> tuple[Names, Dialect]:
    """Maps bare names of a checkpoint to MMPose 1.x's: ``backbone.`` and ``head.`` in front."""
    plain, dialect = original_names(bare)
    own = {}
    for name, text in bare.items():
        prefix = text.partition(".")[0]
        kept = "head" if prefix in HEADS else prefix if prefix == "backbone" else ""
        own[name] = f"{kept}.{plain[name]}" if kept and not plain[name].startswith(f"{prefix}.") else plain[name]
    return own, dialect


def kind(
    name: str,
    marks: Sequence[str],
    read_backbone: Callable[[Shapes], BackbonePlan],
    typical: TopDownPlan,
    rename: Callable[[Names], tuple[Names, Dialect]] = top_down_names,
    heatmaps: bool = True,
) -> Kind:
    """The row of the table for networks with one backbone, whatever their head.

    ``read_backbone`` gets the shapes of the backbone's weights by their names in it. Without ``heatmaps`` a head that
    outputs heatmaps is left to another architecture. The other arguments are those of ``Kind``; ``rename`` maps to
    MMPose 1.x's names.
    """

    def read(shapes: Shapes) -> TopDownPlan:
        return with_head(read_backbone(backbone_shapes(shapes)), shapes, heatmaps)

    return Kind(name, tuple(marks), read, typical, rename, TRAINING)


def backbone_shapes(shapes: Shapes) -> Shapes:
    """Those of the backbone's weights; raises UnknownArchitecture if there are none."""
    inner = part(shapes, "backbone")
    if not inner:
        raise UnknownArchitecture("no {name}", name="backbone")
    return inner


def with_head(backbone: BackbonePlan, shapes: Shapes, heatmaps: bool = True) -> TopDownPlan:
    """The plan of a network with this ``backbone`` and the head among ``shapes``; see ``kind``.

    Raises UnknownArchitecture if there is no known head, or one for other features.
    """
    head = read_head(part(shapes, "head"), backbone.features)
    if isinstance(head, HeatmapHeadPlan) and not heatmaps:
        raise UnknownArchitecture("a head that outputs heatmaps")
    if isinstance(head, HeatmapHeadPlan) and not head.head.deconvs:
        head = replace(head, upsampling=backbone.upsampling)
    return TopDownPlan(backbone, head)
