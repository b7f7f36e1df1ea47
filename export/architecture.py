"""Infers a checkpoint's network from the names and shapes of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from app.core.errors import ExplainedError, StanceError
from app.core.message import Message, joined
from export.weights import bare_names, removed_prefix
from models.head import DECONV_PADDING, Head, Layer
from models.hrnet import Fusing, HRNet, Stage
from models.resnet import BasicBlock, Block, Bottleneck, Style
from models.simple_baseline import SimpleBaseline

Dialect = Literal["original", "mmpose 0.x", "mmpose 1.x"]
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

HEAD_PARTS = ("deconv_layers.", "conv_layers.", "final_layer.")
SUPPORTED = Message(
    "wanted HRNet (any width, HRNetV2 heads too) or SimpleBaseline (ResNet) from their authors or from MMPose"
)
SHOWN = 3
"""Number of names listed in an error sentence."""

BOTTLENECK_DEPTHS: dict[Shape, int] = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}
BASIC_DEPTHS: dict[Shape, int] = {(2, 2, 2, 2): 18, (3, 4, 6, 3): 34}


@dataclass(frozen=True, slots=True)
class HRNetPlan:
    """The arguments of an HRNet, read from the shapes of its weights."""

    stem: int
    first: Stage
    stages: tuple[Stage, ...]
    head: Head
    merged: bool
    rows: int

    @property
    def name(self) -> str:
        """The usual name: HRNet and the width of the finest branch, such as HRNet-W32."""
        return f"HRNet{'V2' if self.merged else ''}-W{self.stages[-1].planes[0]}"

    @property
    def usual_fusing(self) -> Fusing:
        """Upsampling used by the published networks of this kind."""
        return "bilinear" if self.merged else "nearest"

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the sizes of the branches match."""
        return 2 ** (len(self.stages[-1].planes) + 1)

    def build(self, style: Style, fusing: Fusing) -> nn.Module:
        """The network with uninitialized or random weights."""
        return HRNet(self.stem, self.first, self.stages, self.head, self.merged, self.rows, fusing)


@dataclass(frozen=True, slots=True)
class SimpleBaselinePlan:
    """The arguments of a SimpleBaseline, read from the shapes of its weights."""

    block: Block
    blocks: tuple[int, ...]
    width: int
    head: Head

    @property
    def name(self) -> str:
        """The usual name: SimpleBaseline and its ResNet, such as SimpleBaseline ResNet-50."""
        depths = BOTTLENECK_DEPTHS if self.block is Bottleneck else BASIC_DEPTHS
        depth = depths.get(self.blocks)
        name = f"SimpleBaseline ResNet-{depth or self.blocks}"
        return name if self.width == 64 else Message("{name} of width {width}", name=name, width=self.width)

    @property
    def usual_fusing(self) -> Fusing:
        """Unused: this network fuses no branches."""
        return "nearest"

    @property
    def multiple(self) -> int:
        """Divisor of input width and height that makes the size of the features a whole number."""
        return 2 ** (len(self.blocks) + 1)

    def build(self, style: Style, fusing: Fusing) -> nn.Module:
        """The network with uninitialized or random weights."""
        return SimpleBaseline(self.block, self.blocks, self.head, self.width, style)


Plan = HRNetPlan | SimpleBaselinePlan


@dataclass(frozen=True, slots=True)
class Architecture:
    """The network that a checkpoint holds.

    ``names`` maps the checkpoint's parameter names to those of the original code; ``prefix`` is what training programs
    had added to the names.
    """

    plan: Plan
    dialect: Dialect
    names: Mapping[str, str]
    prefix: str = ""


def infer_architecture(shapes: Shapes, origin: str) -> Architecture:
    """Infer the network from its weights' ``shapes`` by name.

    Raises StanceError, which names the file ``origin``, if no supported network has such weights.
    """
    bare = bare_names(shapes)
    names, dialect = _original_names(bare)
    known = {own: shapes[name] for name, own in names.items()}
    try:
        if "final_layer.weight" not in known:
            raise _UnknownArchitecture("no final_layer")
        if "stage2.0.branches.0.0.conv1.weight" in known:
            plan: Plan = _hrnet(known)
        elif "layer1.0.conv1.weight" in known:
            plan = _simple_baseline(known)
        else:
            raise _UnknownArchitecture("neither stage2 nor layer1")
    except _UnknownArchitecture as reason:
        raise StanceError(
            "{file} has no architecture that Stance supports ({reason}): its weights begin with "
            "{weights}; {supported}.",
            file=origin,
            reason=reason.message,
            weights=_listed([f"{name} {list(shape)}" for name, shape in shapes.items()]),
            supported=SUPPORTED,
        ) from None
    return Architecture(plan, dialect, names, removed_prefix(bare))


