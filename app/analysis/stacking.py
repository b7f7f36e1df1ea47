"""Values of one person in many frames, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Person

COPY_STEP = 1024
"""Number of poses copied per step, so that other threads can run in between."""


def stack_values(people: Sequence[Person], value: Callable[[Person], Any], shape: tuple[int, ...]) -> Floats:
    """``value`` of each of ``people`` as an array (T, *shape), built in steps of ``COPY_STEP``."""
    out = np.empty((len(people), *shape), np.float32)
    for start in range(0, len(people), COPY_STEP):
        piece = people[start : start + COPY_STEP]
        out[start : start + COPY_STEP] = [value(person) for person in piece]
    return out


def stack_points(people: Sequence[Person], keypoints: int) -> Floats | None:
    """``points_3d`` of ``people`` (T, K, 4), with K ``keypoints``; None if no person has points.

    Where one has none, positions are NaN and scores 0.
    """
    if all(person.points_3d is None for person in people):
        return None
    unknown = unknown_points(keypoints)
    return stack_values(
        people, lambda person: unknown if person.points_3d is None else person.points_3d, (keypoints, 4)
    )


def unknown_points(keypoints: int) -> Floats:
    """Points (K, 4) of a frame without any: NaN with scores of 0."""
    return np.tile(np.array([np.nan, np.nan, np.nan, 0], np.float32), (keypoints, 1))


def stack_filled(people: Sequence[Person], keypoints: int) -> NDArray[np.bool_] | None:
    """``filled`` of ``people`` (T, K), with K ``keypoints``; None if nothing was filled in."""
    if all(person.filled is None for person in people):
        return None
    none = np.zeros(keypoints, np.bool_)
    return np.stack([none if person.filled is None else person.filled for person in people])
