"""Which network a checkpoint holds, told by the names and shapes of its weights alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from app.errors import StanceError
from models.head import DECONV_PADDING, Head, Layer
from models.hrnet import Fusing, HRNet, Stage
from models.resnet import BasicBlock, Block, Bottleneck, Style
from models.simple_baseline import SimpleBaseline

Dialect = Literal["original", "mmpose 0.x", "mmpose 1.x"]
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

HEAD_PARTS = ("deconv_layers.", "conv_layers.", "final_layer.")
SUPPORTED = "wanted HRNet (any width, HRNetV2 heads too) or SimpleBaseline (ResNet) by their authors or by MMPose"
SHOWN = 3
"""So many names are told in a sentence."""

BOTTLENECK_DEPTHS: dict[Shape, int] = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}
BASIC_DEPTHS: dict[Shape, int] = {(2, 2, 2, 2): 18, (3, 4, 6, 3): 34}


@dataclass(frozen=True, slots=True)
class HRNetPlan:
    """An HRNet as its weights describe it."""

    stem: int
    first: Stage
    stages: tuple[Stage, ...]
    head: Head
    merged: bool
    rows: int

    @property
    def name(self) -> str:
        """What the field calls it: HRNet and the planes of the finest branch."""
        return f"HRNet{'V2' if self.merged else ''}-W{self.stages[-1].planes[0]}"

    @property
    def usual_fusing(self) -> Fusing:
        """How such a network enlarges its branches as far as anybody published one."""
        return "bilinear" if self.merged else "nearest"

    @property
    def multiple(self) -> int:
        """What both sides of the input must be multiples of, so that branches fit on one another."""
        return 2 ** (len(self.stages[-1].planes) + 1)

    def build(self, style: Style, fusing: Fusing) -> nn.Module:
        """The network, its weights not set."""
        return HRNet(self.stem, self.first, self.stages, self.head, self.merged, self.rows, fusing)


@dataclass(frozen=True, slots=True)
class SimpleBaselinePlan:
    """A SimpleBaseline as its weights describe it."""

    block: Block
    blocks: tuple[int, ...]
    width: int
    head: Head

    @property
    def name(self) -> str:
        """What the field calls it: SimpleBaseline and its ResNet."""
        depths = BOTTLENECK_DEPTHS if self.block is Bottleneck else BASIC_DEPTHS
        depth = depths.get(self.blocks)
        return f"SimpleBaseline ResNet-{depth or self.blocks}" + (f" of width {self.width}" if self.width != 64 else "")

    @property
    def usual_fusing(self) -> Fusing:
        """Nothing is fused; one word is as good as the other."""
        return "nearest"

    @property
    def multiple(self) -> int:
        """What both sides of the input must be multiples of, so that the features have whole cells."""
        return 2 ** (len(self.blocks) + 1)

    def build(self, style: Style, fusing: Fusing) -> nn.Module:
        """The network, its weights not set."""
        return SimpleBaseline(self.block, self.blocks, self.head, self.width, style)


Plan = HRNetPlan | SimpleBaselinePlan


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a checkpoint holds: ``names`` leads from the checkpoint's names to those of the network's authors."""

    plan: Plan
    dialect: Dialect
    names: Mapping[str, str]


def recognise(shapes: Shapes, origin: str) -> Recognised:
    """The network whose weights have these names and ``shapes``.

    Raises StanceError, which names ``origin``, where they are those of no known one.
    """
    names, dialect = _authors_names(list(shapes))
    known = {own: shapes[name] for name, own in names.items()}
    try:
        if "final_layer.weight" not in known:
            raise _Stranger("no final_layer")
        if "stage2.0.branches.0.0.conv1.weight" in known:
            plan: Plan = _hrnet(known)
        elif "layer1.0.conv1.weight" in known:
            plan = _simple_baseline(known)
        else:
            raise _Stranger("neither stage2 nor layer1")
    except _Stranger as reason:
        raise StanceError(
            f"{origin} holds no network that Stance knows ({reason}): its weights begin with "
            f"{_listed([f'{name} {list(shape)}' for name, shape in shapes.items()])}; {SUPPORTED}."
        ) from None
    return Recognised(plan, dialect, names)


