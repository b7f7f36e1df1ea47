"""Whether what the user states about a network fits it; each error is one sentence with the file's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.errors import StanceError
from app.inference.bottom_up_card import BottomUpCard
from app.inference.model_card import Heatmap, PoseCard, UdpCombined
from export.plans.plan import Plan

if TYPE_CHECKING:
    from export.options import ConvertOptions

MAX_BETA = 1000
"""Largest factor before a softmax that is taken; more makes an argmax of it."""


def check_size(size: tuple[int, int], plan: Plan, origin: str) -> None:
    """Raise StanceError if the network in file ``origin`` does not take crops of ``size`` (width, height)."""
    if not plan.takes(size):
        raise StanceError(
            "{file} does not take crops of {width}x{height}: wanted {only}, for which its weights are made.",
            file=origin,
            width=size[0],
            height=size[1],
            only="x".join(map(str, plan.size or plan.card.size or ())),
        )
    if any(side % plan.multiple or not 0 < side <= 2048 for side in size):
        raise StanceError(
            "{file} does not take crops of {width}x{height}: wanted WIDTHxHEIGHT in multiples of {multiple} "
            "up to 2048.",
            file=origin,
            width=size[0],
            height=size[1],
            multiple=plan.multiple,
        )


def check_flags(options: ConvertOptions, plan: Plan, origin: str) -> None:
    """Raise StanceError for a flag that the network in file ``origin`` does not have."""
    if options.decoding and plan.task == "bottom-up":
        raise StanceError(
            "{file} is {name}, whose keypoints are grouped: wanted no --decode.", file=origin, name=plan.name
        )
    if options.decoding and plan.card.codec and not isinstance(plan.card.codec, Heatmap):
        raise StanceError(
            "{file} is {name}, which outputs no heatmaps: wanted no --decode.", file=origin, name=plan.name
        )
    if options.style == "caffe" and "style" not in plan.usual:
        raise StanceError(
            "{file} is {name}, which has no Caffe style: wanted ResNet-50 or deeper.", file=origin, name=plan.name
        )
    if (options.beta is not None or options.debias) and "debias" not in plan.usual:
        raise StanceError(
            "{file} is {name}, which is no integral regression: wanted no --beta and no --debias.",
            file=origin,
            name=plan.name,
        )
    if options.beta is not None and not 0 < options.beta <= MAX_BETA:
        raise StanceError(
            "--beta {beta} cannot be used: wanted a number above 0, up to {most}.", beta=options.beta, most=MAX_BETA
        )
    if options.heads and (options.heads < 1 or plan.token % options.heads or not plan.token):
        raise StanceError(
            "{file} is {name}, which cannot have {heads} attention heads: wanted --heads with a divisor of {token}.",
            file=origin,
            name=plan.name,
            heads=options.heads,
            token=plan.token,
        )


def check_skeleton(card: PoseCard | BottomUpCard, maps: int, origin: str) -> None:
    """Raise StanceError unless the skeleton of ``card`` has the keypoints of a network with ``maps`` heatmaps."""
    combined = isinstance(card, PoseCard) and isinstance(card.codec, UdpCombined)
    wanted = len(card.resolved_skeleton.names) * (3 if combined else 1)
    if maps != wanted:
        skeleton = card.resolved_skeleton
        raise StanceError(
            "{file} outputs {maps} heatmaps, which does not match the {count} keypoints of "
            "{skeleton}: wanted --keypoints coco17, mpii16, another built-in skeleton, or a JSON file.",
            file=origin,
            maps=maps,
            count=len(skeleton.names),
            skeleton=skeleton.name,
        )
