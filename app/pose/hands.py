"""The hands of tracked people: 21 landmarks each, from palms around the wrists, then from the last landmarks.

Zhang et al., "MediaPipe Hands: On-device Real-time Hand Tracking", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats, Frame
from app.detection.keypoint_detections import KeypointDetections
from app.pose.found_parts import FOLLOWED_SCORE, FoundParts
from app.pose.hand_regions import ArmPoints, arm_regions, hand_regions, palm_regions
from app.pose.landmark_network import Landmarker
from app.pose.palm_searches import Key, PalmSearches
from app.pose.palms import palms_in_image
from app.pose.rotated_region import Regions

POINTS = 21
OUTPUTS = (3 * POINTS, 1, 1, 3 * POINTS)
"""Lengths of the network's outputs: landmarks, presence, probability of the label "Left", world landmarks."""
INPUT_SIDE = np.float32(224)
LEAST_SCORE = 0.3
"""Minimum score of wrist and elbow from which a hand is looked for."""
PRESENCE = 0.5
"""Minimum probability that a region shows a hand."""
MIN_SIDE = 36.0
"""Smallest region in pixels: of a smaller hand no fingers can be told."""
MAX_WRIST_DISTANCE = 0.4
"""Greatest distance of a hand from the wrist of its arm, in sides of its region."""
SAME_HAND = 0.15
"""Mean distance of the landmarks below which two hands are the same one, in sides of their regions."""
HAND_SIZE = 1.0
"""Size of a hand for smoothing, in sides of its region: hands move far between two frames."""

MAX_BLIND_S, BLIND_LOOKS = 0.1, 3
"""A lost hand is searched at its last place for so many seconds, and in at least so many frames."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HandNetworks:
    """The networks that find palms around a wrist (``Palms``), and landmarks in the region of a hand.

    ``name`` is that of the landmark network in the catalogue.
    """

    landmarks: Landmarker
    palms: Landmarker
    name: str = "hand-landmarks-full"


@dataclass(frozen=True, slots=True, eq=False)
class _Hands:
    """What was found in M regions; ``presence`` is 0 where there is no hand.

    ``landmarks`` (M, 21, 2) in pixels, ``presence`` and ``right`` (M,), the probabilities of a hand and of a right one,
    ``world`` (M, 21, 3) in meters, ``sizes`` (M,) the sides of the regions in pixels.
    """

    landmarks: Floats
    presence: Floats
    right: Floats
    world: Floats
    sizes: Floats

    @classmethod
    def none(cls, count: int) -> _Hands:
        """No hands, in as many regions."""
        zeros = np.zeros(count, np.float32)
        points, world = np.zeros((count, POINTS, 2), np.float32), np.zeros((count, POINTS, 3), np.float32)
        return cls(points, zeros.copy(), zeros.copy(), world, zeros.copy())

    def put(self, rows: Mask, outputs: Floats, regions: Regions) -> None:
        """Set these ``rows`` (M,) to what the network found in ``regions``, its ``outputs`` for them."""
        points, presence, right, world = np.split(outputs, np.cumsum(OUTPUTS)[:-1], axis=1)
        places = points.reshape(-1, POINTS, 3)[..., :2] / INPUT_SIDE
        self.landmarks[rows] = regions.to_image(places)
        self.presence[rows], self.right[rows] = presence[:, 0], right[:, 0]
        self.world[rows] = regions.rotate(world.reshape(-1, POINTS, 3))
        self.sizes[rows] = regions.sizes

    @property
    def present(self) -> Mask:
        """Where there is a hand (M,)."""
        present: Mask = self.presence > PRESENCE
        return present


class _Known(NamedTuple):
    """A hand of the last frames: its landmarks (21, 2) and the wrist of its arm (2,), in pixels, at ``time_s``.

    It was not seen in the last ``missed`` frames.
    """

    landmarks: Floats
    wrist: Floats
    time_s: float
    missed: int = 0


class Hands:
    """Finds both hands of each person; remembers them from frame to frame by the person's id.

    A hand is looked for where its last landmarks were, moved with the wrist of its arm. Where there is none, palms are
    looked for around the wrist: the longer a hand was not seen, the more rarely. A hand has to be near the wrist. One
    that two arms reach belongs to the arm whose side it has and whose wrist is nearer. ``arms`` are the keypoints of
    the body that tell where its hands are.
    """

    stage = "hands"

    def __init__(self, networks: HandNetworks, arms: ArmPoints) -> None:
        self._networks = networks
        self._arms = arms
        self.reset()

    def reset(self) -> None:
        """Forget all hands."""
        self._known: dict[Key, _Known] = {}
        self._searches = PalmSearches()

    def places(self, poses: Floats) -> Floats:
        """The wrists (N, 2, 3) of ``poses`` (N, K, 3), left and right."""
        return poses[:, self._arms.wrists]

    def find(self, frame: Frame, ids: Sequence[int], poses: Floats) -> FoundParts:
        """The left and the right hand of each of N people with these ``ids``, whose bodies are ``poses`` (N, K, 3)."""
        keys = [(number, side) for number in ids for side in (0, 1)]
        wrists = poses[:, self._arms.wrists].reshape(-1, 3)
        found = _Hands.none(len(keys))
        self._follow(frame, keys, wrists, found)
        around, seen = arm_regions(poses, self._arms, LEAST_SCORE)
        due = seen & ~found.present & (around.sizes >= 2 * MIN_SIDE)
        due &= self._searches.due(frame.time_s, keys, wrists, around.sizes)
        are_palms = self._search(frame, around, due, found, wrists)
        self._searches.searched(frame.time_s, [keys[row] for row in np.flatnonzero(due)], wrists[due], are_palms[due])
        _drop_twins(found, wrists)
        self._remember(frame.time_s, keys, wrists, found)
        return _of_people(found, wrists)

    def _follow(self, frame: Frame, keys: Sequence[Key], wrists: Floats, found: _Hands) -> None:
        """Look for the known hands among ``keys`` (M) where they were, moved with ``wrists`` (M, 3)."""
        rows = np.array([key in self._known for key in keys], bool) & (wrists[:, 2] >= FOLLOWED_SCORE)
        if not rows.any():
            return
        known = [self._known[key] for key, follows in zip(keys, rows, strict=True) if follows]
        moves = np.array([wrist[:2] - hand.wrist for wrist, hand in zip(wrists[rows], known, strict=True)])
        regions = hand_regions(np.array([hand.landmarks for hand in known]) + moves[:, None])
        self._look(frame, rows, regions, found, wrists)

    def _search(self, frame: Frame, around: Regions, due: Mask, found: _Hands, wrists: Floats) -> Mask:
        """Look for palms in the ``due`` (M,) ones of the regions ``around`` M ``wrists`` (M, 3); returns where (M,)."""
        rows = due.copy()
        if not rows.any():
            return rows
        regions = around.rows.copy()
        palms = self._networks.palms(frame, around[rows])
        for row, numbers in zip(np.flatnonzero(due), palms, strict=True):
            hand = _nearest_hand(palms_in_image(numbers, around[np.array([row])]), wrists[row, :2])
            rows[row] = hand is not None
            regions[row] = around.rows[row] if hand is None else hand
        if rows.any():
            self._look(frame, rows, Regions(regions[rows]), found, wrists)
        return rows

    def _remember(self, time_s: float, keys: Sequence[Key], wrists: Floats, found: _Hands) -> None:
        before, self._known = self._known, {}
        for row, key in enumerate(keys):
            if found.present[row]:
                self._known[key] = _Known(found.landmarks[row], wrists[row, :2], time_s)
                self._searches.seen(key)
            elif key in before:
                hand, missed = before[key], before[key].missed + 1
                if 0 <= time_s - hand.time_s <= MAX_BLIND_S or missed < BLIND_LOOKS:
                    self._known[key] = hand._replace(missed=missed)

    def _look(self, frame: Frame, rows: Mask, regions: Regions, found: _Hands, wrists: Floats) -> None:
        """Look for the hands in these ``rows`` of ``found``, in a region for each, near ``wrists`` (M, 3)."""
        found.put(rows, self._networks.landmarks(frame, regions), regions)
        apart = np.linalg.norm(found.landmarks[:, 0] - wrists[:, :2], axis=1)
        far = (apart > MAX_WRIST_DISTANCE * found.sizes) & (wrists[:, 2] >= LEAST_SCORE)
        found.presence[far | (found.sizes < MIN_SIDE)] = 0


def _nearest_hand(palms: KeypointDetections, wrist: Floats) -> Floats | None:
    """The row (4,) of the hand's region from that of ``palms`` which is nearest to ``wrist`` (2,); None without one."""
    hands, apart = palm_regions(palms), np.linalg.norm(palms.keypoints[:, 0] - wrist, axis=1)
    near = np.flatnonzero(apart <= MAX_WRIST_DISTANCE * hands.sizes)
    return hands.rows[near[apart[near].argmin()]] if len(near) else None


