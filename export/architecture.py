"""Infers a checkpoint's network from the names and shapes of its weights, and loads them into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from app.core.errors import StanceError
from app.core.message import Message, joined
from export.plans.names import Names
from export.plans.plan import Architecture
from export.plans.shapes import Shapes, UnknownArchitecture
from export.plans.table import KINDS, families, nearest
from export.weights import bare_names, removed_prefix

SHOWN = 3
"""Number of names listed in an error sentence."""


def infer_architecture(shapes: Shapes, origin: str) -> Architecture:
    """Infer the network from its weights' ``shapes`` by name.

    Raises StanceError, which names the file ``origin`` and the nearest architectures, if no supported network has such
    weights.
    """
    bare = bare_names(shapes)
    reasons: dict[str, Message] = {}
    for kind in KINDS:
        names, dialect = kind.known(bare)
        try:
            plan = kind.read({own: shapes[name] for name, own in kind.rename(bare)[0].items()})
        except UnknownArchitecture as reason:
            reasons[kind.name] = reason.message
        else:
            return Architecture(plan, dialect, names, removed_prefix(bare))
    raise _unknown(shapes, bare, reasons, origin)


def load(
    state: Mapping[str, Tensor],
    found: Architecture,
    origin: str,
    style: str | None = None,
    fusing: str | None = None,
    **choices: str,
) -> nn.Module:
    """The network with the weights of ``state``, in evaluation mode and without gradients.

    Args:
        state: Weights by the checkpoint's own names.
        found: The result of ``infer_architecture`` for the same checkpoint.
        origin: Name of the file, for error sentences.
        style: Position of the stride in bottlenecks; None for the usual one.
        fusing: HRNet's upsampling; None for the usual one.
        choices: Other choices that the weights do not tell; those that the network does not have are ignored.

    Raises:
        StanceError: A weight is missing, left over, of another shape or not finite.
    """
    given_choices = {"style": style, "fusing": fusing} | choices
    chosen = {name: given_choices.get(name) or value for name, value in found.plan.usual.items()}
    with torch.device("meta"):
        network = found.plan.build(**chosen)
    given = {own: state[name] for name, own in found.names.items()}
    if problem := _problem(network.state_dict(), given, found):
        near = _joined([kind.name for kind in nearest(bare_names(state))])
        raise StanceError(
            "{file} does not match {name}: {problem}; nearest by names: {near}.",
            file=origin,
            name=found.plan.name,
            problem=problem,
            near=near,
        )
    _check_finite(given, found, origin)
    floats = {name: t.float() if t.is_floating_point() else t for name, t in given.items()}
    network.load_state_dict(floats, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _problem(wanted: Mapping[str, Tensor], given: Mapping[str, Tensor], found: Architecture) -> Message | None:
    """Which of the ``wanted`` weights are missing or of another shape, or which of the ``given`` are left over."""
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
            return Message("{what}: {weights}", what=what, weights=_listed(names))
    return None


def _check_finite(given: Mapping[str, Tensor], found: Architecture, origin: str) -> None:
    checkpoint_names = {own: name for name, own in found.names.items()}
    non_finite = [checkpoint_names[name] for name, tensor in given.items() if not torch.isfinite(tensor).all()]
    if non_finite:
        raise StanceError(
            "{file} has values that are not finite, in {weights}: wanted a trained model.",
            file=origin,
            weights=_listed(non_finite),
        )


def _unknown(shapes: Shapes, bare: Names, reasons: Mapping[str, Message], origin: str) -> StanceError:
    """The error of a checkpoint that fits no architecture: why not the nearest one, and which are near."""
    near = nearest(bare)
    supported = Message(
        "wanted one of the {count} families in docs/architectures.md, from its authors or from MMPose",
        count=len(families()),
    )
    weights = _listed([f"{name} {list(shape)}" for name, shape in shapes.items()])
    if not near:
        return StanceError(
            "{file} has no architecture that Stance supports ({reason}): its weights begin with {weights}; "
            "{supported}.",
            file=origin,
            reason=reasons[KINDS[-1].name],
            weights=weights,
            supported=supported,
        )
    return StanceError(
        "{file} has no architecture that Stance supports; nearest by names: {near} ({reason}): its weights begin with "
        "{weights}; {supported}.",
        file=origin,
        near=_joined([kind.name for kind in near]),
        reason=reasons[near[0].name],
        weights=weights,
        supported=supported,
    )


def _joined(items: Sequence[str]) -> str:
    return joined("{first}, {rest}", items)


def _listed(items: Sequence[str]) -> str:
    listed = _joined(items[:SHOWN])
    return Message("{names} and {count} more", names=listed, count=len(items) - SHOWN) if len(items) > SHOWN else listed
