"""Corrections of keypoints are carried to the frames around them, on true motions with made errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.analysis.carry import MotionCue, PlaceCue, carry
from app.analysis.carry_limb import carry_limb
from app.core.people import Floats
from app.evaluate.motions import LEG, Filmed
from tests.app.analysis.mocap import filmed

NEAR = 0.05
"""A keypoint is at its place within this part of the person's height."""


@pytest.fixture(scope="module")
def run(shared_session: Path) -> Filmed:
    return filmed(shared_session / "mocap" / "cmu60.npz", "02_01")


@pytest.fixture(scope="module")
def shared_session() -> Path:
    folder = Path(__file__).resolve().parents[4] / "shared"
    if not (folder / "mocap" / "cmu60.npz").is_file():
        pytest.skip("the true motions are not there")
    return folder


def measured(one: Filmed) -> Floats:
    """The keypoints of ``one`` without its swaps of the legs."""
    keypoints, names = one.keypoints.copy(), one.motion.skeleton.names
    left, right = ([names.index(f"{side}_{part}") for part in LEG] for side in ("left", "right"))
    swapped = one.swapped[:, None, None]
    keypoints[:, left + right] = np.where(swapped, keypoints[:, right + left], keypoints[:, left + right])
    return keypoints


def corrected(one: Filmed, keypoints: Floats, name: str, rows: list[int], frames: slice) -> np.ndarray:
    """The median of three errors in ``frames``, in heights of the person, after ``name`` was put right in ``rows``."""
    number = one.motion.skeleton.names.index(name)
    truth = one.truth[:, number]
    places = {row: (float(truth[row, 0]), float(truth[row, 1])) for row in rows}
    found = carry(one.motion.times_s, keypoints, number, places, one.motion.skeleton)
    after = keypoints[:, number, :2].astype(np.float64)
    after[found.rows] = found.places
    assert found.rows[found.corrected].tolist() == rows
    assert np.allclose(found.places[found.corrected], truth[rows])
    errors = np.linalg.norm(after - truth, axis=1) / one.height_px
    errors[keypoints[:, number, 2] < 0.3] = 0.0  # what smoothing fills, unless it was carried
    errors[found.rows] = np.linalg.norm(found.places - truth[found.rows], axis=1) / one.height_px
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(errors[frames], 3), axis=1))


def test_a_stuck_ankle_follows_the_leg_again_after_one_correction(run: Filmed) -> None:
    keypoints, names, frames = measured(run), run.motion.skeleton.names, slice(33, 72)
    keypoints[frames, names.index("left_ankle"), :2] = run.truth[33, names.index("left_ankle")]
    before = np.linalg.norm(keypoints[frames, names.index("left_ankle"), :2] - run.truth[frames, 15], axis=1)
    assert before.max() > 0.3 * run.height_px
    assert corrected(run, keypoints, "left_ankle", [66], frames).max() < NEAR


def test_a_knee_that_drifts_away_comes_back(run: Filmed) -> None:
    keypoints, knee, frames = measured(run), run.motion.skeleton.names.index("right_knee"), slice(80, 140)
    shape = np.sin(np.linspace(0, np.pi, 60))[:, None]
    keypoints[frames, knee, :2] += 0.12 * run.height_px * shape * [0.8, -0.6]
    errors = corrected(run, keypoints, "right_knee", [110], frames)
    assert np.quantile(errors, 0.9) < NEAR
    assert errors.max() < 0.06


def test_a_gap_is_filled_from_a_correction_in_it(run: Filmed) -> None:
    keypoints, wrist, frames = measured(run), run.motion.skeleton.names.index("left_wrist"), slice(90, 125)
    keypoints[frames, wrist] = [10, 10, 0.05]
    assert corrected(run, keypoints, "left_wrist", [107], frames).max() < NEAR


def test_a_foot_on_the_other_foot_is_taken_along_by_its_ankle(run: Filmed) -> None:
    keypoints, names, frames = measured(run), run.motion.skeleton.names, slice(60, 80)
    foot = ("ankle", "heel", "big_toe", "small_toe")
    left, right = ([names.index(f"{side}_{part}") for part in foot] for side in ("left", "right"))
    keypoints[frames, left] = keypoints[frames, right]
    row = 60 + int(np.linalg.norm(run.truth[frames, left[0]] - run.truth[frames, right[0]], axis=1).argmax())
    place = run.truth[row, left[0]]
    found = carry_limb(run.motion.times_s, keypoints, {left[0]: {row: (place[0], place[1])}}, run.motion.skeleton)
    assert set(found) >= {left[0], left[1], left[2]}
    for number in found:
        rows = found[number].rows
        before = np.linalg.norm(keypoints[rows, number, :2] - run.truth[rows, number], axis=1)
        after = np.linalg.norm(found[number].places - run.truth[rows, number], axis=1)
        assert np.median(after) < 0.5 * np.median(before)


