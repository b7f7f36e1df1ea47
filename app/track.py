"""Who is who: ids that stay with people from frame to frame.

A Kalman filter (filterpy) foretells each person's box; detections are given to people by the Hungarian
method (scipy) on the overlap of boxes and the similarity of poses, as in SORT and OC-SORT. All spans are in
seconds, so that ids do not depend on the frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from filterpy.kalman import KalmanFilter
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from app.estimate.oks import oks
from app.people import Floats

HIDDEN_S = 1.5
"""So long a person may be out of sight and keeps the id."""

CONFIRM_FRAMES = 3
"""So often a doubtful person must be seen before it gets an id."""

SURE = 0.55
"""A person of this pose score gets an id at first sight."""

LIKENESS_FLOOR = 0.15
"""Under this mean of box overlap and pose similarity two sights are not of one person."""

REACH = 0.5
"""How far, in body sizes, a person may turn up from where it was foretold."""

PACE = 1.0
"""By how much that grows, in body sizes, for each second out of sight."""

MARGIN = 0.06
"""How far a person's box reaches beyond the keypoints, in sizes of what they span."""

CLOSE_S = 1.0
"""So long a box takes to close around the keypoints that are left."""


@dataclass(slots=True, eq=False)
class Track:
    """One person over time.

    ``box``, ``keypoints`` and ``score`` are the last ones seen (at ``seen_s``), ``found`` the score that the
    detector last gave, ``presence`` how well the pose was seen (0..1), ``id`` is 0 until the person is confirmed.
    """

    motion: KalmanFilter
    box: Floats
    keypoints: Floats
    score: float
    seen_s: float
    now_s: float
    found: float = 0.0
    presence: float = 1.0
    id: int = 0
    sights: int = 1

    @property
    def expected(self) -> Floats:
        """The box (4,) where the person should be now."""
        return _corners(self.motion.x[:4, 0])

    @property
    def size(self) -> float:
        """The longer side of the person's box, in pixels."""
        return float(max(self.box[2:] - self.box[:2]))


class Tracker:
    """Gives each pose of a frame the id of the person it belongs to; never one id twice in a frame."""

    def __init__(self, sigmas: Floats) -> None:
        self._sigmas = sigmas
        self.reset()

    def reset(self) -> None:
        """Forget everybody; ids begin at 1 again."""
        self.tracks: list[Track] = []
        self._last_id = 0
        self._last_s: float | None = None

    def predict(self, time_s: float) -> list[Track]:
        """Move everybody to ``time_s``; those who were hidden too long are forgotten."""
        self.tracks = [t for t in self.tracks if time_s - t.seen_s <= (HIDDEN_S if t.id else HIDDEN_S / 5)]
        for track in self.tracks:
            _predict(track, time_s)
        return self.tracks

    @property
    def in_sight(self) -> list[Track]:
        """Those who were seen in the last frame."""
        return [track for track in self.tracks if track.seen_s == self._last_s]

    def assign(self, boxes: Floats, keypoints: Floats | None = None) -> list[Track | None]:
        """The track that each of ``boxes`` (N, 4) with ``keypoints`` (N, K, 3) belongs to, None for a new person.

        Without keypoints the boxes alone decide.
        """
        owners: list[Track | None] = [None] * len(boxes)
        if not len(boxes) or not self.tracks:
            return owners
        likeness = np.stack([self._likeness(track, boxes, keypoints) for track in self.tracks])
        for t, d in zip(*linear_sum_assignment(-likeness), strict=True):
            if likeness[t, d] >= LIKENESS_FLOOR:
                owners[d] = self.tracks[t]
        return owners

    def update(
        self, time_s: float, owners: list[Track | None], boxes: Floats, poses: Floats, scores: Floats
    ) -> list[Track]:
        """Write down what was seen at ``time_s``: a box (N, 4), a pose (N, K, 3) and a score (N,) for each owner.

        Where the owner is None a new track begins. Gives the tracks, one for each row.
        """
        tracks = []
        for row, owner in enumerate(owners):
            if owner is None:
                owner = Track(_motion(boxes[row]), boxes[row], poses[row], float(scores[row]), time_s, time_s)
                self.tracks.append(owner)
            else:
                owner.motion.R = _noise(boxes[row], 0.02)
                owner.motion.update(_measure(boxes[row]))
                owner.box, owner.keypoints = boxes[row], poses[row]
                owner.score, owner.seen_s = float(scores[row]), time_s
                owner.sights += 1
            sure = owner.sights >= CONFIRM_FRAMES or owner.score >= SURE or self._last_s is None
            if not owner.id and sure:
                self._last_id += 1
                owner.id = self._last_id
            tracks.append(owner)
        self._last_s = time_s
        return tracks

    def _likeness(self, track: Track, boxes: Floats, keypoints: Floats | None) -> NDArray[np.float64]:
        """How much each box and pose is like what the track expects, 0..1."""
        expected = track.expected
        overlap = iou(expected, boxes)
        distance = np.linalg.norm((boxes[:, :2] + boxes[:, 2:] - expected[:2] - expected[2:]) / 2, axis=1)
        span = max(track.size, 1.0)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        alike = np.minimum(sizes / span, span / np.maximum(sizes, 1e-3))
        hidden = track.now_s - track.seen_s
        # Someone who was hidden is looked for around the place, the farther the longer, but counts for less.
        reach = REACH + PACE * hidden
        near = np.clip(1 - distance / span / reach, 0, 1) * (alike > 0.6)
        if keypoints is None:
            return np.maximum(overlap, 0.5 * near)
        moved = track.keypoints[:, :2] + (expected[:2] + expected[2:] - track.box[:2] - track.box[2:]) / 2
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        pose = oks(moved, keypoints, float(np.prod(track.box[2:] - track.box[:2])), areas, self._sigmas)
        return np.maximum((overlap + pose) / 2, 0.5 * near)


