"""The tracker: each person keeps one id from frame to frame.

A Kalman filter predicts each person's box. The Hungarian method assigns detections to tracks by box overlap
and pose similarity, as in SORT and OC-SORT, weighted by the similarity of appearance. An unassigned detection starts a
new track; before it gets a new id it is compared with the lost tracks. All durations are in seconds, so that ids do not
depend on the frame rate.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.oks import areas_of, oks
from app.tracking.appearance import blend, similarity
from app.tracking.assignment import best_pairs
from app.tracking.median import median

MAX_OCCLUSION_S = 3.0
"""Longest time out of view after which a person keeps the id, in seconds."""

CONFIRM_S = 0.25
"""Time that a person of a low score must be visible before it gets an id, in seconds."""

IMMEDIATE_ID_SCORE = 0.55
"""A person with at least this score gets an id in the first frame."""

MIN_AFFINITY = 0.15
"""Smallest affinity (box overlap and pose similarity, weighted by appearance) at which a detection is assigned."""

MAX_DISTANCE = 0.5
"""Largest distance of a person from the predicted position, in body sizes."""

MAX_DISTANCE_GROWTH = 1.0
"""Growth of that distance for each second out of view, in body sizes."""

MAX_MISS_S = 0.25
"""A track that is not seen for longer is lost."""

CLEAR_SCORE_RATIO = 0.8
"""A person is clearly visible from this fraction of the recent best score."""

BOX_RELEASE_S = 0.5
"""Time constant of the moving average of box sides and velocity of a clearly visible person, in seconds."""
FADE_S = 0.5
"""Half-life of the velocity of a person out of view, in seconds."""

MARGIN = 0.06
"""Margin of a person's box around the keypoints, as a fraction of their extent."""

CLOSE_S = 1.0
"""Time in which a box shrinks to the keypoints that are still visible, in seconds."""


ACCELERATION = np.square([4.0, 4.0, 1.0, 1.0])
"""Variance of the acceleration of center and sides, in body sizes per second squared, squared."""
MEASUREMENT = np.array([0.02, 0.02, 0.04, 0.04])
"""Standard deviation of a measured center and of measured sides, relative to the sides."""


class Motion:
    """A constant-velocity Kalman filter for a box: center and sides are four independent filters, computed together.

    The results equal those of filterpy's ``predict`` and ``update`` with the matrices of all eight states to 1e-12.
    filterpy itself is not used because it imports SciPy's statistics, which takes 0.4 s of one core and 24 MB just
    before the first people are shown.

    ``box`` (4,) is cx cy w h in pixels, ``velocity`` (4,) their speeds in pixels per second. ``variances`` (3, 4) are
    the variances of the box, its covariances with the velocity, and the variances of the velocity.
    """

    def __init__(self, box: Floats) -> None:
        size = float(max(box[2:] - box[:2], default=1.0))
        self.box = _measure(box)
        self.velocity = np.zeros(4)
        self.variances = np.square([[0.05] * 4, [0.0] * 4, [1.0, 1.0, 0.3, 0.3]]) * size**2

    def predict(self, dt: float, size: float) -> None:
        """Predict the state after ``dt`` seconds, for a person of ``size`` pixels."""
        self.box = self.box + dt * self.velocity
        place, both, speed = self.variances
        noise = ACCELERATION * size**2
        self.variances = np.array(
            [
                place + dt * (2 * both + dt * speed) + dt**4 / 4 * noise,
                both + dt * speed + dt**3 / 2 * noise,
                speed + dt**2 * noise,
            ]
        )

    def update(self, box: Floats) -> None:
        """Add a measured box (4,)."""
        place, both, speed = self.variances
        sides = np.maximum(box[2:] - box[:2], 1.0)
        noise = np.square(MEASUREMENT * np.concatenate([sides, sides]))
        gain, speed_gain = place / (place + noise), both / (place + noise)
        surprise = _measure(box) - self.box
        self.box = self.box + gain * surprise
        self.velocity = self.velocity + speed_gain * surprise
        # Joseph form, which stays symmetric and positive definite.
        self.variances = np.array(
            [
                (1 - gain) ** 2 * place + gain**2 * noise,
                (1 - gain) * (both - speed_gain * place) + gain * speed_gain * noise,
                speed - speed_gain * (2 * both - speed_gain * place) + speed_gain**2 * noise,
            ]
        )


