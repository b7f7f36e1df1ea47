"""Bodies fitted onto keypoints in the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.lifting.body_fit import HIPS_M, LIMBS, SHOULDERS_M, TRUNK_M, BodyFit

SKELETON = load_skeleton("blazepose33")
ROWS = {name: row for row, name in enumerate(SKELETON.names)}
STATURE_PX = 400.0


def body(seed: int) -> Any:
    """A body (33, 3) of the standard lengths in a random pose, the pelvis as origin."""
    random = np.random.default_rng(seed)

    def along(length: float) -> Any:
        step = random.normal(size=3)
        return step / np.linalg.norm(step) * length

    points = random.normal(scale=0.1, size=(33, 3))
    for part, length, middle in (("hip", HIPS_M, np.zeros(3)), ("shoulder", SHOULDERS_M, along(TRUNK_M))):
        half = along(length / 2)
        points[ROWS[f"left_{part}"]], points[ROWS[f"right_{part}"]] = middle + half, middle - half
    for end, start, length in LIMBS:
        for side in ("left", "right"):
            points[ROWS[f"{side}_{end}"]] = points[ROWS[f"{side}_{start}"]] + along(length)
    return points.astype(np.float32)


def picture(points: Any, scores: float = 1.0) -> Any:
    """Keypoints (33, 3) of ``points`` (33, 3) in a picture of weak perspective."""
    places = np.array([320, 240]) + points[:, :2] * [STATURE_PX / 1.7, -STATURE_PX / 1.7]
    return np.column_stack([places, np.full(33, scores)]).astype(np.float32)


PLACED = [
    ROWS[f"{side}_{part}"] for part in ("hip", "shoulder", *(end for end, _, _ in LIMBS)) for side in ("left", "right")
]


@pytest.mark.parametrize("seed", range(5))
def test_a_body_that_fits_stays_as_it_is(seed: int) -> None:
    true = body(seed)
    fitted = BodyFit(SKELETON.names, 1.0)(true[None], picture(true)[None])[0]
    np.testing.assert_allclose(fitted[PLACED], true[PLACED], atol=2e-3)


def test_places_come_from_the_picture_and_lengths_stay() -> None:
    bodies = np.stack([body(seed) for seed in range(40)])
    noise = np.random.default_rng(9).normal(scale=0.05, size=bodies.shape)
    guesses = (bodies + noise).astype(np.float32)
    fit = BodyFit(SKELETON.names, 1.25)
    fitted = fit(guesses / np.float32(1.25), np.stack([picture(points) for points in bodies]))
    for end, start, length in LIMBS:
        bones = fitted[:, ROWS[f"left_{end}"]] - fitted[:, ROWS[f"left_{start}"]]
        np.testing.assert_allclose(np.linalg.norm(bones, axis=1), length, rtol=1e-4)
    assert np.median(np.linalg.norm(fitted[:, PLACED, :2] - bodies[:, PLACED, :2], axis=2)) < 0.03 * 1.7
    errors = [np.linalg.norm(points[:, PLACED] - bodies[:, PLACED], axis=2).mean() for points in (fitted, guesses)]
    assert errors[0] < 0.85 * errors[1]


def test_keypoints_out_of_sight_do_not_count() -> None:
    true = body(3)
    keypoints = picture(true)
    knee, ankle = ROWS["left_knee"], ROWS["left_ankle"]
    keypoints[[knee, ankle]] = 5, 5, 0.1
    fitted = BodyFit(SKELETON.names, 1.0)(true[None], keypoints[None])[0]
    np.testing.assert_allclose(fitted[[knee, ankle]], true[[knee, ankle]], atol=5e-3)


def test_people_do_not_depend_on_each_other() -> None:
    bodies = np.stack([body(seed) for seed in range(3)])
    keypoints = np.stack([picture(points) for points in bodies])
    fit = BodyFit(SKELETON.names, 1.0)
    together = fit(bodies, keypoints)
    for row in range(3):
        np.testing.assert_allclose(fit(bodies[row : row + 1], keypoints[row : row + 1])[0], together[row], atol=1e-6)
