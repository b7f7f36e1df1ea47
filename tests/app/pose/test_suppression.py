"""Each person is kept once: the one that is assigned to the person's track."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.settings import Settings
from app.pose.model import Candidates
from app.pose.oks import NMS_ROWS, Numbers, oks, oks_nms
from app.pose.suppression import DUPLICATE_OKS, distinct_people
from app.tracking.tracker import Tracker
from tests.app.tracking.test_tracker import SIGMAS, dressed, person, see

SIZE = (1280, 720)


def greedy(poses: Numbers, scores: Numbers, areas: Numbers, threshold: float) -> list[int]:
    """The rows that remain, best first, by one comparison after the other."""
    kept: list[int] = []
    for row in np.argsort(scores)[::-1].tolist():
        alike = (oks(poses[best], poses[row : row + 1], areas[best], areas[row : row + 1], SIGMAS) for best in kept)
        if all(similarity[0] <= threshold for similarity in alike):
            kept.append(row)
    return kept


@pytest.mark.parametrize("count", [2, NMS_ROWS, NMS_ROWS + 1, 3 * NMS_ROWS + 5])
@pytest.mark.parametrize("threshold", [0.5, 0.9])
def test_suppression_of_many_is_that_of_one_after_the_other(count: int, threshold: float) -> None:
    rng = np.random.default_rng(count)
    poses = np.array([person(*rng.uniform(100, 300, 2))[1] for _ in range(count)])
    scores, areas = rng.uniform(0, 1, count), rng.uniform(5_000, 12_000, count).astype(np.float32)
    kept = oks_nms(poses, scores, areas, SIGMAS, threshold)
    assert kept == greedy(poses, scores, areas, threshold)
    assert 0 < len(kept) <= count


def candidates(tracker: Tracker, *places: tuple[float, float]) -> Candidates:
    """People at ``places``; the first of them are those of the tracks, in order."""
    boxes, poses = (np.array(each) for each in zip(*(person(*place) for place in places), strict=True))
    tracks = [*tracker.tracks, *[None] * len(places)][: len(places)]
    return Candidates.from_boxes(boxes, np.full(len(places), 0.9, np.float32), tracks).with_poses(poses)


def test_people_apart_are_all_kept() -> None:
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200), person(400, 200), descriptors=dressed(20, 80))
    tracker.predict(1 / 30)
    found = candidates(tracker, (100, 200), (400, 200), (700, 200))
    assert distinct_people(found, dressed(20, 80, 50), SIZE, Settings(), SIGMAS).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("shades", "kept"), [((20, 80), [0, 2]), ((80, 20), [1, 2])])
def test_of_two_boxes_on_one_person_the_track_in_these_clothes_is_kept(
    shades: tuple[float, float], kept: list[int]
) -> None:
    """Two tracks on one person: the clothes are those of the first or of the second one."""
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200), person(115, 200), descriptors=dressed(*shades))
    tracker.predict(1 / 30)
    found = candidates(tracker, (107, 200), (107.5, 200), (700, 200))
    poses, areas = found.poses[:2], np.array([9600.0, 9600.0])
    assert oks(poses[0], poses[1:], areas[0], areas[1:], SIGMAS)[0] > DUPLICATE_OKS
    assert distinct_people(found, dressed(20, 20, 50), SIZE, Settings(), SIGMAS).tolist() == kept