@dataclass(slots=True, eq=False)
class Track:
    """One person over time.

    ``box`` (4,), ``keypoints`` (K, 3) and ``score`` are from the last frame that shows the person (at ``seen_s``).
    ``detection_score`` is the last score of the detector, ``pose_confidence`` that of the last pose (0..1),
    ``descriptor`` (P, 4) the appearance (see ``Appearance``). ``id`` is 0 until the person is confirmed.
    ``last_clear_state`` holds center, sides and mean velocity (cx cy w h vx vy, in pixels and pixels per second) of
    when the person was last clearly visible (at ``clear_s``), ``best`` the recent best score. ``points_3d`` (K, 4) are
    the last 3D points, in meters, if a pose model gives them. ``now_s`` is the time to which ``motion`` is predicted.
    """

    motion: Motion
    last_clear_state: NDArray[np.float64]
    clear_s: float
    best: float
    box: Floats
    keypoints: Floats
    descriptor: Floats
    score: float
    first_s: float
    seen_s: float
    now_s: float
    detection_score: float = 0.0
    pose_confidence: float = 1.0
    id: int = 0
    points_3d: Floats | None = None

    @property
    def expected(self) -> Floats:
        """The predicted box (4,) at ``now_s``."""
        return _corners(self.motion.box)

    def expected_at(self, time_s: float) -> Floats:
        """The predicted box (4,) at ``time_s``, shortly after ``now_s``."""
        return _corners(self.motion.box + self.motion.velocity * (time_s - self.now_s))

    @property
    def size(self) -> float:
        """The longer side of the person's box, in pixels."""
        return float(max(self.box[2:] - self.box[:2]))


@dataclass(frozen=True, slots=True, eq=False)
class Handover:
    """What one tracker passes to another: its tracks, the last id given, and the time of the last frame."""

    tracks: list[Track]
    last_id: int
    last_s: float | None