def load(
    state: Mapping[str, Tensor],
    found: Architecture,
    origin: str,
    style: Style = "pytorch",
    fusing: Fusing | None = None,
) -> nn.Module:
    """The network with the weights of ``state``, in evaluation mode and without gradients.

    Args:
        state: Weights by the checkpoint's own names.
        found: The result of ``infer_architecture`` for the same checkpoint.
        origin: Name of the file, for error sentences.
        style: Position of the stride in bottlenecks.
        fusing: HRNet's upsampling; None for the usual one.

    Raises:
        StanceError: A weight is missing, left over, of another shape or not finite.
    """
    with torch.device("meta"):
        network = found.plan.build(style, fusing or found.plan.usual_fusing)
    given = {found.names[name]: tensor for name, tensor in state.items()}
    wanted = network.state_dict()
    checkpoint_names = {own: name for name, own in found.names.items()}
    # Written by PyTorch from 0.4.1 on only, and not needed for inference.
    missing = [name for name in wanted if name not in given and not name.endswith("num_batches_tracked")]
    left_over = [checkpoint_names[name] for name in given if name not in wanted]
    mismatched = [
        Message(
            "{name} is {found}, wanted {wanted}",
            name=checkpoint_names[name],
            found=str(list(given[name].shape)),
            wanted=str(list(tensor.shape)),
        )
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    for what, names in (
        (Message("weights are missing"), missing),
        (Message("weights are unused"), left_over),
        (Message("shapes"), mismatched),
    ):
        if names:
            raise StanceError(
                "{file} does not match {name}: {what}: {weights}.",
                file=origin,
                name=found.plan.name,
                what=what,
                weights=_listed(names),
            )
    non_finite = [checkpoint_names[name] for name, tensor in given.items() if not torch.isfinite(tensor).all()]
    if non_finite:
        raise StanceError(
            "{file} has values that are not finite, in {weights}: wanted a trained model.",
            file=origin,
            weights=_listed(non_finite),
        )
    floats = {name: t.float() if t.is_floating_point() else t for name, t in given.items()}
    network.load_state_dict(floats, strict=True, assign=True)
    return network.eval().requires_grad_(False)


class _UnknownArchitecture(ExplainedError):  # noqa: N818 - internal: becomes a StanceError that names the file
    """The weights fit no supported network; the text is the reason."""


def _listed(items: Sequence[str]) -> str:
    listed = joined("{first}, {rest}", items[:SHOWN])
    return Message("{names} and {count} more", names=listed, count=len(items) - SHOWN) if len(items) > SHOWN else listed


def _original_names(bare: Mapping[str, str]) -> tuple[Mapping[str, str], Dialect]:
    """Maps the checkpoint's names to those of the original code, from their ``bare`` form; also returns the dialect."""
    if any(name.startswith("keypoint_head.") for name in bare.values()):
        dialect: Dialect = "mmpose 0.x"
    elif any(name.startswith("head.") for name in bare.values()):
        dialect = "mmpose 1.x"
    else:
        return bare, "original"
    # MMPose 0.x numbers the head's convolutions and the final one in a single sequence.
    numbered = re.compile(r"keypoint_head\.final_layer\.(\d+)\.(.+)")
    last = max((int(found[1]) for name in bare.values() if (found := numbered.fullmatch(name))), default=-1)
    own: dict[str, str] = {}
    for name, text in bare.items():
        if found := numbered.fullmatch(text):
            own[name] = f"final_layer.{found[2]}" if int(found[1]) == last else f"conv_layers.{found[1]}.{found[2]}"
        else:
            prefix, _, rest = text.partition(".")
            expected = ("keypoint_head", "head") if rest.startswith(HEAD_PARTS) else ("backbone",)
            own[name] = rest if prefix in expected else text
    return own, dialect


def _hrnet(shapes: Shapes) -> HRNetPlan:
    stem = _conv(shapes, "conv1")[0]
    first = _layer(shapes, "layer1")
    count = _count(shapes, "stage", start=2)
    stages = tuple(_stage(shapes, f"stage{number + 2}") for number in range(count))
    channels = stages[-1].channels
    last = f"stage{count + 1}.{stages[-1].modules - 1}"
    rows = _count(shapes, f"{last}.fuse_layers.")
    head = _head(shapes)
    head_inputs = _head_inputs(shapes)
    if head_inputs == channels[0] and len(channels) > 1:
        merged = False
    elif head_inputs == sum(channels):
        merged = True
    else:
        raise _UnknownArchitecture(
            "a head for {count} maps, but the branches have {channels}",
            count=head_inputs,
            channels=", ".join(map(str, channels)),
        )
    return HRNetPlan(stem, first, stages, head, merged, rows)


def _simple_baseline(shapes: Shapes) -> SimpleBaselinePlan:
    count = _count(shapes, "layer", start=1)
    layers = [_layer(shapes, f"layer{number + 1}") for number in range(count)]
    blocks = tuple(layer.blocks[0] for layer in layers)
    return SimpleBaselinePlan(layers[0].block, blocks, _conv(shapes, "conv1")[0], _head(shapes))


def _stage(shapes: Shapes, prefix: str) -> Stage:
    modules = _count(shapes, f"{prefix}.")
    branches = _count(shapes, f"{prefix}.0.branches.")
    layers = [_layer(shapes, f"{prefix}.0.branches.{branch}") for branch in range(branches)]
    planes = tuple(layer.planes[0] for layer in layers)
    return Stage(modules, planes, tuple(layer.blocks[0] for layer in layers), layers[0].block)


def _layer(shapes: Shapes, prefix: str) -> Stage:
    """A sequence of residual blocks, described as a stage with one branch."""
    block: Block = Bottleneck if f"{prefix}.0.conv3.weight" in shapes else BasicBlock
    return Stage(1, (_conv(shapes, f"{prefix}.0.conv1")[0],), (_count(shapes, f"{prefix}."),), block)


def _head(shapes: Shapes) -> Head:
    final = _conv(shapes, "final_layer")
    deconvs = _head_layers(shapes, "deconv_layers")
    for layer in deconvs:
        if layer.kernel not in DECONV_PADDING:
            raise _UnknownArchitecture("a deconvolution of {side}x{side}", side=layer.kernel)
    return Head(final[0], final[2], deconvs, _head_layers(shapes, "conv_layers"), "final_layer.bias" in shapes)


def _head_layers(shapes: Shapes, part: str) -> tuple[Layer, ...]:
    """The layers of ``part``; their indices are three apart: convolution, batch norm, ReLU."""
    layers: list[Layer] = []
    while f"{part}.{3 * len(layers)}.weight" in shapes:
        name = f"{part}.{3 * len(layers)}"
        shape = _conv(shapes, name)
        maps = shape[1] if part == "deconv_layers" else shape[0]
        layers.append(Layer(maps, shape[2], f"{name}.bias" in shapes))
    return tuple(layers)


def _head_inputs(shapes: Shapes) -> int:
    """Number of input channels of the head."""
    if "deconv_layers.0.weight" in shapes:
        return _conv(shapes, "deconv_layers.0")[0]
    return _conv(shapes, "conv_layers.0" if "conv_layers.0.weight" in shapes else "final_layer")[1]


def _conv(shapes: Shapes, name: str) -> Shape:
    """The shape of a convolution's weights; only square kernels are accepted."""
    shape = shapes.get(f"{name}.weight", ())
    if len(shape) != 4 or 0 in shape or shape[2] != shape[3]:
        found = str(list(shape)) if shape else Message("missing")
        raise _UnknownArchitecture(
            "{name}.weight is {found}, which is not a square convolution", name=name, found=found
        )
    return shape


def _count(shapes: Shapes, prefix: str, start: int = 0) -> int:
    """Length of the sequence ``prefix`` + start, start + 1, ... without a gap."""
    present = {name.removeprefix(prefix).partition(".")[0] for name in shapes if name.startswith(prefix)}
    number = start
    while str(number) in present:
        number += 1
    return number - start
