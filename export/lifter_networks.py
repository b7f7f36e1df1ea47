"""Recognizes lifting networks by the names and shapes of their weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from app.core.errors import StanceError
from app.core.message import Message
from export.weights import bare_names
from models.anatomy_lifter import BONES, AnatomyLifter
from models.linear_lifter import LinearLifter
from models.temporal_lifter import TemporalLifter

Shapes = Mapping[str, tuple[int, ...]]
Dialect = Literal["videopose3d", "mmpose", "weigq", "anatomy3d"]

WANTED = Message("wanted SimpleBaseline3D, VideoPose3D or Anatomy3D, from its authors or from MMPose")
TRAJECTORY = ("traj_backbone.", "traj_head.")
"""Beginnings of the names of MMPose's trajectory network, which semi-supervised training needs."""
MMPOSE_NAMES = (
    (re.compile(r"^backbone\.expand_conv\.conv\."), "expand_conv."),
    (re.compile(r"^backbone\.expand_conv\.bn\."), "expand_bn."),
    (re.compile(r"^(?:keypoint_)?head\.conv\."), "shrink."),
)
MMPOSE_BLOCK = re.compile(r"^backbone\.tcn_blocks\.(\d+)\.conv([12])\.0\.(conv|bn)\.")


@dataclass(frozen=True, slots=True)
class LifterNetwork:
    """A lifting network that a checkpoint holds.

    Attributes:
        name: The architecture, with its number of frames.
        dialect: Whose code named the weights.
        joints: Number of 2D joints.
        points: Number of 3D joints.
        frames: Number of frames that one output depends on.
        names: The network's own name of each weight, by the checkpoint's name.
        build: Makes the network without weights; ``causal`` and ``strided`` as in ``TemporalLifter``.
    """

    name: str
    dialect: Dialect
    joints: int
    points: int
    frames: int
    names: Mapping[str, str]
    build: Callable[[bool, bool], nn.Module]


def recognize(shapes: Shapes, origin: str) -> LifterNetwork:
    """The lifting network whose weights have these ``shapes``; raises StanceError, which names ``origin``, if none."""
    own = {name: shape for name, shape in shapes.items() if not name.startswith(TRAJECTORY)}
    bare = {name: short if "backbone." not in name else name for name, short in bare_names(own).items()}
    for rule in (_anatomy3d, _videopose3d, _mmpose, _weigq):
        try:
            found = rule({bare[name]: shape for name, shape in own.items()}, bare)
        except (KeyError, IndexError, ZeroDivisionError):  # a weight that the names promise is missing or is no matrix
            continue
        if found is not None:
            return found
    listed = ", ".join(f"{name} {list(shape)}" for name, shape in list(shapes.items())[:3])
    raise StanceError(
        "{file} is no lifting network that Stance supports: its weights begin with {weights}; {wanted}.",
        file=origin,
        weights=listed,
        wanted=WANTED,
    )


def load_lifter(
    state: Mapping[str, Tensor], found: LifterNetwork, origin: str, causal: bool = False, strided: bool = True
) -> nn.Module:
    """The network ``found`` with the weights of ``state`` (by the checkpoint's names), in evaluation mode.

    Raises StanceError, which names the file ``origin``, if a weight is missing, left over, of another shape or not
    finite.
    """
    network = found.build(causal, strided)
    given = {own: state[name] for name, own in found.names.items()}
    if not all(bool(torch.isfinite(tensor).all()) for tensor in given.values()):
        raise StanceError("{file} has values that are not finite: wanted a trained model.", file=origin)
    wanted = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith("tracked")}
    wrong = [name for name, tensor in wanted.items() if name not in given or given[name].shape != tensor.shape]
    wrong += [name for name in given if name not in wanted and not name.endswith("tracked")]
    if wrong:
        raise StanceError(
            "{file} does not match {name}: the weight {weight} is missing, left over or of another shape; {wanted}.",
            file=origin,
            name=found.name,
            weight=wrong[0],
            wanted=WANTED,
        )
    floats = {name: tensor.float() for name, tensor in given.items() if name in wanted}
    network.load_state_dict(floats, strict=False)
    return network.eval().requires_grad_(False)


def _anatomy3d(shapes: Shapes, bare: Mapping[str, str]) -> LifterNetwork | None:
    if "boneatt.weight" not in shapes:
        return None
    joints, channels = len(BONES) + 1, shapes["expand_conv.weight"][0]
    widths = _widths(shapes)
    if shapes["boneatt.weight"] != (len(BONES), 6 * joints):
        return None
    return LifterNetwork(
        f"Anatomy3D ({prod(widths)} frames)",
        "anatomy3d",
        joints,
        joints,
        prod(widths),
        bare,
        lambda causal, strided: AnatomyLifter(widths, channels),
    )


def _videopose3d(
    shapes: Shapes, bare: Mapping[str, str], dialect: Dialect = "videopose3d", name: str = "VideoPose3D"
) -> LifterNetwork | None:
    if not {"expand_conv.weight", "expand_bn.weight", "shrink.weight"} <= shapes.keys():
        return None
    channels, features, _ = shapes["expand_conv.weight"]
    joints, points, widths = features // 2, shapes["shrink.weight"][0] // 3, _widths(shapes)
    frames = prod(widths)
    if name == "VideoPose3D":
        name = f"VideoPose3D ({frames} {'frame' if frames == 1 else 'frames'})"
    return LifterNetwork(
        name,
        dialect,
        joints,
        points,
        frames,
        bare,
        lambda causal, strided: TemporalLifter(joints, points, widths, channels, causal, strided),
    )


def _mmpose(shapes: Shapes, bare: Mapping[str, str]) -> LifterNetwork | None:
    if "backbone.expand_conv.conv.weight" not in shapes:
        return None
    names = {checkpoint: _mmpose_name(name) for checkpoint, name in bare.items()}
    renamed = {_mmpose_name(name): shape for name, shape in shapes.items()}
    points = renamed["shrink.weight"][0] // 3
    is_image = points == renamed["expand_conv.weight"][1] // 2 - 1  # its codec puts the root back
    return _videopose3d(renamed, names, "mmpose", "SimpleBaseline3D" if is_image else "VideoPose3D")


def _mmpose_name(name: str) -> str:
    if block := MMPOSE_BLOCK.match(name):
        layer = 2 * int(block[1]) + int(block[2]) - 1
        return f"layers_{block[3]}.{layer}.{name[block.end() :]}"
    for pattern, own in MMPOSE_NAMES:
        name = pattern.sub(own, name)
    return name


def _weigq(shapes: Shapes, bare: Mapping[str, str]) -> LifterNetwork | None:
    if "linear_stages.0.w1.weight" not in shapes:
        return None
    channels, features = shapes["w1.weight"]
    joints, points = features // 2, shapes["w2.weight"][0] // 3
    stages = 1 + max(int(name.split(".")[1]) for name in shapes if name.startswith("linear_stages."))
    return LifterNetwork(
        "SimpleBaseline3D",
        "weigq",
        joints,
        points,
        1,
        bare,
        lambda causal, strided: LinearLifter(joints, points, stages, channels),
    )


def _widths(shapes: Shapes) -> tuple[int, ...]:
    """Width of the first convolution and of that of each block."""
    blocks = sum(name.startswith("layers_conv.") and name.endswith(".weight") for name in shapes) // 2
    return (shapes["expand_conv.weight"][2], *(shapes[f"layers_conv.{2 * block}.weight"][2] for block in range(blocks)))
