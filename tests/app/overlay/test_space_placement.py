"""Where people stand in the 3-D view, compared with where they were filmed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.composed_skeleton import HAND_POINTS, compose
from app.core.skeleton import load_skeleton
from app.evaluate.motions import FOCAL as TRUE_FOCAL
from app.evaluate.motions import SIZE
from app.overlay.space_placement import FOCAL, PELVIS_M, place
from tests.app.overlay.space_people import around, people_in_space

HALPE = load_skeleton("halpe26")
LENS = FOCAL * max(SIZE) / TRUE_FOCAL
"""The assumed focal length relative to the true one: everything is further away by as much."""


def test_two_people_are_as_far_apart_as_they_were_filmed(motions: Path) -> None:
    for name in ("02_01", "02_05", "03_01"):
        one, people = people_in_space(motions, name)
        for index in range(30, len(people) - 30, 40):
            placed = place(people[index], around(people, index), HALPE, SIZE)
            assert placed is not None
            seen = (one.motion.points[index] - one.camera.position) @ one.camera.axes.T
            middle = seen[[11, 12]].mean(axis=0)
            assert abs(placed.pelvis[0] - middle[0]) < 0.1
            assert abs(placed.pelvis[2] / LENS + middle[2]) < 0.35


def test_feet_stand_on_the_floor_and_leave_it_in_a_jump(motions: Path) -> None:
    one, people = people_in_space(motions, "02_04", "side")  # a jump
    true = one.motion.points[..., 1].min(axis=1)
    true -= np.quantile(true, 0.05)
    lowest = np.array(
        [np.nanmin(placed.points[:, 1]) if (placed := place(person, around(people, row), HALPE, SIZE)) else np.nan
         for row, person in enumerate(people)]
    )  # fmt: skip
    assert true.max() > 0.15
    assert np.abs(lowest - true).max() < 0.12
    assert np.median(np.abs(lowest - true)) < 0.04


def test_points_are_not_changed_but_moved(motions: Path) -> None:
    _, people = people_in_space(motions, "02_01")
    placed = place(people[50], around(people, 50), HALPE, SIZE)
    assert placed is not None
    np.testing.assert_allclose(placed.points - placed.pelvis, people[50].points_3d[:, :3], atol=1e-6)  # type: ignore[index]
    mirrored = placed.mirrored()
    np.testing.assert_allclose(mirrored.points * [-1, 1, 1], placed.points)


def test_a_taller_person_is_further_away(motions: Path) -> None:
    _, people = people_in_space(motions, "02_01")
    usual, tall = (place(people[50], around(people, 50), HALPE, SIZE, factor=factor) for factor in (1.0, 1.2))
    assert usual is not None
    assert tall is not None
    np.testing.assert_allclose(tall.points - tall.pelvis, 1.2 * (usual.points - usual.pelvis), atol=1e-5)
    assert tall.pelvis[2] == pytest.approx(1.2 * usual.pelvis[2])
    assert np.nanmin(tall.points[:, 1]) == pytest.approx(1.2 * np.nanmin(usual.points[:, 1]), abs=1e-3)


def test_a_hand_that_is_found_does_not_move_the_person(motions: Path) -> None:
    _, people = people_in_space(motions, "02_01")
    body = people[50]
    wrist, points = HALPE.names.index("left_wrist"), body.points_3d
    assert points is not None
    finger = np.linspace(0, 1, HAND_POINTS, dtype=np.float32)[:, None]
    none = np.zeros((HAND_POINTS, 1), np.float32)
    hand = np.hstack([body.keypoints[wrist, :2] + 15 * finger, none + 1])  # as large as 15 pixels, and as 18 cm
    in_space = np.hstack([points[wrist, :3] + [0.18, 0.0, 0.0] * finger, none + 1])
    whole = replace(
        body,
        keypoints=np.vstack([body.keypoints, hand, np.hstack([hand[:, :2], none])]).astype(np.float32),
        points_3d=np.vstack([points, in_space, np.zeros((HAND_POINTS, 4))]).astype(np.float32),
    )
    alone, found = place(body, [], HALPE, SIZE), place(whole, [], compose(HALPE, True, "").skeleton, SIZE)
    assert alone is not None
    assert found is not None
    np.testing.assert_allclose(found.pelvis, alone.pelvis, atol=1e-6)


def test_unseen_feet_leave_the_pelvis_at_its_usual_height(motions: Path) -> None:
    _, people = people_in_space(motions, "02_01")
    hidden = people[10].points_3d.copy()  # type: ignore[union-attr]
    hidden[[n for n, name in enumerate(HALPE.names) if name.endswith(("ankle", "toe", "heel"))], 3] = 0
    placed = place(replace(people[10], points_3d=hidden), [], HALPE, SIZE)
    assert placed is not None
    assert placed.pelvis[1] == pytest.approx(PELVIS_M)
    assert np.isnan(placed.points[HALPE.names.index("left_heel")]).all()


def test_who_has_no_points_or_is_not_seen_is_nowhere(motions: Path) -> None:
    _, people = people_in_space(motions, "02_01")
    assert place(replace(people[0], points_3d=None), [], HALPE, SIZE) is None
    unseen = people[0].keypoints * np.array([1, 1, 0], np.float32)
    assert place(replace(people[0], keypoints=unseen), [], HALPE, SIZE) is None
