"""Edits of single keypoints: corrections that are carried, gaps, stretches, limbs."""

from __future__ import annotations

import numpy as np
import pytest

from app.analysis import Analysis
from app.analysis.edits import PlaceKeypoint, SwapSides
from app.analysis.finish import finished
from app.analysis.keypoint_edits import (
    Correction,
    corrections_of,
    drop,
    fill,
    limb_pairs,
    place,
    stretch_until_seen,
    swap,
)
from app.analysis.offline_smoothing import OfflineSmoothing
from app.core.edited import CARRIED, CORRECTED
from app.core.skeleton import load_skeleton
from tests.app.window.seen import walkers

WRIST, KNEE = 9, 13
THRESHOLD = 0.3


@pytest.fixture
def clip() -> Analysis:
    return walkers()


def where(analysis: Analysis, index: int, keypoint: int) -> np.ndarray:
    poses = analysis.get(index)
    assert poses is not None
    return np.asarray(poses.people[0].keypoints[keypoint])


def where_all(analysis: Analysis) -> np.ndarray:
    """The keypoints of person 1 in all of its frames."""
    track = analysis.track(1)
    return np.asarray(track.keypoints)


def moved(analysis: Analysis, index: int, keypoint: int, dx: float, dy: float) -> None:
    x, y, _ = where(analysis, index, keypoint).tolist()
    correction = Correction(1, keypoint, {index: (x + dx, y + dy)})
    analysis.set_edits(place(analysis, correction, THRESHOLD))


def test_a_second_correction_replaces_the_edit_of_the_first(clip: Analysis) -> None:
    moved(clip, 40, KNEE, 30, 0)
    first = where(clip, 40, KNEE).tolist()
    moved(clip, 50, KNEE, 25, 5)
    edits = [edit for edit in clip.edits if isinstance(edit, PlaceKeypoint) and edit.keypoint == KNEE]
    assert len(edits) == 1
    marks = {index: mark for index, (_, _, _, mark) in edits[0].places.items()}
    assert (marks[40], marks[45], marks[50]) == (CORRECTED, CARRIED, CORRECTED)
    assert where(clip, 40, KNEE).tolist() == first
    assert set(corrections_of(clip.edits, 1, {KNEE})[KNEE]) == {40, 50}


def test_a_wrong_correction_leaves_nothing_once_it_is_put_right(clip: Analysis) -> None:
    x, y, _ = where(clip, 40, KNEE).tolist()
    ankle = where(clip, 60, KNEE + 2).tolist()
    corrections = [Correction(1, KNEE + 2, {60: (ankle[0] + 20, ankle[1])}), Correction(1, KNEE, {40: (x + 30, y)})]
    for correction in corrections:
        clip.set_edits(place(clip, correction, THRESHOLD))
    right = where_all(clip)
    clip.set_edits(())
    wrong = Correction(1, KNEE, {40: (x - 60, y - 40)})
    for correction in (corrections[0], wrong, corrections[1]):
        clip.set_edits(place(clip, correction, THRESHOLD))
    np.testing.assert_allclose(where_all(clip), right)


def test_corrections_of_a_limb_a_long_time_apart_leave_each_other_as_they_are(clip: Analysis) -> None:
    moved(clip, 20, KNEE, 30, 0)
    before = where_all(clip)[:60]
    moved(clip, 200, KNEE + 2, 30, 0)
    np.testing.assert_allclose(where_all(clip)[:60], before)
    assert set(corrections_of(clip.edits, 1, {KNEE, KNEE + 2})) == {KNEE, KNEE + 2}


def test_a_correction_before_another_edit_is_kept_by_it(clip: Analysis) -> None:
    moved(clip, 40, KNEE, 30, 0)
    clip.set_edits(drop(clip, 1, WRIST, 3, 5))
    assert corrections_of(clip.edits, 1, {KNEE}) == {}
    before = clip.edits
    moved(clip, 50, KNEE, 25, 5)
    assert clip.edits[: len(before)] == before


def test_a_correction_does_not_reach_past_its_limit_or_a_time_without_the_person(clip: Analysis) -> None:
    moved(clip, 80, KNEE, 30, 0)
    (edit,) = (edit for edit in clip.edits if isinstance(edit, PlaceKeypoint) and edit.keypoint == KNEE)
    assert min(edit.places) >= 80 - 46
    assert max(edit.places) < 90


def test_a_filled_gap_has_the_lower_score_of_both_sides_and_is_marked(clip: Analysis) -> None:
    truth = [where(clip, index, WRIST)[:2] for index in range(40, 50)]
    clip.set_edits(drop(clip, 1, WRIST, 40, 49))
    assert where(clip, 45, WRIST)[2] == 0
    clip.set_edits(fill(clip, 1, WRIST, 45, THRESHOLD))
    for index in range(40, 50):
        found = where(clip, index, WRIST)
        assert found[2] == pytest.approx(0.9)
        assert np.linalg.norm(found[:2] - truth[index - 40]) < 8
        filled = clip.get(index).people[0].filled  # type: ignore[union-attr]
        assert filled is not None
        assert filled[WRIST]
    assert fill(clip, 1, WRIST, 45, THRESHOLD) == clip.edits
    clip.set_edits(drop(clip, 1, WRIST, 0, 40))
    assert fill(clip, 1, WRIST, 20, THRESHOLD) == clip.edits


def test_a_keypoint_is_deleted_until_it_is_clearly_seen_again(clip: Analysis) -> None:
    weak = PlaceKeypoint(1, WRIST, dict.fromkeys(range(20, 31), (5.0, 5.0, 0.4, CARRIED)))
    clip.set_edits((weak,))
    assert stretch_until_seen(clip, 1, WRIST, 18, THRESHOLD) == (18, 30)
    assert stretch_until_seen(clip, 1, WRIST, 200, THRESHOLD) == (200, 200)
    assert stretch_until_seen(clip, 1, WRIST, 239, THRESHOLD) == (239, 239)


def test_the_whole_legs_are_swapped_with_a_knee(clip: Analysis) -> None:
    pairs = limb_pairs(clip.skeleton, KNEE)
    assert set(pairs) == {(11, 12), (13, 14), (15, 16)}
    assert limb_pairs(clip.skeleton, 1) == ((1, 2),)
    assert limb_pairs(clip.skeleton, 0) == ()
    assert swap(clip, 1, KNEE, 10, 12)[-1] == SwapSides(1, pairs, 10, 12)
    feet = limb_pairs(load_skeleton("halpe26"), 15)
    assert len(feet) == 6


def test_smoothing_leaves_what_was_placed_where_it_is(clip: Analysis) -> None:
    moved(clip, 40, KNEE, 30, 0)
    clip.set_edits((*clip.edits, *drop(clip, 1, WRIST, 60, 64)[-1:]))
    clip.set_edits(fill(clip, 1, WRIST, 62, THRESHOLD))
    smooth = finished(clip, OfflineSmoothing())
    (edit,) = (edit for edit in clip.edits if isinstance(edit, PlaceKeypoint) and edit.keypoint == KNEE)
    for index, (x, y, score, mark) in edit.places.items():
        person = smooth.get(index).people[0]  # type: ignore[union-attr]
        assert person.keypoints[KNEE].tolist() == pytest.approx([x, y, score], abs=1e-3)
        assert person.edited is not None
        assert person.edited[KNEE] == mark
    assert np.allclose(where(smooth, 62, WRIST), where(clip, 62, WRIST))
    assert smooth.get(62).people[0].filled[WRIST]  # type: ignore[union-attr, index]
