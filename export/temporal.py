"""Writes temporal networks, which take crops of several frames."""

from __future__ import annotations

import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats
from app.inference.model_card import PoseCard
from app.inference.temporal_card import TemporalCard
from app.pose.temporal import CROPS


def temporal_card(card: PoseCard) -> TemporalCard:
    """The card of a temporal network whose crops and outputs are those of ``card``."""
    return TemporalCard(
        card.name,
        card.picture,
        card.codec,
        card.skeleton,
        padding=card.padding,
        udp=card.udp,
        flip_shift=card.flip_shift,
        provenance=card.provenance,
    )


def in_three_frames(inputs: list[Floats]) -> list[Floats]:
    """Batches (N, 9, H, W): each crop of ``inputs`` (N, 3, H, W) with moved copies as the other two frames."""
    return [np.concatenate([np.roll(batch, 4 * step, axis=3) for step in range(CROPS)], axis=1) for batch in inputs]


def check_temporal_form(name: str, fused: bool, int8: bool) -> None:
    """Raise StanceError if a temporal network called ``name`` cannot be written in a form."""
    if fused or int8:
        raise StanceError(
            "{name} takes crops of three frames, for which {form} is not made: wanted no {form}.",
            name=name,
            form="--fused" if fused else "--int8",
        )


def check_noise(changed: float, most: float) -> None:
    """Raise StanceError if the heatmaps changed by more than ``most`` of their magnitude."""
    if not changed <= most:
        raise StanceError(
            "The converted model differs too much: its heatmaps change by {changed:.3f} of their magnitude; wanted at "
            "most {most}; it was not kept.",
            changed=changed,
            most=most,
        )
