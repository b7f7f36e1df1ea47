"""Converts the checkpoint of a lifting network to an ONNX file with a lifter's card."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from app import __version__
from app.core.errors import StanceError
from app.core.message import Message
from app.core.skeleton import load_skeleton
from app.inference.lifter_card import LAYOUTS, LifterCard
from app.inference.model_card import Provenance
from export import human36m
from export.checkpoint import Checkpoint, read_checkpoint
from export.lifter_networks import LifterNetwork, load_lifter, recognize
from export.onnx_file import check_target, write
from export.trace import OPSET, trace
from export.verify import describe_difference, largest_difference

Say = Callable[[Message], None]
Layout = Literal["h36m17", "coco17"]

POSE_NETWORK = "model_pos"
"""Where VideoPose3D and Anatomy3D keep the network in their checkpoints."""
BATCHES = (1, 10)
"""Numbers of people that are compared with PyTorch."""
LIMITS = "Trained on eleven actors indoors (Human3.6M); unusual postures and cameras from above or below are guessed."


@dataclass(frozen=True, slots=True)
class LifterOptions:
    """What the weights do not tell.

    Attributes:
        causal: Whether the network was trained causally: it uses no frames after the current one.
        layout: The 2D joints of VideoPose3D; None for ``coco17`` if the file's name says so, else ``h36m17``.
    """

    causal: bool = False
    layout: Layout | None = None


class _OneFrame(nn.Module):
    """The network with the points (N, J, 3) of the only frame as output."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, J, C) to (N, J, 3)."""
        return cast("Tensor", self.network(x)[:, 0])


def convert_lifter(path: Path, target: Path, options: LifterOptions, say: Say, opset: int = OPSET) -> LifterCard:
    """Convert the lifting network in checkpoint ``path`` to ``target`` and return its card.

    ``say`` is called with one line of text per step. Raises StanceError if the file is no checkpoint of a supported
    lifting network, or the converted outputs differ.
    """
    check_target(target)
    checkpoint = _read(path)
    found = recognize(checkpoint.shapes, path.name)
    card = lifter_card(found, checkpoint, options)
    say(
        Message(
            "{file}: {name}, {joints} joints to {points} points",
            file=path.name,
            name=found.name,
            joints=found.joints,
            points=found.points,
        )
    )
    network = _OneFrame(load_lifter(checkpoint.state, found, path.name, options.causal)).eval()
    shape = (found.frames, found.joints, card.channels)
    chance = np.random.default_rng(0)
    inputs = [chance.normal(0, 0.5, (count, *shape)).astype(np.float32) for count in BATCHES]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        model = trace(network, torch.from_numpy(inputs[0]), "keypoints", "points", opset)
        onnx.save(model, plain)
        say(Message("Written as ONNX, opset {opset}; comparing", opset=opset))
        worst = largest_difference(network, plain, inputs)
        say(describe_difference(worst, f"{BATCHES[-1]} people", BATCHES))
    write(model, card, target)
    say(Message("Written: {path}", path=target))
    return card


def lifter_card(found: LifterNetwork, checkpoint: Checkpoint, options: LifterOptions) -> LifterCard:
    """The card of the network ``found`` in ``checkpoint``; raises StanceError if its joints are not known."""
    origin = checkpoint.path.name
    if "3dhp" in origin.lower() or (found.joints, found.points) not in ((17, 17), (17, 16), (16, 16)):
        raise StanceError(
            "{file} takes {joints} joints and outputs {points}: wanted a network for the 17 joints of Human3.6M or "
            "COCO.",
            file=origin,
            joints=found.joints,
            points=found.points,
        )
    layout = options.layout or ("coco17" if "coco" in origin.lower() else "h36m17")
    inputs: str | tuple[str, ...] = load_skeleton("coco17").names if layout == "coco17" else layout
    assumed = ["fit"] if options.layout else ["inputs", "fit"]
    special: dict[str, Any] = {}
    if found.points == 16:
        kept = [row for row in range(17) if found.joints == 17 or LAYOUTS["h36m17"][row] != "neck_base"]
        inputs = "h36m17" if found.joints == 17 else "h36m16-no-nose"
        special = {
            "normalization": "standard",
            "mean": tuple(human36m.KEYPOINTS_MEAN[row] for row in kept),
            "std": tuple(human36m.KEYPOINTS_STD[row] for row in kept),
            "target_mean": human36m.POINTS_MEAN,
            "target_std": human36m.POINTS_STD,
        }
        assumed = ["fit", "mean", "std"]
    around = (found.frames - 1) // 2
    return LifterCard(
        target_name(checkpoint.path),
        inputs,
        "h36m16" if found.points == 16 else "h36m17",
        history=(found.frames - 1, 0) if options.causal else (around, found.frames - 1 - around),
        fit="person",
        scores=found.dialect == "anatomy3d",
        data="Human3.6M",
        limits=LIMITS,
        provenance=Provenance(
            source=origin,
            sha256=checkpoint.sha256,
            network=found.name,
            version=__version__,
            assumed=tuple(assumed),
            chosen=("causal",) if options.causal else (),
        ),
        **special,
    )


def target_name(path: Path) -> str:
    """The name of the lifter that the checkpoint ``path`` becomes."""
    return path.name.removesuffix(".tar").rpartition(".")[0] or path.name


def _read(path: Path) -> Checkpoint:
    """The weights of the pose network, where a file has a network of the person's path too."""
    try:
        return read_checkpoint(path, POSE_NETWORK)
    except StanceError as error:
        if error.message.values.get("wanted") != POSE_NETWORK:
            raise
        return read_checkpoint(path)
