"""Identity metrics on tracks that can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.evaluate.identity import identity, pooled

LEFT, RIGHT = 0.0, 500.0


def frame(index: int, people: dict[int, float]) -> FramePoses:
    """A frame at 10 fps with 60 x 160 boxes; ``people`` maps id to x."""
    return FramePoses(
        index,
        index / 10,
        tuple(
            Person(i, 0.8, np.array([x, 0, x + 60, 160], np.float32), np.zeros((17, 3), np.float32))
            for i, x in people.items()
        ),
    )


def clip(*parts: tuple[int, dict[int, float]]) -> list[FramePoses]:
    """A clip of ``parts``: (number of frames, x by id)."""
    shown = [people for count, people in parts for _ in range(count)]
    return [frame(index, people) for index, people in enumerate(shown)]


TRUTH = clip((10, {1: LEFT, 2: RIGHT}))


def test_perfect_tracking_gets_full_scores() -> None:
    found = identity(TRUTH, clip((10, {7: LEFT, 3: RIGHT})))
    assert (found.mota, found.idf1, found.hota) == pytest.approx((1, 1, 1))
    assert (found.switches, found.misses, found.false_alarms, found.mixed) == (0, 0, 0, 0)
    assert (found.truth_ids, found.ids) == (2, 2)


def test_ids_swapped_half_way() -> None:
    found = identity(TRUTH, clip((5, {1: LEFT, 2: RIGHT}), (5, {2: LEFT, 1: RIGHT})))
    # All 20 boxes are found; each person changes its id once: 1 - 2 / 20.
    assert found.switches == 2
    assert found.mota == pytest.approx(0.9)
    # Each id is assigned to one person: half of the boxes are right, the other half count as wrong on both sides.
    assert found.idf1 == pytest.approx(10 / (10 + 0.5 * 10 + 0.5 * 10))
    # Detection is perfect; of the 15 frames in which a person or its id occurs, 5 have both.
    assert found.hota == pytest.approx(math.sqrt(5 / 15))
    assert found.mixed == 2


def test_misses_and_false_alarms() -> None:
    found = identity(TRUTH, clip((5, {1: LEFT}), (3, {1: LEFT, 2: RIGHT, 3: 250}), (2, {1: LEFT, 2: RIGHT})))
    assert (found.misses, found.false_alarms, found.switches) == (5, 3, 0)
    assert found.mota == pytest.approx(1 - 8 / 20)
    assert found.idf1 == pytest.approx(15 / (15 + 0.5 * 5 + 0.5 * 3))


def test_boxes_match_from_half_overlap() -> None:
    near, far = (identity(clip((10, {1: 0})), clip((10, {1: x}))) for x in (19.9, 20.1))
    assert (near.misses, near.false_alarms) == (0, 0)
    assert (far.misses, far.false_alarms) == (10, 10)


@pytest.mark.parametrize(("later", "recognized"), [(1, 1), (4, 0)])
def test_return_with_the_same_id_is_recognized(later: int, recognized: int) -> None:
    truth = clip((10, {1: LEFT}), (10, {}), (10, {1: RIGHT}))
    found = identity(truth, clip((10, {1: LEFT}), (13, {}), (7, {later: RIGHT})))
    assert (found.returned, found.recognised) == (1, recognized)


def test_gap_of_two_frames_is_no_absence() -> None:
    truth = clip((10, {1: LEFT}), (1, {}), (10, {1: LEFT}))
    assert identity(truth, truth).returned == 0


def test_id_of_two_successive_people_is_mixed() -> None:
    truth = clip((10, {1: LEFT}), (10, {2: LEFT}))
    found = identity(truth, clip((20, {1: LEFT})))
    assert (found.mixed, found.switches, found.mota) == (1, 0, 1)
    assert found.idf1 == pytest.approx(0.5)


def test_frames_beyond_the_truth_do_not_count() -> None:
    assert identity(TRUTH[:4], clip((10, {1: LEFT, 2: RIGHT}))).mota == pytest.approx(1)


def test_no_people_found_or_in_the_truth() -> None:
    blind = identity(TRUTH, [])
    assert (blind.mota, blind.idf1, blind.hota, blind.misses) == (0, 0, 0, 20)
    assert identity(clip((10, {})), clip((10, {1: LEFT}))).false_alarms == 10


def test_pooled_runs_are_weighted_by_boxes() -> None:
    swapped = clip((5, {1: LEFT, 2: RIGHT}), (5, {2: LEFT, 1: RIGHT}))
    both = pooled([(TRUTH, TRUTH), (TRUTH, swapped)])
    assert both.mota == pytest.approx(1 - 2 / 40)
    assert both.idf1 == pytest.approx(30 / 40)
    assert (both.truth_ids, both.ids, both.mixed) == (4, 4, 2)
