"""How far bones are turned around themselves, which the places of their ends do not tell."""

from __future__ import annotations

import numpy as np

from app.sinks.motion.joint_tree import KnownLine
from app.sinks.motion.rotations import SMALL, Values, held

MIN_LEAN = 0.3
"""Least sine of the angle between a bone and a line that tells its twist: a straight elbow tells nothing."""


def twisted(swung: Values, axis: Values, lines: list[tuple[Values, KnownLine]]) -> Values:
    """Rotations (T, 3, 3) around the bone's ``axis`` (3,) at rest, by as much as the first line tells that can.

    ``swung`` (T, 3, 3) turn the bone from its rest pose to where it lies. Each of ``lines`` is where it is now (T, 3),
    and as it is at rest. While lines are seen but tell nothing, the angle changes evenly from what was told before to
    what is told next; while none is seen, it stays.
    """
    angles = np.full(len(swung), np.nan)
    is_seen = np.zeros(len(swung), bool)
    for now, line in lines:
        turned_back = np.einsum("tji,tj->ti", swung, now)
        angles = np.where(np.isnan(angles), _angles(turned_back, np.array(line.direction), axis), angles)
        is_seen |= np.isfinite(turned_back).all(axis=1)
    even = np.where(is_seen, _filled(angles), np.nan)
    return _around(axis, held(even[:, None])[:, 0])


def _angles(now: Values, rest: Values, axis: Values) -> Values:
    """The angles (T,) around ``axis`` from the direction ``rest`` to the vectors ``now`` (T, 3); NaN if unknown."""
    start = rest - axis * (axis @ rest)
    start /= np.linalg.norm(start)
    ahead, aside = now @ start, now @ np.cross(axis, start)
    lengths = np.linalg.norm(now, axis=1)
    is_told = (lengths > SMALL) & (np.hypot(ahead, aside) >= MIN_LEAN * lengths)
    return np.where(is_told, np.arctan2(aside, ahead), np.nan)


def _filled(angles: Values) -> Values:
    """``angles`` (T,) without jumps of a whole turn, NaN replaced by the way between its neighbors; 0 without any."""
    known = np.flatnonzero(np.isfinite(angles))
    if not len(known):
        return np.zeros_like(angles)
    return np.interp(np.arange(len(angles)), known, np.unwrap(angles[known]))


def _around(axis: Values, angles: Values) -> Values:
    """The rotations (T, 3, 3) by ``angles`` (T,) around ``axis`` (3,), by Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    sine, rest = np.sin(angles)[:, None, None], (1 - np.cos(angles))[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + rest * (cross @ cross))
