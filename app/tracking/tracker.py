"""Who is who: ids that stay with people from frame to frame.

A Kalman filter foretells each person's box; detections are given to people by the Hungarian method (scipy) on the
overlap of boxes and the similarity of poses, as in SORT and OC-SORT, weighed with what the people look like. Somebody
who turns up begins a new track, and is compared with those who are away when it comes to an id.
All spans are in seconds, so that ids do not depend on the frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from app.appearance import alike, remembered
from app.estimate.oks import oks
from app.people import Floats

HIDDEN_S = 3.0
"""So long a person may be out of sight and keeps the id."""

CONFIRM_S = 0.25
"""So long a doubtful person must be seen before it gets an id."""

SURE = 0.55
"""A person of this pose score gets an id at first sight."""

LIKENESS_FLOOR = 0.15
"""Under this mean of box overlap and pose similarity, weighed with the looks, two sights are not of one person."""

REACH = 0.5
"""How far, in body sizes, a person may turn up from where it was foretold."""

REACH_GROWTH = 1.0
"""By how much that grows, in body sizes, for each second out of sight."""

BLINK_S = 0.25
"""Who is not seen for longer is away."""

CLEAR = 0.8
"""A person is seen well with this share of the best score of late."""

STEADY_S = 0.5
FADE_S = 0.5
"""Someone out of sight goes on at the mean pace of so long; the pace halves each so many seconds."""

MARGIN = 0.06
"""How far a person's box reaches beyond the keypoints, in sizes of what they span."""

CLOSE_S = 1.0
"""So long a box takes to close around the keypoints that are left."""


class Motion:
    """A Kalman filter of constant velocity: where a box goes.

    ``x`` (8, 1) is the state, cx cy w h in pixels and their speeds in pixels a second; ``P`` (8, 8) its covariance.
    """

    def __init__(self, box: Floats) -> None:
        size = float(max(box[2:] - box[:2], default=1.0))
        self.x = np.concatenate([_measure(box), np.zeros((4, 1))])
        self.P = np.diag([(0.05 * size) ** 2] * 4 + [(1.0 * size) ** 2] * 2 + [(0.3 * size) ** 2] * 2)

    def predict(self, dt: float, size: float) -> None:
        """Go on by ``dt`` seconds, of somebody of ``size`` pixels."""
        transition = np.eye(8)
        transition[:4, 4:] = np.eye(4) * dt
        # White noise on the acceleration: 4 body sizes a second squared for the centre, a quarter of it for the sides.
        step = np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
        noise = np.kron(step, np.diag(np.square(np.array([4.0, 4.0, 1.0, 1.0]) * size)))
        self.x = transition @ self.x
        self.P = transition @ self.P @ transition.T + noise

    def update(self, box: Floats) -> None:
        """The box (4,) was seen there."""
        width, height = np.maximum(box[2:] - box[:2], 1.0)
        noise = np.diag(np.square(0.02 * np.array([width, height, 2 * width, 2 * height], np.float64)))
        gain = self.P[:, :4] @ np.linalg.inv(self.P[:4, :4] + noise)
        self.x = self.x + gain @ (_measure(box) - self.x[:4])
        rest = np.eye(8)
        rest[:, :4] -= gain
        # Joseph's form, which stays symmetric and positive.
        self.P = rest @ self.P @ rest.T + gain @ noise @ gain.T


@dataclass(slots=True, eq=False)
class Track:
    """One person over time.

    ``box``, ``keypoints`` and ``score`` are the last ones seen (at ``seen_s``), ``found`` the score that the
    detector last gave, ``presence`` how well the pose was seen (0..1), ``look`` what the person looks like
    (see ``Appearance``), ``id`` is 0 until the person is confirmed. ``clear`` holds centre, sides and mean pace
    (cx cy w h vx vy, pixels and pixels a second) from when the person was last seen well (at ``clear_s``), and
    ``best`` the best score of late.
    """

    motion: Motion
    clear: NDArray[np.float64]
    clear_s: float
    best: float
    box: Floats
    keypoints: Floats
    look: Floats
    score: float
    first_s: float
    seen_s: float
    now_s: float
    found: float = 0.0
    presence: float = 1.0
    id: int = 0

    @property
    def expected(self) -> Floats:
        """The box (4,) where the person should be now."""
        return _corners(self.motion.x[:4, 0])

    def expected_at(self, time_s: float) -> Floats:
        """The box (4,) where the person should be at ``time_s``, a little later than now."""
        return _corners(self.motion.x[:4, 0] + self.motion.x[4:, 0] * (time_s - self.now_s))

    @property
    def size(self) -> float:
        """The longer side of the person's box, in pixels."""
        return float(max(self.box[2:] - self.box[:2]))


