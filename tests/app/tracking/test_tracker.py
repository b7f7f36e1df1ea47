"""Ids: they stay with people through crossings, short absences and any frame rate, and are never given twice."""

from __future__ import annotations

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter

from app.people import Floats
from app.track import HIDDEN_S, Motion, Tracker, carried_box

SIGMAS = np.full(17, 0.079, np.float32)
BODY = np.random.default_rng(3).uniform([0.1, 0.0], [0.9, 1.0], (17, 2))


def person(x: float, y: float, width: float = 60, height: float = 160) -> tuple[Floats, Floats]:
    """A box around (x, y) and a pose in it."""
    box = np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2], np.float32)
    points = box[:2] + BODY * [width, height]
    return box, np.concatenate([points, np.full((17, 1), 0.9)], axis=1).astype(np.float32)


def dressed(*colours: float) -> Floats:
    """Looks (N, 4, 4) in clothes of these shades."""
    return np.array([[[colour, 0, 0, 1]] * 4 for colour in colours], np.float32)


def see(tracker: Tracker, time_s: float, *people: tuple[Floats, Floats], looks: Floats | None = None) -> list[int]:
    """The ids that the tracker gives these people now; without ``looks`` nobody knows what they look like."""
    tracker.predict(time_s)
    boxes = np.array([box for box, _ in people], np.float32).reshape(-1, 4)
    poses = np.array([pose for _, pose in people], np.float32).reshape(-1, 17, 3)
    looks = np.zeros((len(people), 0, 4), np.float32) if looks is None else looks
    owners = tracker.assign(boxes, poses, looks)
    scores = np.full(len(people), 0.8, np.float32)
    return [t.id for t in tracker.update(time_s, owners, boxes, poses, looks, scores)]


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
def test_a_second_out_of_sight_is_survived(speed: float) -> None:
    """Someone walks behind a post (up to most of a body height a second) and comes out on the other side."""
    tracker = Tracker(SIGMAS)
    for i in range(90):
        t = i / 30
        if not 1 <= t < 2:
            ids = see(tracker, t, person(100 + speed * t, 200))
        else:
            assert see(tracker, t) == []
    assert ids == [1]


def test_who_was_away_too_long_is_somebody_new() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200))
    assert see(tracker, 10 / 30 + HIDDEN_S + 0.1) == []
    for i in range(5):
        ids = see(tracker, 3 + i / 30, person(100, 200))
    assert ids == [2]


def test_a_newcomer_elsewhere_does_not_take_a_hidden_persons_id() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(10):
        see(tracker, i / 30, person(100, 200))
    see(tracker, 11 / 30)
    assert see(tracker, 12 / 30, person(600, 200))[0] != 1


def test_no_two_people_ever_share_an_id() -> None:
    tracker, rng = Tracker(SIGMAS), np.random.default_rng(11)
    places = rng.uniform(50, 600, (8, 2))
    for i in range(120):
        places += rng.normal(0, 12, places.shape)
        shown = rng.permutation(8)[: rng.integers(0, 9)]
        ids = [i for i in see(tracker, i / 30, *(person(*places[k]) for k in shown)) if i]
        assert len(set(ids)) == len(ids)


def test_a_flicker_gets_no_id() -> None:
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200))
    tracker.predict(0.1)
    box, pose = person(400, 200)
    look = np.zeros((1, 0, 4), np.float32)
    (doubtful,) = tracker.update(0.1, [None], box[None], pose[None], look, np.array([0.2], np.float32))
    assert doubtful.id == 0


def test_a_carried_box_follows_the_pose_and_does_not_cut_hidden_legs_off() -> None:
    tracker = Tracker(SIGMAS)
    see(tracker, 0.0, person(100, 200))
    (track,) = tracker.tracks
    _, moved = person(110, 200)
    box = carried_box(track, moved, 1 / 30, 0.3)
    np.testing.assert_allclose((box[0] + box[2]) / 2, 110, atol=2)
    moved[BODY[:, 1] > 0.5, 2] = 0.0
    hidden = carried_box(track, moved, 1 / 30, 0.3)
    assert hidden[3] > 270
    assert hidden[1] == pytest.approx(box[1], abs=2)


@pytest.mark.parametrize("fps", [10, 30])
@pytest.mark.parametrize("turn_back", [False, True])
def test_clothes_tell_whether_two_who_met_passed_or_turned_back(fps: int, turn_back: bool) -> None:
    """One hides the other for a moment in the middle; where they are afterwards says nothing about who is who."""
    tracker = Tracker(SIGMAS)
    for i in range(3 * fps):
        t = i / fps
        way = abs(t - 1.5) if turn_back else 1.5 - t
        people = [person(300 - 100 * way, 200), person(300 + 100 * way, 200)]
        shown = 1 if abs(t - 1.5) < 0.3 else 2
        ids = see(tracker, t, *people[:shown], looks=dressed(20, 80)[:shown])
        assert ids == [1, 2][:shown]


def test_who_comes_out_in_other_clothes_is_somebody_else() -> None:
    tracker = Tracker(SIGMAS)
    for i in range(30):
        see(tracker, i / 30, person(100, 200), looks=dressed(20))
    for i in range(30, 60):
        see(tracker, i / 30)
    assert see(tracker, 2.0, person(110, 200), looks=dressed(80)) == [2]
    assert see(tracker, 2.1, person(110, 200), person(200, 200), looks=dressed(80, 20)) == [2, 1]


def test_a_box_that_is_cut_by_a_wall_does_not_bend_the_way() -> None:
    """Someone walks on behind a wall; the last boxes show ever less, and no pose well."""
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
        looks = dressed(50)
        owners = tracker.assign(boxes, poses, looks)
        tracker.update(i / 30, owners, boxes, poses, looks, np.array([0.8 * clear], np.float32))
    see(tracker, i / 30)
    for later in range(30):
        (track,) = tracker.predict((i + 1 + later) / 30)
        see(tracker, (i + 1 + later) / 30)
    middle, width = (track.expected[0] + track.expected[2]) / 2, track.expected[2] - track.expected[0]
    assert middle > 265
    assert width > 45


def test_motion_is_filterpys() -> None:
    """The same numbers as filterpy's filter, for a box that is seen in two of three uneven moments."""
    rng = np.random.default_rng(5)
    box = np.array([100, 50, 160, 210], np.float32)
    motion, size = Motion(box), 160.0
    known = KalmanFilter(dim_x=8, dim_z=4)
    known.x, known.P, known.H = motion.x.copy(), motion.P.copy(), np.eye(4, 8)
    for moment in range(60):
        dt = float(rng.uniform(0.01, 0.1))
        motion.predict(dt, size)
        step = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        spread = np.diag([4 * size, 4 * size, size, size]) ** 2
        known.predict(F=np.eye(8) + dt * np.eye(8, k=4), Q=np.kron(step, spread))
        if moment % 3:
            box = (box + [4, 1, 4, 1] + rng.normal(0, 2, 4)).astype(np.float32)
            motion.update(box)
            x0, y0, x1, y1 = box.astype(np.float64)
            noise = np.square(0.02 * np.array([x1 - x0, y1 - y0, 2 * (x1 - x0), 2 * (y1 - y0)]))
            known.update(np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0]), R=np.diag(noise))
        np.testing.assert_allclose(motion.x, known.x, rtol=1e-5, atol=1e-4)
        np.testing.assert_allclose(motion.P, known.P, rtol=1e-4, atol=1e-3)