def test_a_wild_estimate_beside_an_error_leads_no_right_frame_astray(run: Filmed) -> None:
    keypoints, wrist = measured(run), run.motion.skeleton.names.index("left_wrist")
    keypoints[96:109, wrist] = keypoints[96:109, run.motion.skeleton.flip_order[wrist]]
    for row, far in ((89, 0.8), (94, 0.3)):
        keypoints[row, wrist, 1] -= far * run.height_px
    truth = run.truth[:, wrist]
    place = {102: (float(truth[102, 0]), float(truth[102, 1]))}
    found = carry_limb(run.motion.times_s, keypoints, {wrist: place}, run.motion.skeleton)[wrist]
    errors = np.linalg.norm(found.places - truth[found.rows], axis=1) / run.height_px
    assert errors.max() < NEAR
    assert set(range(96, 109)) <= set(found.rows.tolist()) <= set(range(90, 115))


def test_a_right_keypoint_that_is_confirmed_stays_as_it_is_around(run: Filmed) -> None:
    keypoints, elbow = measured(run), run.motion.skeleton.names.index("left_elbow")
    place = run.truth[100, elbow]
    found = carry_limb(run.motion.times_s, keypoints, {elbow: {100: (place[0], place[1])}}, run.motion.skeleton)
    assert set(found) == {elbow}
    away = np.linalg.norm(found[elbow].places - keypoints[found[elbow].rows, elbow, :2], axis=1)
    assert len(found[elbow].rows) < 12
    assert away.max() < NEAR * run.height_px


def test_what_the_picture_and_the_network_say_is_believed(run: Filmed) -> None:
    keypoints, wrist, frames = measured(run), run.motion.skeleton.names.index("right_wrist"), slice(60, 150)
    rows = np.arange(60, 150)
    keypoints[rows, wrist] = [10, 10, 0.05]
    truth, number = run.truth[:, wrist], run.motion.skeleton.names.index("right_wrist")
    place = {105: (float(truth[105, 0]), float(truth[105, 1]))}

    def error(*cues: MotionCue | PlaceCue) -> float:
        found = carry(run.motion.times_s, keypoints, number, place, run.motion.skeleton, 0.3, cues)
        inside = (found.rows >= frames.start) & (found.rows < frames.stop)
        return float(np.linalg.norm(found.places[inside] - truth[found.rows[inside]], axis=1).max() / run.height_px)

    alone = error()
    sigma = np.full(len(rows) - 1, 0.004 * run.height_px)
    moved = error(MotionCue(rows[:-1], np.diff(truth[rows], axis=0), sigma))
    placed = error(PlaceCue(rows[::6], truth[rows[::6]]))
    assert max(moved, placed) < min(alone, NEAR)


def test_corrections_of_a_person_seen_only_once(run: Filmed) -> None:
    keypoints = measured(run)[:1]
    found = carry(run.motion.times_s[:1], keypoints, 9, {0: (5.0, 6.0)}, run.motion.skeleton)
    assert found.rows.tolist() == [0]
    assert found.places.tolist() == [[5.0, 6.0]]


def test_corrections_that_the_rest_of_the_body_contradicts_hold(run: Filmed) -> None:
    keypoints, names = measured(run), run.motion.skeleton.names
    number = names.index("left_ankle")
    places = {
        row: (float(run.truth[row, number, 0]) + shift, float(run.truth[row, number, 1]) - shift)
        for row, shift in ((40, 0.0), (48, 150.0), (56, -120.0), (90, 60.0))
    }
    found = carry(run.motion.times_s, keypoints, number, places, run.motion.skeleton)
    assert found.rows[found.corrected].tolist() == sorted(places)
    assert np.allclose(found.places[found.corrected], [places[row] for row in sorted(places)])
    assert np.isfinite(found.places).all()


def test_corrections_are_not_carried_across_a_cut(run: Filmed) -> None:
    keypoints, wrist = measured(run), run.motion.skeleton.names.index("left_wrist")
    keypoints[100:, :, 0] += 0.2 * run.height_px
    keypoints[90:110, wrist] = [10, 10, 0.05]
    places = {row: (float(run.truth[row, wrist, 0]), float(run.truth[row, wrist, 1])) for row in (95, 105)}
    before = {95: places[95]}
    both = carry(run.motion.times_s, keypoints, wrist, places, run.motion.skeleton)
    alone = carry(run.motion.times_s, keypoints, wrist, before, run.motion.skeleton)
    assert alone.rows.max() < 100
    first = both.rows < 100
    assert np.array_equal(both.rows[first], alone.rows)
    assert np.array_equal(both.places[first], alone.places)
