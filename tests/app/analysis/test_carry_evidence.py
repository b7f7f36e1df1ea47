"""From which frame on estimates are right again beside a correction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.analysis.carry_evidence import weigh
from app.analysis.keypoint_prediction import Body
from app.core.skeleton import load_skeleton

COCO = load_skeleton("coco17")
ANKLE, OTHER = COCO.names.index("left_ankle"), COCO.names.index("right_ankle")
WRIST, FRAMES, FPS = COCO.names.index("left_wrist"), 121, 60
WRONG = slice(54, 67)
CORRECTED = 60


def right_frames() -> NDArray[np.bool_]:
    """In which frames the estimates of a moving wrist are found to be right.

    It is wrong by 0.2 body sizes in the frames ``WRONG`` and corrected amid them.
    """
    times_s = np.arange(FRAMES) / FPS
    rng = np.random.default_rng(0)
    truth = np.stack([0.8 * np.sin(4 * times_s), 0.3 * np.cos(4 * times_s)], axis=1)
    points = np.tile(truth[:, None] + [0.0, 2.0], (1, 17, 1))
    points[:, WRIST] = truth + rng.normal(0, 0.003, truth.shape)
    points[WRONG, WRIST, 1] += 0.2
    body = Body(times_s, points, points.copy(), np.zeros((FRAMES, 2)), np.ones(FRAMES))
    place, rows = truth[CORRECTED][None], np.array([CORRECTED])
    found = weigh(body, WRIST, rows, place, truth, np.full(FRAMES, 0.03), COCO)
    return np.asarray(found.right > 0.5)


def test_estimates_are_right_again_where_they_leap_back() -> None:
    right = right_frames()
    assert not right[WRONG].any()
    assert right[: WRONG.start].all()
    assert right[WRONG.stop :].all()


def test_a_foot_that_stood_beside_the_other_one_was_not_on_it() -> None:
    leaves, steps, back = 40, 8, 67
    times_s = np.arange(FRAMES) / FPS
    rng = np.random.default_rng(0)
    truth, noise = np.zeros((FRAMES, 2)), rng.normal(0, 0.003, (FRAMES, 2))
    truth[:, 0] = 0.01 + 0.3 * np.clip((np.arange(FRAMES) - leaves) / steps, 0, 1)
    points = np.tile(np.array([0.0, 2.0]), (FRAMES, 17, 1))
    points[:, OTHER], points[:, ANKLE] = 0.0, truth + noise
    points[leaves:back, ANKLE] = noise[leaves:back]  # on the other one, when it has left that
    body = Body(times_s, points, points.copy(), np.zeros((FRAMES, 2)), np.ones(FRAMES))
    predicted = truth + [0.0, 0.02] * (np.arange(FRAMES) < leaves + steps)[:, None]
    place, rows = truth[CORRECTED][None], np.array([CORRECTED])
    right = weigh(body, ANKLE, rows, place, predicted, np.full(FRAMES, 0.03), COCO).right > 0.5
    assert not right[leaves + steps // 2 : back].any()
    assert right[: leaves - 15].all()
    assert right[back:].all()