class Tracker:
    """Assigns the poses of each frame to tracks; each id occurs at most once in a frame.

    ``sigmas`` (K,) are the OKS constants of the keypoints.
    """

    def __init__(self, sigmas: Floats) -> None:
        self._sigmas = sigmas
        self.reset()

    def reset(self, last_id: int = 0) -> None:
        """Delete all tracks; ids begin after ``last_id``."""
        self.tracks: list[Track] = []
        self._last_id = last_id
        self._last_s: float | None = None

    def handover(self) -> Handover:
        """The tracks, for a tracker that continues with the next frame."""
        return Handover([deepcopy(track) for track in self.tracks], self._last_id, self._last_s)

    def take_over(self, handover: Handover) -> None:
        """Continue with the tracks of another tracker, instead of its own; ids begin after that tracker's last one."""
        self.tracks, self._last_id, self._last_s = list(handover.tracks), handover.last_id, handover.last_s

    def predict(self, time_s: float) -> list[Track]:
        """Predict all tracks to ``time_s`` and delete those that were hidden too long; returns the others."""
        self.tracks = [
            t for t in self.tracks if time_s - t.seen_s <= (MAX_OCCLUSION_S if t.id else MAX_OCCLUSION_S / 5)
        ]
        for track in self.tracks:
            _predict(track, time_s)
        return self.tracks

    @property
    def visible_tracks(self) -> list[Track]:
        """The tracks that were seen in the last frame."""
        return [track for track in self.tracks if track.seen_s == self._last_s]

    def is_lost(self, track: Track) -> bool:
        """Whether ``track`` has not been seen for more than ``MAX_MISS_S``."""
        return track.seen_s != self._last_s and track.now_s - track.seen_s > MAX_MISS_S

    def assign(
        self, boxes: Floats, keypoints: Floats | None = None, descriptors: Floats | None = None
    ) -> list[Track | None]:
        """The track that each of ``boxes`` (N, 4) belongs to; None for a new person.

        ``keypoints`` (N, K, 3) and appearance ``descriptors`` (N, P, 4) are used where they are given.
        """
        assigned: list[Track | None] = [None] * len(boxes)
        tracks = [track for track in self.tracks if not self.is_lost(track)]
        if not len(boxes) or not tracks:
            return assigned
        affinity = np.stack([self._affinity(track, boxes, keypoints) for track in tracks])
        if descriptors is not None:
            affinity *= [2 * similarity(track.descriptor, descriptors) for track in tracks]
        for t, d in best_pairs(affinity):
            if affinity[t, d] >= MIN_AFFINITY:
                assigned[d] = tracks[t]
        return assigned

    def update(
        self,
        time_s: float,
        assigned_tracks: list[Track | None],
        boxes: Floats,
        poses: Floats,
        descriptors: Floats,
        scores: Floats,
    ) -> list[Track]:
        """Update the tracks with the detections of the frame at ``time_s``; returns the track of each detection.

        The detections are rows of ``boxes`` (N, 4), ``poses`` (N, K, 3), ``descriptors`` (N, P, 4) and ``scores``
        (N,). Where the assigned track is None, a new track begins.
        """
        tracks = []
        for row, track in enumerate(assigned_tracks):
            if track is None:
                track = _new_track(boxes[row], poses[row], descriptors[row], float(scores[row]), time_s)
                self.tracks.append(track)
            else:
                track.motion.update(boxes[row])
                track.box, track.keypoints = boxes[row], poses[row]
                track.descriptor = blend(track.descriptor, descriptors[row], time_s - track.seen_s)
                track.score, track.seen_s = float(scores[row]), time_s
                _save_clear_state(track)
            tracks.append(track)
        for track in tracks:
            seen_long = time_s - track.first_s >= CONFIRM_S
            confirmed = seen_long or track.score >= IMMEDIATE_ID_SCORE or self._last_s is None
            if not track.id and confirmed:
                self._assign_id(track)
        self._last_s = time_s
        return tracks

    def _assign_id(self, track: Track) -> None:
        """Give ``track`` the id of the lost track with the highest affinity, or a new id if none is high enough."""
        lost = [other for other in self.tracks if other.id and other.seen_s < track.first_s]
        affinities = [
            float(self._nearness(other, track.box[None])[0] * similarity(other.descriptor, track.descriptor[None])[0])
            for other in lost
        ]
        if affinities and max(affinities) >= MIN_AFFINITY:
            known = lost[int(np.argmax(affinities))]
            self.tracks.remove(known)
            track.id, track.descriptor = known.id, known.descriptor
        else:
            self._last_id += 1
            track.id = self._last_id

    def _nearness(self, track: Track, boxes: Floats) -> NDArray[np.float64]:
        """Nearness (N,) of ``boxes`` (N, 4) to the predicted box, 0..1; 0 for boxes of another size."""
        expected = track.expected
        distance = np.linalg.norm((boxes[:, :2] + boxes[:, 2:] - expected[:2] - expected[2:]) / 2, axis=1)
        span = max(float(max(expected[2:] - expected[:2])), 1.0)
        sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        same = np.minimum(sizes / span, span / np.maximum(sizes, 1e-3))
        # The search radius grows with the time out of view.
        reach = MAX_DISTANCE + MAX_DISTANCE_GROWTH * (track.now_s - track.seen_s)
        return np.clip(1 - distance / span / reach, 0, 1) * (same > 0.6)

    def _affinity(self, track: Track, boxes: Floats, keypoints: Floats | None) -> NDArray[np.float64]:
        """Affinity (N,) of ``boxes`` (N, 4) and ``keypoints`` (N, K, 3) to the track's prediction, 0..1."""
        expected = track.expected
        overlap = iou(expected, boxes)
        near = self._nearness(track, boxes)
        if keypoints is None:
            return np.maximum(overlap, 0.5 * near)
        moved = track.keypoints[:, :2] + (expected[:2] + expected[2:] - track.box[:2] - track.box[2:]) / 2
        area = float(areas_of(track.box[None])[0])
        pose = oks(moved, keypoints, area, areas_of(boxes), self._sigmas)
        return np.maximum((overlap + pose) / 2, 0.5 * near)