def load(
    state: Mapping[str, Tensor], found: Recognised, origin: str, style: Style = "pytorch", fusing: Fusing | None = None
) -> nn.Module:
    """The network with the weights of ``state``, ready to answer.

    Raises StanceError where a weight is missing, left over, of another shape or not finite.
    """
    with torch.device("meta"):
        network = found.plan.build(style, fusing or found.plan.usual_fusing)
    given = {found.names[name]: tensor for name, tensor in state.items()}
    wanted = network.state_dict()
    spelled = {own: name for name, own in found.names.items()}
    # PyTorch before 0.4.1 counted no batches, and nobody needs the number to run a network.
    missing = [name for name in wanted if name not in given and not name.endswith("num_batches_tracked")]
    left_over = [spelled[name] for name in given if name not in wanted]
    unlike = [
        f"{spelled[name]} is {list(given[name].shape)} where {list(tensor.shape)} was wanted"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    for what, names in (("weights are missing", missing), ("weights are left over", left_over), ("shapes", unlike)):
        if names:
            raise StanceError(f"{origin} does not fit {found.plan.name}: {what}: {_listed(names)}.")
    broken = [spelled[name] for name, tensor in given.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise StanceError(
            f"{origin} holds numbers that are not finite, in {_listed(broken)}: wanted a trained network."
        )
    floats = {name: t.float() if t.is_floating_point() else t for name, t in given.items()}
    network.load_state_dict(floats, strict=True, assign=True)
    return network.eval().requires_grad_(False)


class _Stranger(Exception):  # noqa: N818 - no error yet: it becomes a sentence that names the file
    """Why the weights are those of no known network."""


def _listed(items: Sequence[str]) -> str:
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(items[:SHOWN]) + more


def _authors_names(names: list[str]) -> tuple[dict[str, str], Dialect]:
    """The checkpoint's names with those of the authors' code, and in whose manner they are written."""
    module = "module." if names and all(name.startswith("module.") for name in names) else ""
    bare = {name: name.removeprefix(module) for name in names}
    if any(name.startswith("keypoint_head.") for name in bare.values()):
        dialect: Dialect = "mmpose 0.x"
    elif any(name.startswith("head.") for name in bare.values()):
        dialect = "mmpose 1.x"
    else:
        return bare, "original"
    # MMPose 0.x puts the convolutions of the head and the last one into one row.
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
    entrance = _entrance(shapes)
    if entrance == channels[0] and len(channels) > 1:
        merged = False
    elif entrance == sum(channels):
        merged = True
    else:
        raise _Stranger(f"a head for {entrance} maps where the branches have {', '.join(map(str, channels))}")
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
    """Residual blocks in a row, as a stage of one branch."""
    block: Block = Bottleneck if f"{prefix}.0.conv3.weight" in shapes else BasicBlock
    return Stage(1, (_conv(shapes, f"{prefix}.0.conv1")[0],), (_count(shapes, f"{prefix}."),), block)


def _head(shapes: Shapes) -> Head:
    final = _conv(shapes, "final_layer")
    deconvs = _head_layers(shapes, "deconv_layers")
    for layer in deconvs:
        if layer.kernel not in DECONV_PADDING:
            raise _Stranger(f"a deconvolution of {layer.kernel}x{layer.kernel}")
    return Head(final[0], final[2], deconvs, _head_layers(shapes, "conv_layers"), "final_layer.bias" in shapes)


def _head_layers(shapes: Shapes, part: str) -> tuple[Layer, ...]:
    """The layers of a part of the head, which stand three apart: convolution, batch norm, ReLU."""
    layers: list[Layer] = []
    while f"{part}.{3 * len(layers)}.weight" in shapes:
        name = f"{part}.{3 * len(layers)}"
        shape = _conv(shapes, name)
        maps = shape[1] if part == "deconv_layers" else shape[0]
        layers.append(Layer(maps, shape[2], f"{name}.bias" in shapes))
    return tuple(layers)


def _entrance(shapes: Shapes) -> int:
    """How many maps the head reads."""
    if "deconv_layers.0.weight" in shapes:
        return _conv(shapes, "deconv_layers.0")[0]
    return _conv(shapes, "conv_layers.0" if "conv_layers.0.weight" in shapes else "final_layer")[1]


def _conv(shapes: Shapes, name: str) -> Shape:
    """The shape of a convolution's weights."""
    shape = shapes.get(f"{name}.weight", ())
    if len(shape) != 4 or 0 in shape or shape[2] != shape[3]:
        raise _Stranger(f"{name}.weight is {list(shape) or 'missing'}, not those of a square convolution")
    return shape


def _count(shapes: Shapes, prefix: str, start: int = 0) -> int:
    """How many of ``prefix`` 0, 1, 2 ... there are without a gap."""
    present = {name.removeprefix(prefix).partition(".")[0] for name in shapes if name.startswith(prefix)}
    number = start
    while str(number) in present:
        number += 1
    return number - start