class Tracker:
    """Gives each pose of a frame the id of the person it belongs to; never one id twice in a frame."""

    def __init__(self, sigmas: Floats) -> None:
        self._sigmas = sigmas
        self.reset()

    def reset(self, last_id: int = 0) -> None:
        """Forget everybody; ids begin after ``last_id``."""
        self.tracks: list[Track] = []
        self._last_id = last_id
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

    def away(self, track: Track) -> bool:
        """Whether ``track`` has been out of sight for more than a blink."""
        return track.seen_s != self._last_s and track.now_s - track.seen_s > BLINK_S

    def assign(self, boxes: Floats, keypoints: Floats | None = None, looks: Floats | None = None) -> list[Track | None]:
        """The track that each of ``boxes`` (N, 4) belongs to, None for a new person.

        Where there are ``keypoints`` (N, K, 3) and ``looks`` (N, P, 4), they have their say.
        """
        owners: list[Track | None] = [None] * len(boxes)
        tracks = [track for track in self.tracks if not self.away(track)]
        if not len(boxes) or not tracks:
            return owners
        likeness = np.stack([self._likeness(track, boxes, keypoints) for track in tracks])
        if looks is not None:
            likeness *= [2 * alike(track.look, looks) for track in tracks]
        for t, d in zip(*linear_sum_assignment(-likeness), strict=True):
            if likeness[t, d] >= LIKENESS_FLOOR:
                owners[d] = tracks[t]
        return owners

    def update(
        self,
        time_s: float,
        owners: list[Track | None],
        boxes: Floats,
        poses: Floats,
        looks: Floats,
        scores: Floats,
    ) -> list[Track]:
        """Write down what was seen at ``time_s``.

        Each owner has a box (N, 4), a pose (N, K, 3), a look (N, P, 4) and a score (N,).
        Where the owner is None a new track begins. Gives the tracks, one for each row.
        """
        tracks = []
        for row, owner in enumerate(owners):
            if owner is None:
                owner = _begin(boxes[row], poses[row], looks[row], float(scores[row]), time_s)
                self.tracks.append(owner)
            else:
                owner.motion.update(boxes[row])
                owner.box, owner.keypoints = boxes[row], poses[row]
                owner.look = remembered(owner.look, looks[row], time_s - owner.seen_s)
                owner.score, owner.seen_s = float(scores[row]), time_s
                _note_clear(owner)
            tracks.append(owner)
        for track in tracks:
            sure = time_s - track.first_s >= CONFIRM_S or track.score >= SURE or self._last_s is None
            if not track.id and sure:
                self._name(track)
        self._last_s = time_s
        return tracks

    def _name(self, track: Track) -> None:
        """Give ``track`` its id: that of somebody who is away and fits, or a new one."""
        away = [other for other in self.tracks if other.id and other.seen_s < track.first_s]
        fits = [float(self._near(other, track.box[None])[0] * alike(other.look, track.look[None])[0]) for other in away]
        if fits and max(fits) >= LIKENESS_FLOOR:
            known = away[int(np.argmax(fits))]
            self.tracks.remove(known)
            track.id, track.look = known.id, known.look
        else:
            self._last_id += 1
            track.id = self._last_id

    def _near(self, track: Track, boxes: Floats) -> NDArray[np.float64]:
        """How near each box (N, 4) is to where the track is looked for, 0..1; none of quite another size."""
        expected = track.expected
        distance = np.linalg.norm((boxes[:, :2] + boxes[:, 2:] - expected[:2] - expected[2:]) / 2, axis=1)
        span = max(float(max(expected[2:] - expected[:2])), 1.0)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        same = np.minimum(sizes / span, span / np.maximum(sizes, 1e-3))
        # Who was hidden is looked for around the place, the farther the longer.
        reach = REACH + REACH_GROWTH * (track.now_s - track.seen_s)
        return np.clip(1 - distance / span / reach, 0, 1) * (same > 0.6)

    def _likeness(self, track: Track, boxes: Floats, keypoints: Floats | None) -> NDArray[np.float64]:
        """How much each box and pose is like what the track expects, 0..1."""
        expected = track.expected
        overlap = iou(expected, boxes)
        near = self._near(track, boxes)
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


def _begin(box: Floats, pose: Floats, look: Floats, score: float, time_s: float) -> Track:
    motion = Motion(box)
    return Track(motion, motion.x[:6, 0].copy(), time_s, score, box, pose, look, score, time_s, time_s, time_s)


def _note_clear(track: Track) -> None:
    """Remember how the person moved when last seen well: the boxes of one who goes out of sight are cut."""
    elapsed = track.seen_s - track.clear_s
    track.best = max(track.best * 0.5**elapsed, track.score)
    if track.score >= CLEAR * track.best:
        share = 1 - np.exp(-elapsed / STEADY_S)
        track.clear[:2] = track.motion.x[:2, 0]
        track.clear[2:] += share * (track.motion.x[2:6, 0] - track.clear[2:])
        track.clear_s = track.seen_s


def _predict(track: Track, time_s: float) -> None:
    dt = max(time_s - track.now_s, 0.0)
    if dt == 0:
        return
    size = max(track.size, 1.0)
    if track.now_s > track.seen_s:
        # On from where the person was last seen well, but nobody out of sight runs on for ever.
        lasting = FADE_S / np.log(2) * (1 - 0.5 ** ((time_s - track.clear_s) / FADE_S))
        track.motion.x[:2, 0] = track.clear[:2] + lasting * track.clear[4:]
        track.motion.x[2:4, 0], track.motion.x[4:, 0] = track.clear[2:4], 0
    track.motion.predict(dt, size)
    track.now_s = time_s


def _measure(box: Floats) -> NDArray[np.float64]:
    centre, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    return np.concatenate([centre, sides]).astype(np.float64)[:, None]


def _corners(state: NDArray[np.float64]) -> Floats:
    half = np.maximum(state[2:4], 2.0) / 2
    return np.concatenate([state[:2] - half, state[:2] + half]).astype(np.float32)