def box_from_pose(track: Track, pose: Floats, time_s: float, threshold: float) -> Floats:
    """The box (4,) of ``track`` in a frame without detection, from its new ``pose`` (K, 3).

    The last box moves with the keypoints. It grows at once to contain every visible keypoint and shrinks slowly, so
    that legs that are hidden for a moment stay in the box.
    """
    seen = pose[:, 2] >= threshold
    both = seen & (track.keypoints[:, 2] >= threshold)
    if np.count_nonzero(both) >= 3:
        shift = median(pose[both, :2] - track.keypoints[both, :2])
    else:
        shift = (track.expected[:2] + track.expected[2:] - track.box[:2] - track.box[2:]) / 2
    box = track.box + np.concatenate([shift, shift])
    if np.count_nonzero(seen) < 3:
        return box.astype(np.float32)
    visible = pose[seen, :2]
    low, high = visible.min(axis=0), visible.max(axis=0)
    margin = MARGIN * float((high - low).max())
    tight = np.concatenate([low - margin, high + margin])
    outside = np.concatenate([tight[:2] < box[:2], tight[2:] > box[2:]])
    shrinking = min((time_s - track.seen_s) / CLOSE_S, 1.0)
    return np.where(outside, tight, box + (tight - box) * shrinking).astype(np.float32)


def iou(box: Floats, boxes: Floats) -> NDArray[np.float64]:
    """Intersection over union (N,) of ``box`` (4,) with each of ``boxes`` (N, 4) = x0 y0 x1 y1."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:4])
    common = np.maximum(high - low, 0).prod(axis=1)
    areas = areas_of(boxes) + areas_of(box[None])
    return (common / np.maximum(areas - common, 1e-9)).astype(np.float64)


def _new_track(box: Floats, pose: Floats, descriptor: Floats, score: float, time_s: float) -> Track:
    motion = Motion(box)
    clear = np.append(motion.box, motion.velocity[:2])
    return Track(motion, clear, time_s, score, box, pose, descriptor, score, time_s, time_s, time_s)


def _save_clear_state(track: Track) -> None:
    """Store the motion while the person is clearly visible: boxes of a person who goes out of view are truncated."""
    elapsed = track.seen_s - track.clear_s
    track.best = max(track.best * 0.5**elapsed, track.score)
    if track.score >= CLEAR_SCORE_RATIO * track.best:
        alpha = 1 - np.exp(-elapsed / BOX_RELEASE_S)
        now = np.concatenate([track.motion.box, track.motion.velocity[:2]])
        track.last_clear_state[:2] = now[:2]
        track.last_clear_state[2:] += alpha * (now[2:] - track.last_clear_state[2:])
        track.clear_s = track.seen_s


def _predict(track: Track, time_s: float) -> None:
    dt = max(time_s - track.now_s, 0.0)
    if dt == 0:
        return
    size = max(track.size, 1.0)
    if track.now_s > track.seen_s:
        # Continue from the last clear state, with a velocity that decays. ``effective_s`` is the decayed time.
        effective_s = FADE_S / np.log(2) * (1 - 0.5 ** ((time_s - track.clear_s) / FADE_S))
        center = track.last_clear_state[:2] + effective_s * track.last_clear_state[4:]
        track.motion.box = np.append(center, track.last_clear_state[2:4])
        track.motion.velocity = np.zeros(4)
    track.motion.predict(dt, size)
    track.now_s = time_s


def _measure(box: Floats) -> NDArray[np.float64]:
    center, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    return np.concatenate([center, sides]).astype(np.float64)


def _corners(state: NDArray[np.float64]) -> Floats:
    x, y, width, height = state.tolist()
    across, down = max(width, 2.0) / 2, max(height, 2.0) / 2
    return np.array([x - across, y - down, x + across, y + down], np.float32)
