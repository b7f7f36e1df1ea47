"""Takes DEKR's rescoring network from its checkpoint into the file of a pose network."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import nn

from app.core.errors import StanceError
from app.inference.bottom_up_card import BottomUpCard, CenterOffsets
from app.inference.model_card import PoseModelCard
from app.pose.grouping.rescoring import FEATURES, KEYPOINTS, Layer, Rescoring
from export.architecture import infer_architecture, load
from export.checkpoint import read_checkpoint
from export.plans.dekr import RescorePlan

TOLERANCE = 1e-4
"""Greatest difference between the network in PyTorch and in the app, relative to its largest answer."""


def read_network(path: Path) -> Rescoring:
    """The rescoring network in the checkpoint ``path``, after a comparison with PyTorch on random features.

    Raises StanceError if the file holds no rescoring network for COCO's keypoints, or the answers differ.
    """
    checkpoint = read_checkpoint(path)
    found = infer_architecture(checkpoint.shapes, path.name)
    plan = found.plan
    if not isinstance(plan, RescorePlan) or (plan.inputs, plan.results) != (FEATURES, 1):
        raise StanceError(
            "{file} is {name}: wanted DEKR's rescoring network for {count} keypoints, which takes {features} numbers.",
            file=path.name,
            name=plan.name,
            count=KEYPOINTS,
            features=FEATURES,
        )
    network = load(checkpoint.state, found, path.name)
    layers = [layer for layer in network.children() if isinstance(layer, nn.Linear)]
    rescoring = Rescoring([Layer(layer.weight.numpy(), layer.bias.numpy()) for layer in layers])
    features = np.random.default_rng(0).normal(size=(32, FEATURES)).astype(np.float32)
    with torch.no_grad():
        wanted = network(torch.from_numpy(features)).numpy()[:, 0]
    if not np.abs(rescoring(features) - wanted).max() <= TOLERANCE * max(np.abs(wanted).max(), 1):
        raise StanceError(
            "The rescoring network of {file} answers otherwise in Stance; it was not kept.", file=path.name
        )
    return rescoring


def with_rescoring(card: PoseModelCard, name: str) -> BottomUpCard:
    """``card`` with rescored people; raises StanceError, which names the network ``name``, if it has no such poses."""
    grouping = card.grouping if isinstance(card, BottomUpCard) else None
    if isinstance(grouping, CenterOffsets) and len(card.resolved_skeleton.names) == KEYPOINTS:
        assert isinstance(card, BottomUpCard)
        return msgspec.structs.replace(card, grouping=msgspec.structs.replace(grouping, rescore=True))
    raise StanceError(
        "{name} has no poses that DEKR's rescoring network judges: wanted a DEKR with {count} keypoints, or no "
        "--rescore.",
        name=name,
        count=KEYPOINTS,
    )