def carried_box(track: Track, pose: Floats, time_s: float, threshold: float) -> Floats:
    """The box (4,) of ``track`` where no detector looked, from its new ``pose`` (K, 3).

    The last box goes where the keypoints went. It opens at once to hold every keypoint that is seen and closes
    slowly, so that legs that are hidden for a moment are not cut off for good.
    """
    seen = pose[:, 2] >= threshold
    both = seen & (track.keypoints[:, 2] >= threshold)
    if both.sum() >= 3:
        shift = np.median(pose[both, :2] - track.keypoints[both, :2], axis=0)
    else:
        shift = (track.expected[:2] + track.expected[2:] - track.box[:2] - track.box[2:]) / 2
    box = track.box + np.tile(shift, 2)
    if seen.sum() < 3:
        return box.astype(np.float32)
    low, high = pose[seen, :2].min(axis=0), pose[seen, :2].max(axis=0)
    margin = MARGIN * float((high - low).max())
    tight = np.concatenate([low - margin, high + margin])
    outside = np.where([True, True, False, False], tight < box, tight > box)
    closing = min((time_s - track.seen_s) / CLOSE_S, 1.0)
    return np.where(outside, tight, box + (tight - box) * closing).astype(np.float32)


def iou(box: Floats, boxes: Floats) -> NDArray[np.float64]:
    """Intersection over union (N,) of ``box`` (4,) with each of ``boxes`` (N, 4) = x0 y0 x1 y1."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:4])
    common = np.prod(np.clip(high - low, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:4] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return (common / np.maximum(areas - common, 1e-9)).astype(np.float64)


def _motion(box: Floats) -> KalmanFilter:
    """Constant velocity of centre and size: state cx cy w h and their speeds a second."""
    motion = KalmanFilter(dim_x=8, dim_z=4)
    motion.x[:4] = _measure(box)
    motion.H = np.eye(4, 8)
    size = float(max(box[2:] - box[:2], default=1.0))
    motion.P = np.diag([(0.05 * size) ** 2] * 4 + [(1.0 * size) ** 2] * 2 + [(0.3 * size) ** 2] * 2)
    return motion


def _predict(track: Track, time_s: float) -> None:
    dt = max(time_s - track.now_s, 0.0)
    if dt == 0:
        return
    track.now_s = time_s
    size = max(track.size, 1.0)
    # Someone out of sight does not run on for ever: the speed fades within about half a second.
    fade = 0.5 ** (dt / 0.3) if time_s - track.seen_s > 0.25 else 1.0
    transition = np.eye(8)
    transition[:4, 4:] = np.eye(4) * dt
    transition[4:, 4:] *= fade
    # White noise on the acceleration: 4 body sizes a second squared for the centre, a quarter of it for the sides.
    spread = np.array([4.0, 4.0, 1.0, 1.0]) * size
    noise = np.zeros((8, 8))
    for i, a in enumerate(spread):
        noise[np.ix_([i, i + 4], [i, i + 4])] = a**2 * np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
    track.motion.predict(F=transition, Q=noise)


def _noise(box: Floats, share: float) -> NDArray[np.float64]:
    width, height = np.maximum(box[2:] - box[:2], 1.0)
    return np.diag(np.square(share * np.array([width, height, 2 * width, 2 * height], np.float64)))


def _measure(box: Floats) -> NDArray[np.float64]:
    centre, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    return np.concatenate([centre, sides]).astype(np.float64)[:, None]


def _corners(state: NDArray[np.float64]) -> Floats:
    half = np.maximum(state[2:4], 2.0) / 2
    return np.concatenate([state[:2] - half, state[:2] + half]).astype(np.float32)
