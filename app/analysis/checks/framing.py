"""Whether feet and hands leave the picture, and whether people are large enough in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.analysis.checks.finding import Finding, Kind, Namer, names_of
from app.analysis.checks.sampled_people import BodyTrack
from app.core.message import Message
from app.core.people import Floats
from app.core.skeleton import Skeleton

MIN_SIZE_PX = 200.0
"""Smallest height of a person, in pixels: a keypoint's error of half a pixel of a heatmap is then 1 % of the height."""
EDGE = 0.01
"""A keypoint is outside the picture if it is this close to an edge or beyond it, as a fraction of the body's size."""
MIN_SHARE = 0.05
"""Fraction of a person's samples that is reported."""
MIN_SAMPLES = 4
"""Smallest number of samples that is reported."""

PARTS: dict[Kind, tuple[str, ...]] = {"feet": ("ankle", "heel", "big_toe"), "hands": ("wrist",)}
"""Keypoints of each side whose place tells where the part is."""
NAMES: dict[Kind, Message] = {"feet": Message("feet"), "hands": Message("hands")}


def check_framing(tracks: Sequence[BodyTrack], size: tuple[int, int], threshold: float, name: Namer) -> list[Finding]:
    """Findings about parts outside a picture of ``size`` (width, height), and about people who are too small."""
    findings = [_about_part(tracks, kind, size, threshold, name) for kind in PARTS]
    small = {track.id: px for track in tracks if (px := track.size_px(threshold)) < MIN_SIZE_PX}
    if small:
        message = Message(
            "{who}: only {pixels} pixels tall, wanted {wanted} or more. Move the camera closer, or record at a higher "
            "resolution.",
            who=names_of(small, name),
            pixels=round(min(small.values())),
            wanted=round(MIN_SIZE_PX),
        )
        findings.append(Finding("small", message, tuple(small)))
    return [finding for finding in findings if finding is not None]


def _about_part(
    tracks: Sequence[BodyTrack], kind: Kind, size: tuple[int, int], threshold: float, name: Namer
) -> Finding | None:
    outside = {track.id: share for track in tracks if (share := outside_share(track, kind, size, threshold))}
    if not outside:
        return None
    message = Message(
        "{who}: {parts} are outside the picture for {percent} % of the time. Move the camera back, so that the whole "
        "body stays in the picture.",
        who=names_of(outside, name),
        parts=NAMES[kind],
        percent=round(100 * max(outside.values())),
    )
    return Finding(kind, message, tuple(outside))


def outside_share(track: BodyTrack, kind: Kind, size: tuple[int, int], threshold: float) -> float:
    """The fraction of the samples in which a left or right part of ``kind`` is outside the picture; 0 if negligible.

    Networks put keypoints of what is outside at the edge, or beyond it, or give them low scores: feet that are not seen
    are outside if the person's box ends at the bottom edge. While a person walks into the picture or out of it, before
    the first sample and after the last one in which the part is in the picture, only the top and bottom edge count.
    """
    sides = _columns(track.skeleton, PARTS[kind])
    if not sides:
        return 0.0
    margin = EDGE * track.size_px(threshold)
    level, upright = _beyond(track.keypoints[:, sides], size, margin)
    if kind == "feet":
        unseen = (track.keypoints[:, sides, 2] < threshold).all(axis=1)
        level |= unseen & (track.boxes[:, 3] > size[1] - 1 - margin)
    inside = np.flatnonzero(~(level | upright))
    between = np.zeros(len(level), bool)
    if len(inside):
        between[inside[0] : inside[-1] + 1] = True
    else:
        between[:] = True
    outside = upright | (level & between)
    return float(outside.mean()) if outside.sum() >= MIN_SAMPLES and outside.mean() >= MIN_SHARE else 0.0


def _beyond(keypoints: Floats, size: tuple[int, int], margin: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether any of ``keypoints`` (T, P, 3) is beyond the left or right edge (T,), and beyond the top or bottom (T,).

    ``margin`` is in pixels.
    """
    x, y = keypoints[..., 0], keypoints[..., 1]
    level = (x < margin) | (x > size[0] - 1 - margin)
    upright = (y < margin) | (y > size[1] - 1 - margin)
    return np.asarray(level.any(axis=1)), np.asarray(upright.any(axis=1))


def _columns(skeleton: Skeleton, parts: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(skeleton.names) if name.removeprefix("left_").removeprefix("right_") in parts]
