"""Arms and legs on the far side that the body hides from the camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.analysis.checks.finding import Finding, Namer, names_of
from app.analysis.checks.sampled_people import BodyTrack
from app.core.message import Message

LIMBS = {"arm": ("elbow", "wrist"), "leg": ("knee", "ankle")}
MIN_SHARE = 0.3
"""Fraction of the samples in which a limb is hidden that is reported."""
MAX_SHARE = 0.1
"""The same limb of the other side is hidden in less than this fraction: else it is the picture or the pose, and not the
side."""
NAMES = {
    ("left", "arm"): Message("left arm"),
    ("right", "arm"): Message("right arm"),
    ("left", "leg"): Message("left leg"),
    ("right", "leg"): Message("right leg"),
}


def check_hidden(tracks: Sequence[BodyTrack], threshold: float, name: Namer) -> list[Finding]:
    """A finding for each limb that is hidden while that of the other side is seen."""
    findings: list[Finding] = []
    for (side, limb), words in NAMES.items():
        hidden = {track.id: share for track in tracks if (share := _hidden_share(track, side, limb, threshold))}
        if hidden:
            message = Message(
                "{who}: the {limb} is hidden for {percent} % of the time, so that its angles are missing. Film it from "
                "the other side, too.",
                who=names_of(hidden, name),
                limb=words,
                percent=round(100 * max(hidden.values())),
            )
            findings.append(Finding("hidden", message, tuple(hidden)))
    return findings


def _hidden_share(track: BodyTrack, side: str, limb: str, threshold: float) -> float:
    """The fraction of the samples in which the limb is hidden; 0 if that is not reported."""
    own, other = (_unseen(track, each, limb, threshold) for each in (side, "right" if side == "left" else "left"))
    return own if own >= MIN_SHARE and other <= MAX_SHARE else 0.0


def _unseen(track: BodyTrack, side: str, limb: str, threshold: float) -> float:
    points = [track.point(f"{side}_{joint}", threshold) for joint in LIMBS[limb]]
    known = [name for name in LIMBS[limb] if f"{side}_{name}" in track.skeleton.names]
    if len(known) < len(points):
        return 1.0
    return float(np.isnan(np.stack(points)).any(axis=(0, 2)).mean())