def _drop_twins(found: _Hands, wrists: Floats) -> None:
    """Leave each hand to one arm alone; ``wrists`` (M, 3) are those of the arms, left and right in turn."""
    rows = np.flatnonzero(found.present)
    if len(rows) < 2:
        return
    points, sizes = found.landmarks[rows], found.sizes[rows]
    apart = np.linalg.norm(points[:, None] - points, axis=-1).mean(axis=-1)
    same = apart < SAME_HAND * np.minimum(sizes[:, None], sizes)
    is_right = rows % 2 == 1
    of_side = np.where(is_right, found.right[rows], 1 - found.right[rows])
    near = np.linalg.norm(points[:, 0] - wrists[rows, :2], axis=-1) / sizes
    order = np.argsort(near - of_side, kind="stable")
    for place, row in enumerate(order):
        others = order[place + 1 :]
        if found.presence[rows[row]] > 0:
            found.presence[rows[others[same[row, others]]]] = 0


def _of_people(found: _Hands, wrists: Floats) -> FoundParts:
    """The hands of each person; one that was not found is at its wrist, with the score 0."""
    people, present = len(found.presence) // 2, found.present
    keypoints = np.zeros((len(found.presence), POINTS, 3), np.float32)
    keypoints[..., :2] = np.where(present[:, None, None], found.landmarks, wrists[:, None, :2])
    keypoints[..., 2] = np.where(present, np.minimum(found.presence, 1), 0)[:, None]
    world = (found.world - found.world[:, :1]) * np.array([1, -1, -1], np.float32)
    sizes = np.maximum(HAND_SIZE * found.sizes, 1)
    shape = (people, 2, POINTS, 3)
    return FoundParts(keypoints.reshape(shape), world.reshape(shape), sizes.reshape(people, 2))
