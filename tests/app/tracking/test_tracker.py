"""Ids: people keep them through crossings, short absences and at any frame rate; no id is given twice."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.people import Floats
from app.tracking.tracker import MAX_GAP_S, MAX_OCCLUSION_S, Tracker, iou

SIGMAS = np.full(17, 0.079, np.float32)
BODY = np.random.default_rng(3).uniform([0.1, 0.0], [0.9, 1.0], (17, 2))


def person(x: float, y: float, width: float = 60, height: float = 160) -> tuple[Floats, Floats]:
    """A box around (x, y) and a pose in it."""
    box = np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32)
    points = box[:2] + BODY * [width, height]
    return box, np.concatenate([points, np.full((17, 1), 0.9)], axis=1).astype(np.float32)


def dressed(*shades: float) -> Floats:
    """Descriptors (N, 4, 4) of people in clothes of these ``shades`` (L)."""
    return np.array([[[shade, 0, 0, 1]] * 4 for shade in shades], np.float32)


def see(
    tracker: Tracker,
    time_s: float,
    *people: tuple[Floats, Floats],
    descriptors: Floats | None = None,
    score: float = 0.8,
) -> list[int]:
    """The ids that the tracker gives these people at ``time_s``; without ``descriptors`` appearance is not used."""
    tracker.predict(time_s)
    boxes = np.array([box for box, _ in people], np.float32).reshape(-1, 4)
    poses = np.array([pose for _, pose in people], np.float32).reshape(-1, 17, 3)
    descriptors = np.zeros((len(people), 0, 4), np.float32) if descriptors is None else descriptors
    assigned = tracker.assign(boxes, poses, descriptors)
    scores = np.full(len(people), score, np.float32)
    return [t.id for t in tracker.update(time_s, assigned, boxes, poses, descriptors, scores)]


def test_ids_begin_at_one() -> None:
    assert see(Tracker(SIGMAS), 0.0, person(100, 200), person(400, 200)) == [1, 2]


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_crossing_people_keep_their_ids(fps: int) -> None:
    tracker = Tracker(SIGMAS)
    for i in range(3 * fps):
        t = i / fps
        ids = see(tracker, t, person(100 + 150 * t, 200), person(500 - 150 * t, 215))
    assert ids == [1, 2]


def test_the_others_keep_their_ids_when_one_leaves() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200), person(300, 200), person(500, 200))
    for i in range(10, 20):
        assert see(tracker, i / 30, person(300, 200), person(500, 200)) == [2, 3]


@pytest.mark.parametrize("speed", [0, 60, 120])
def test_a_person_hidden_for_a_second_keeps_the_id(speed: float) -> None:
    """A person walks behind a post, at up to 3/4 of the body height per second, and appears on the other side."""
    tracker = Tracker(SIGMAS)
    for i in range(90):
        t = i / 30
        if not 1 <= t < 2:
            ids = see(tracker, t, person(100 + speed * t, 200))
        else:
            assert see(tracker, t) == []
    assert ids == [1]


def test_a_person_hidden_for_too_long_gets_a_new_id() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200))
    assert see(tracker, 10 / 30) == []
    assert see(tracker, 10 / 30 + MAX_OCCLUSION_S + 0.1) == []
    for i in range(5):
        ids = see(tracker, 3 + i / 30, person(100, 200))
    assert ids == [2]


@pytest.mark.parametrize("gap_s", [0.7, 4.0])
def test_people_are_followed_over_the_gaps_of_a_slow_machine(gap_s: float) -> None:
    """Neither a person of a low score, who has no id yet, nor one with an id is forgotten between two frames."""
    tracker = Tracker(SIGMAS)
    assert see(tracker, 0.0, person(100, 200)) == [1]
    assert see(tracker, 0.1, person(100, 200), person(400, 200), score=0.45) == [1, 0]
    assert [track.id for track in tracker.predict(0.1 + gap_s)] == [1, 0]
    assert see(tracker, 0.1 + gap_s, person(100, 200), person(400, 200), score=0.45) == [1, 2]


def test_nobody_is_followed_over_a_longer_gap() -> None:
    tracker = Tracker(SIGMAS)
    assert see(tracker, 0.0, person(100, 200)) == [1]
    assert tracker.predict(MAX_GAP_S + 0.1) == []


def test_a_new_person_elsewhere_does_not_get_a_hidden_persons_id() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200))
    see(tracker, 11 / 30)
    assert see(tracker, 12 / 30, person(600, 200))[0] != 1


def test_ids_in_a_frame_are_unique() -> None:
    tracker, rng = Tracker(SIGMAS), np.random.default_rng(11)
    places = rng.uniform(50, 600, (8, 2))
    for i in range(120):
        places += rng.normal(0, 12, places.shape)
        shown = rng.permutation(8)[: rng.integers(0, 9)]
        ids = [i for i in see(tracker, i / 30, *(person(*places[k]) for k in shown)) if i]
        assert len(set(ids)) == len(ids)


def test_a_low_score_in_one_frame_gets_no_id() -> None:
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200))
    tracker.predict(0.1)
    box, pose = person(400, 200)
    descriptor = np.zeros((1, 0, 4), np.float32)
    (doubtful,) = tracker.update(0.1, [None], box[None], pose[None], descriptor, np.array([0.2], np.float32))
    assert doubtful.id == 0


@pytest.mark.parametrize("fps", [10, 30])
@pytest.mark.parametrize("turn_back", [False, True])
def test_clothes_decide_whether_two_people_passed_or_turned_back(fps: int, turn_back: bool) -> None:
    """One hides the other for a moment in the middle; their positions afterwards do not decide who is who."""
    tracker = Tracker(SIGMAS)
    for i in range(3 * fps):
        t = i / fps
        way = abs(t - 1.5) if turn_back else 1.5 - t
        people = [person(300 - 100 * way, 200), person(300 + 100 * way, 200)]
        shown = 1 if abs(t - 1.5) < 0.3 else 2
        ids = see(tracker, t, *people[:shown], descriptors=dressed(20, 80)[:shown])
        assert ids == [1, 2][:shown]


def test_a_person_in_other_clothes_gets_a_new_id() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(30):
        see(tracker, i / 30, person(100, 200), descriptors=dressed(20))
    for i in range(30, 60):
        see(tracker, i / 30)
    assert see(tracker, 2.0, person(110, 200), descriptors=dressed(80)) == [2]
    assert see(tracker, 2.1, person(110, 200), person(200, 200), descriptors=dressed(80, 20)) == [2, 1]


def test_a_box_truncated_by_a_wall_does_not_change_the_predicted_path() -> None:
    """A person walks behind a wall; the last boxes get narrower, and their poses are not clear."""
    tracker = Tracker(SIGMAS)
    for i in range(40):
        right = min(130 + 4 * i, 250)
        box, pose = person(100 + 4 * i, 200)
        box[2] = right
        clear = (right - box[0]) / 60
        if clear < 0.2:
            break
        tracker.predict(i / 30)
        boxes, poses = box[None], pose[None]
        descriptors = dressed(50)
        assigned = tracker.assign(boxes, poses, descriptors)
        tracker.update(i / 30, assigned, boxes, poses, descriptors, np.array([0.8 * clear], np.float32))
    see(tracker, i / 30)
    for later in range(30):
        (track,) = tracker.predict((i + 1 + later) / 30)
        see(tracker, (i + 1 + later) / 30)
    middle, width = (track.expected[0] + track.expected[2]) / 2, track.expected[2] - track.expected[0]
    assert middle > 265
    assert width > 45


def test_overlaps_of_all_pairs_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(2)
    corners = rng.uniform(0, 100, (2, 6, 2))
    boxes = np.concatenate([corners[0], corners[0] + rng.uniform(1, 60, (6, 2))], axis=1).astype(np.float32)
    others = boxes[2:] + np.float32(3)
    overlaps = iou(boxes, others)
    assert overlaps.shape == (6, 4)
    assert overlaps.tolist() == [iou(box, others).tolist() for box in boxes]
    assert iou(
        np.array([0, 0, 10, 10], np.float32), np.array([[5, 0, 15, 10], [20, 0, 30, 10]], np.float32)
    ).tolist() == [
        pytest.approx(1 / 3),
        0,
    ]


def test_a_new_person_takes_the_id_of_the_lost_one_who_is_most_alike() -> None:
    """Two people in different clothes disappear side by side; one of them comes back between their places."""
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200), person(180, 200), descriptors=dressed(20, 80))
    for i in range(10, 30):
        see(tracker, i / 30)
    assert see(tracker, 1.0, person(140, 200), descriptors=dressed(80)) == [2]
