"""Which hand belongs to which arm, and when hands are lost and found again; the network is a drawn one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from app.core.people import Floats, Frame
from app.core.skeleton import load_skeleton
from app.detection.keypoint_detections import PALM_STRIDES, anchors
from app.pose.hand_regions import ArmPoints
from app.pose.hands import INPUT_SIDE, HandNetworks, Hands
from app.pose.palms import ANCHORS, SIDE, Palms
from app.pose.rotated_region import Regions

NAMES = load_skeleton("coco17").names
SHAPE = np.array(
    [[0, 0], [-20, -15], [-35, -30], [-45, -40], [-52, -50]]
    + [[-20 + 13 * finger, -45 - 17 * joint] for finger in range(4) for joint in range(4)],
    np.float32,
)
"""A left hand seen from its back, with the fingers up: 21 points around the wrist, in pixels."""


@dataclass
class DrawnHands:
    """Answers as the networks would where ``hands`` are: each a wrist (x, y), and whether it is a right one."""

    hands: list[tuple[float, float, bool]] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    searches: list[int] = field(default_factory=list)
    is_blurred: bool = False
    """Palms are found, but no hands."""

    def landmarks(self, frame: Frame, regions: Regions) -> Floats:
        """See ``Landmarker``: the hand whose middle is nearest to that of the region, if it is inside."""
        self.calls.append(len(regions))
        rows = np.zeros((len(regions), 128), np.float32)
        if self.is_blurred:
            return rows
        for row, region in zip(rows, regions.rows, strict=True):
            for x, y, is_right in self.hands:
                points = SHAPE * [-1 if is_right else 1, 1] + [x, y]
                fractions = Regions(region[None]).to_crop(points[None].astype(np.float32))[0]
                if (np.abs(fractions.mean(axis=0) - 0.5) < 0.25).all() and 100 < region[2] < 500:
                    row[:63].reshape(21, 3)[:, :2] = fractions * INPUT_SIDE
                    row[63], row[64] = 0.95, 0.98 if is_right else 0.02
                    row[65:].reshape(21, 3)[:, :2] = SHAPE / 1000
        return rows

    def palms(self, frame: Frame, regions: Regions) -> Floats:
        """See ``Landmarker``: the palms that are inside of each region, each at the nearest anchor."""
        self.searches.append(len(regions))
        boxes = np.zeros((len(regions), ANCHORS, 9, 2), np.float32)
        logits = np.full((len(regions), ANCHORS), -100, np.float32)
        centers = anchors(SIDE, PALM_STRIDES)
        for row, region in enumerate(regions.rows):
            for x, y, is_right in self.hands:
                points = (SHAPE * [-1 if is_right else 1, 1] + [x, y]).astype(np.float32)
                wrist, knuckle = Regions(region[None]).to_crop(points[None, [0, 9]])[0]
                middle = (wrist + knuckle) / 2
                if (np.abs(middle - 0.5) < 0.5).all():
                    near = int(np.linalg.norm(centers - middle, axis=1).argmin())
                    places = np.stack([middle, centers[near] + np.ptp(points[:, 1]) / 2 / region[2], *[wrist] * 7])
                    places[4] = knuckle
                    boxes[row, near], logits[row, near] = (places - centers[near]) * SIDE, 3
        return np.concatenate([boxes.reshape(len(regions), -1), logits], axis=1)


def body(left: tuple[float, float], right: tuple[float, float], score: float = 0.9) -> Floats:
    """A person with wrists there, and elbows 120 pixels below; other keypoints are not seen."""
    pose = np.zeros((17, 3), np.float32)
    for side, (x, y) in (("left", left), ("right", right)):
        pose[NAMES.index(f"{side}_wrist")] = x, y, score
        pose[NAMES.index(f"{side}_elbow")] = x, y + 120, score
    return pose


@pytest.fixture
def drawn() -> DrawnHands:
    """No hands yet."""
    return DrawnHands()


@pytest.fixture
def finder(drawn: DrawnHands) -> Hands:
    """Finds the drawn hands."""
    arms = ArmPoints.of(NAMES)
    assert arms is not None
    return Hands(HandNetworks(drawn.landmarks, Palms(drawn.palms)), arms)


IMAGE = np.zeros((480, 640, 3), np.uint8)
FRAME = Frame(0, 0.0, IMAGE)


def scores(finder: Hands, *bodies: Floats, ids: tuple[int, ...] = (), time_s: float = 0.0) -> list[list[bool]]:
    """Whether the left and the right hand of each person are found."""
    found = finder.find(Frame(0, time_s, IMAGE), ids or tuple(range(1, len(bodies) + 1)), np.array(bodies))
    return [[bool(hand[0, 2] > 0) for hand in person] for person in found.keypoints]


def test_hands_are_found_at_the_wrists_of_their_arms(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(400, 200, False), (200, 200, True)]
    found = finder.find(FRAME, [7], np.array([body((402, 203), (199, 201))]))
    left, right = found.keypoints[0]
    assert np.abs(left[:, :2] - SHAPE - [400, 200]).max() < 0.5
    assert np.abs(right[0, :2] - [200, 200]).max() < 0.5
    assert (found.keypoints[..., 2] > 0.9).all()
    assert found.world is not None
    assert found.world[0, 0, 0].tolist() == [0, 0, 0]
    assert found.world[0, 0, 8, 1] > 0.04  # fingers point up


def test_a_hand_that_two_arms_reach_belongs_to_the_one_of_its_side(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(300, 200, True)]
    assert scores(finder, body((298, 200), (306, 205))) == [[False, True]]
    finder.reset()
    drawn.hands = [(300, 200, False)]
    assert scores(finder, body((306, 205), (298, 200))) == [[True, False]]


def test_of_two_people_the_nearer_one_has_the_hand(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(300, 200, True)]
    near, far = body((50, 400), (302, 201)), body((600, 400), (325, 215))
    assert scores(finder, far, near) == [[False, False], [False, True]]


def test_crossed_hands_stay_with_their_arms(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(260, 200, False), (380, 200, True)]
    assert scores(finder, body((260, 200), (380, 200))) == [[True, True]]
    assert scores(finder, body((262, 200), (379, 200))) == [[True, True]]


def test_a_known_hand_needs_one_run_and_all_hands_are_one_batch(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(400, 200, False), (200, 200, True), (560, 300, False), (480, 300, True)]
    people = body((400, 200), (200, 200)), body((560, 300), (480, 300))
    assert scores(finder, *people) == [[True, True], [True, True]]
    drawn.calls.clear()
    assert scores(finder, *people) == [[True, True], [True, True]]
    assert drawn.calls == [4]
    assert drawn.searches == [4]  # of the first time


def test_a_hand_is_lost_and_found_again(finder: Hands, drawn: DrawnHands) -> None:
    person = body((400, 200), (200, 200))
    drawn.hands = [(400, 200, False)]
    assert scores(finder, person) == [[True, False]]
    drawn.hands = []
    assert scores(finder, person, time_s=0.1) == [[False, False]]
    drawn.hands = [(400, 200, False)]
    assert scores(finder, person, time_s=1.0) == [[True, False]]


def test_where_a_palm_appears_a_hand_is_looked_for_again_at_once(finder: Hands, drawn: DrawnHands) -> None:
    """In the next frame, though the wrist rests; where that finds none, as rarely as before."""
    person = body((400, 200), (200, 200))
    times = iter(np.arange(0, 20, 1 / 60).tolist())
    for _ in range(240):
        scores(finder, person, time_s=next(times))
    drawn.hands, drawn.is_blurred = [(400, 200, False)], True
    drawn.searches.clear()
    while not drawn.calls:
        scores(finder, person, time_s=next(times))
    drawn.searches.clear()
    assert scores(finder, person, time_s=next(times)) == [[False, False]]
    assert drawn.searches == [1]  # of the palm that was found
    for _ in range(20):
        scores(finder, person, time_s=next(times))
    assert drawn.searches == [1]


def test_a_hand_that_is_missed_is_looked_for_where_it_was_in_slow_videos_too(finder: Hands, drawn: DrawnHands) -> None:
    """Three times, also if frames are further apart than the usual time."""
    person = body((400, 200), (50, 50))
    drawn.hands = [(400, 200, False)]
    assert scores(finder, person) == [[True, False]]
    drawn.hands = []
    drawn.calls.clear()
    for index in range(1, 7):
        assert scores(finder, person, time_s=0.15 * index) == [[False, False]]
    assert drawn.calls == [1, 1, 1]


def test_around_a_wrist_that_rests_palms_are_looked_for_more_and_more_rarely(finder: Hands, drawn: DrawnHands) -> None:
    person = body((400, 200), (200, 200))
    counts = []
    for second in range(4):
        drawn.searches.clear()
        for frame in range(60):
            scores(finder, person, time_s=second + frame / 60)
        counts.append(len(drawn.searches))
    assert not drawn.calls
    assert counts[0] > counts[1] > counts[3]
    assert 2 <= counts[3] <= 3
    drawn.hands = [(400, 200, False)]
    assert any(scores(finder, person, time_s=4 + frame / 60)[0][0] for frame in range(25))


def test_around_a_wrist_that_moves_palms_are_looked_for_ten_times_a_second(finder: Hands, drawn: DrawnHands) -> None:
    found = []
    for frame in range(128):
        drawn.hands = [(400, 6 * frame, False)] if frame >= 120 else []
        found.append(scores(finder, body((400, 6 * frame), (50, 50)), time_s=frame / 60)[0][0])
    assert not any(found[:120])
    assert found[-1]


def test_a_hand_that_moves_with_its_arm_is_followed(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(100, 200, False)]
    assert scores(finder, body((100, 200), (600, 50))) == [[True, False]]
    drawn.searches.clear()
    drawn.hands = [(260, 150, False)]
    assert scores(finder, body((261, 149), (600, 50)), time_s=1 / 30) == [[True, False]]
    assert sum(drawn.searches) == 0 or drawn.searches == [1]  # of the other hand alone


def test_a_hand_that_leaves_its_wrist_is_left_alone(finder: Hands, drawn: DrawnHands) -> None:
    """Another person's hand in the last region is not taken for the own one."""
    drawn.hands = [(400, 200, False)]
    assert scores(finder, body((400, 200), (50, 50))) == [[True, False]]
    assert scores(finder, body((100, 400), (50, 50))) == [[False, False]]


def test_an_arm_that_is_not_seen_has_no_hand(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(400, 200, False), (200, 200, True)]
    found = finder.find(FRAME, [1], np.array([body((400, 200), (200, 200), score=0.2)]))
    assert not found.keypoints[..., 2].any()
    assert found.keypoints[0, 0, :, :2].tolist() == [[400, 200]] * 21  # without a hand, its points are at the wrist
    assert not drawn.calls


def test_people_who_are_gone_are_forgotten(finder: Hands, drawn: DrawnHands) -> None:
    drawn.hands = [(400, 200, False)]
    person = body((400, 200), (200, 200))
    assert scores(finder, person, ids=(1,)) == [[True, False]]
    assert scores(finder, person, ids=(2,)) == [[True, False]]
    drawn.calls.clear()
    scores(finder, person, ids=(1,))
    assert drawn.searches[-1] == 2  # both are looked for anew
