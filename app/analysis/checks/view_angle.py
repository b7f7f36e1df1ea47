"""The angle between the camera's view and a view from the side of the person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.analysis.checks.finding import Finding, Namer, names_of
from app.analysis.checks.sampled_people import BodyTrack, Values
from app.analysis.facing import facing_of
from app.core.message import Message

SHOULDERS_PER_TRUNK = 0.72
"""Width of the shoulders relative to the length of the trunk, seen from the front, between keypoints: 0.70 to 0.82 in
the CMU Motion Capture Database; the upper quartile of COCO's labels, most of which are not frontal, is 0.73."""
MAX_DEGREES = 20.0
"""Largest angle to the side view that is accepted."""
FRONT_DEGREES = 65.0
"""From this angle on it is a view from the front or from behind, and not one from the side."""
MIN_SHARE = 0.7
"""Minimum fraction of the samples beyond ``STEADY`` times the accepted angle, on the same side, for a warning.

A person who turns or bends for a while does not cause one."""
STEADY = 0.6


def check_view(tracks: Sequence[BodyTrack], threshold: float, name: Namer) -> list[Finding]:
    """A finding about people who are seen neither from the side nor from the front."""
    angles = {track.id: degrees for track in tracks if (degrees := degrees_off_side(track, threshold))}
    askew = {number: degrees for number, degrees in angles.items() if degrees > MAX_DEGREES}
    if not askew:
        return []
    message = Message(
        "{who}: seen about {degrees}° off the side, so that angles in the picture are not those of the joints. Put the "
        "camera at a right angle to the movement.",
        who=names_of(askew, name),
        degrees=round(max(askew.values())),
    )
    return [Finding("view", message, tuple(askew))]


def degrees_off_side(track: BodyTrack, threshold: float) -> float:
    """The angle between the view of ``track`` and that from the side, in degrees; 0 if not steady, or a front view.

    The shoulders of a person seen from the side lie behind one another; turned by an angle a, their distance in
    the picture is their width times the sine of a. The distance has a sign, so that in its median over time shoulders
    that swing to both sides, as in walking, cancel out, and so do the two halves of a way across the picture.
    """
    offsets = signed_offsets(track, threshold)
    offsets = offsets[np.isfinite(offsets)]
    if len(offsets) < len(track.times_s) / 2:
        return 0.0
    middle = float(np.median(offsets))
    degrees = _degrees(middle)
    limit = np.sin(np.radians(STEADY * MAX_DEGREES)) * SHOULDERS_PER_TRUNK
    steady = float((offsets * np.sign(middle) > limit).mean()) >= MIN_SHARE
    return degrees if steady and degrees < FRONT_DEGREES else 0.0


def signed_offsets(track: BodyTrack, threshold: float) -> Values:
    """Width of the shoulders relative to the trunk (T,), positive where the far shoulder is in front; NaN unknown."""
    left, right = (track.point(f"{side}_shoulder", threshold)[:, 0] for side in ("left", "right"))
    facing = facing_of(track.times_s, track.keypoints, track.skeleton, threshold)
    offsets = (left - right) / np.maximum(track.trunk_px(threshold), 1.0) * facing
    return np.asarray(np.where(facing == 0, np.nan, offsets))


def _degrees(offset: float) -> float:
    return float(np.degrees(np.arcsin(min(abs(offset) / SHOULDERS_PER_TRUNK, 1.0))))
