"""The tracker: each person keeps one id from frame to frame.

A Kalman filter predicts each person's box. The Hungarian method assigns detections to tracks by box overlap
and pose similarity, as in SORT and OC-SORT, weighted by the similarity of appearance. An unassigned detection starts a
new track; before it gets a new id it is compared with the lost tracks. All durations are in seconds, so that ids do not
depend on the frame rate. All tracks are compared with all detections at once: arrays have a row per track and a column
per detection.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from app.core.people import Floats
from app.pose.oks import areas_of, oks
from app.tracking.appearance import blend, similarity
from app.tracking.assignment import best_pairs
from app.tracking.motion import Motion, measure

MAX_OCCLUSION_S = 3.0
"""Longest time out of view after which a person keeps the id, in seconds."""

MAX_GAP_S = 10.0
"""Longest time between two frames over which people of the first one are followed, in seconds."""

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


@dataclass(slots=True, eq=False)
class Track:
    """One person over time.

    ``box`` (4,), ``keypoints`` (K, 3) and ``score`` are from the last frame that shows the person (at ``seen_s``).
    ``detection_score`` is the last score of the detector, ``pose_confidence`` that of the last pose (0..1),
    ``descriptor`` (P, 4) the appearance (see ``Appearance``). ``id`` is 0 until the person is confirmed.
    ``size`` is the longer side of ``box``, in pixels. ``motion`` is predicted to ``now_s``, ``expected`` (4,) is its
    box. ``last_clear_state`` holds center, sides and mean velocity (cx cy w h vx vy, in pixels and pixels per second)
    of when the person was last clearly visible (at ``clear_s``), ``best`` the recent best score. ``points_3d`` (K, 4)
    are the last 3D points, in meters, and ``region`` is where to look for the person next (see
    ``Candidates.regions``), if a pose model gives them. The arrays are replaced, never changed.
    """

    motion: Motion
    expected: Floats
    last_clear_state: tuple[float, ...]
    clear_s: float
    best: float
    box: Floats
    size: float
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
    region: Floats | None = None

    def expected_at(self, time_s: float) -> Floats:
        """The predicted box (4,) at ``time_s``, shortly after ``now_s``."""
        return np.array(self.motion.corners(time_s - self.now_s), np.float32)


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
        """Predict all tracks to ``time_s`` and delete those that were hidden too long; returns the others.

        The time between two frames alone hides nobody for less than ``MAX_GAP_S``: on a slow machine the next frame of
        a camera comes seconds after one in which networks ran.
        """
        self.tracks = [t for t in self.tracks if time_s - t.seen_s <= self._longest_s(t)]
        if earlier := [track for track in self.tracks if track.now_s < time_s]:
            _predict(earlier, time_s)
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
        affinity = self._affinity(tracks, boxes, keypoints)
        if descriptors is not None:
            affinity *= 2 * similarity(np.array([track.descriptor for track in tracks])[:, None], descriptors)
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
        found = _Found(time_s, boxes, poses, descriptors, scores)
        known = [track for track in assigned_tracks if track is not None]
        if len(known) == len(assigned_tracks):
            tracks = known
            _follow(known, found)
        else:
            rows: dict[bool, list[int]] = {True: [], False: []}
            for row, track in enumerate(assigned_tracks):
                rows[track is None].append(row)
            _follow(known, found[rows[False]])
            new = _new_tracks(found[rows[True]])
            self.tracks += new
            begun = iter(new)
            tracks = [next(begun) if track is None else track for track in assigned_tracks]
        for track in tracks:
            seen_long = time_s - track.first_s >= CONFIRM_S
            confirmed = seen_long or track.score >= IMMEDIATE_ID_SCORE or self._last_s is None
            if not track.id and confirmed:
                self._assign_id(track)
        self._last_s = time_s
        return tracks

    def _longest_s(self, track: Track) -> float:
        """The seconds after which ``track`` is deleted if it is not seen again."""
        longest_s = MAX_OCCLUSION_S if track.id else MAX_OCCLUSION_S / 5
        return max(longest_s, MAX_GAP_S) if track.seen_s == self._last_s else longest_s

    def _assign_id(self, track: Track) -> None:
        """Give ``track`` the id of the lost track with the highest affinity, or a new id if none is high enough."""
        lost = [other for other in self.tracks if other.id and other.seen_s < track.first_s]
        if lost:
            near = _nearness(lost, track.box[None])[:, 0]
            affinities = near * similarity(np.array([other.descriptor for other in lost]), track.descriptor)
            if affinities.max() >= MIN_AFFINITY:
                known = lost[int(affinities.argmax())]
                self.tracks.remove(known)
                track.id, track.descriptor = known.id, known.descriptor
                return
        self._last_id += 1
        track.id = self._last_id

    def _affinity(self, tracks: list[Track], boxes: Floats, keypoints: Floats | None) -> NDArray[np.float64]:
        """Affinity (T, N), 0..1, of ``boxes`` (N, 4) and ``keypoints`` (N, K, 3) to the tracks' predictions."""
        expected = np.array([track.expected for track in tracks])
        overlap = iou(expected, boxes)
        near = 0.5 * _nearness(tracks, boxes)
        if keypoints is None:
            return np.maximum(overlap, near)
        last = np.array([track.box for track in tracks])
        moves = (expected[:, :2] + expected[:, 2:] - last[:, :2] - last[:, 2:]) / 2
        moved = np.array([track.keypoints for track in tracks])[..., :2] + moves[:, None]
        pose = oks(moved[:, None], keypoints, areas_of(last)[:, None], areas_of(boxes), self._sigmas)
        return np.maximum((overlap + pose) / 2, near)


def iou(box: Floats, boxes: Floats) -> NDArray[np.float64]:
    """Intersection over union (N,) of ``box`` (4,) = x0 y0 x1 y1 with each of ``boxes`` (N, 4).

    With ``box`` (T, 4) that of each with each, (T, N).
    """
    box = box[..., None, :]
    sides = np.maximum(np.minimum(box[..., 2:4], boxes[:, 2:4]) - np.maximum(box[..., :2], boxes[:, :2]), 0)
    common = sides[..., 0] * sides[..., 1]
    areas = areas_of(boxes) + areas_of(box)
    return (common / np.maximum(areas - common, 1e-9)).astype(np.float64)


def expected_sizes(tracks: Sequence[Track]) -> list[float]:
    """The longer side of the predicted box of each of ``tracks``, in pixels."""
    sizes: list[float] = _sizes(np.array([track.expected for track in tracks], np.float32).reshape(-1, 4)).tolist()
    return sizes


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The detections of the frame at ``time_s``: a row for each."""

    time_s: float
    boxes: Floats
    poses: Floats
    descriptors: Floats
    scores: Floats

    def __getitem__(self, rows: list[int]) -> _Found:
        return _Found(self.time_s, self.boxes[rows], self.poses[rows], self.descriptors[rows], self.scores[rows])


def _nearness(tracks: list[Track], boxes: Floats) -> Floats:
    """Nearness (T, N), 0..1, of ``boxes`` (N, 4) to the predicted boxes; 0 for boxes of another size."""
    expected = np.array([track.expected for track in tracks])[:, None]
    apart = (boxes[:, :2] + boxes[:, 2:] - expected[..., :2] - expected[..., 2:]) / 2
    apart *= apart
    distance = np.sqrt(apart[..., 0] + apart[..., 1])
    span = np.maximum(_sizes(expected), 1.0)
    sizes = _sizes(boxes)
    same = np.minimum(sizes / span, span / np.maximum(sizes, 1e-3))
    # The search radius grows with the time out of view.
    hidden_s = np.array([[track.now_s - track.seen_s] for track in tracks])
    reach = (MAX_DISTANCE + MAX_DISTANCE_GROWTH * hidden_s).astype(np.float32)
    return np.minimum(np.maximum(1 - distance / span / reach, 0), 1) * (same > 0.6)


def _sizes(boxes: Floats) -> Floats:
    """The longer sides (...) of ``boxes`` (..., 4), in pixels."""
    sides = boxes[..., 2:] - boxes[..., :2]
    return np.maximum(sides[..., 0], sides[..., 1])


def _new_tracks(found: _Found) -> list[Track]:
    tracks = []
    for row, (measured, score) in enumerate(zip(measure(found.boxes), found.scores.tolist(), strict=True)):
        tracks.append(
            Track(
                motion=(motion := Motion(measured)),
                expected=np.array(motion.corners(), np.float32),
                last_clear_state=(*measured, 0.0, 0.0),
                clear_s=found.time_s,
                best=score,
                box=found.boxes[row],
                size=max(measured[2:]),
                keypoints=found.poses[row],
                descriptor=found.descriptors[row],
                score=score,
                first_s=found.time_s,
                seen_s=found.time_s,
                now_s=found.time_s,
            )
        )
    return tracks


def _follow(tracks: list[Track], found: _Found) -> None:
    """Update ``tracks``, which are all different, with the detections ``found``, one for each."""
    if not tracks:
        return
    hidden_s = [found.time_s - track.seen_s for track in tracks]
    descriptors = blend(np.array([track.descriptor for track in tracks]), found.descriptors, hidden_s)
    measured = measure(found.boxes)
    for row, (track, score) in enumerate(zip(tracks, found.scores.tolist(), strict=True)):
        track.box, track.keypoints, track.descriptor = found.boxes[row], found.poses[row], descriptors[row]
        track.size, track.score, track.seen_s = max(measured[row][2:]), score, found.time_s
        track.motion.update(measured[row])
        _save_clear_state(track)
    _expect(tracks)


def _save_clear_state(track: Track) -> None:
    """Store the motion while the person is clearly visible: boxes of a person who goes out of view are truncated."""
    elapsed = track.seen_s - track.clear_s
    track.best = max(track.best * 0.5**elapsed, track.score)
    if track.score >= CLEAR_SCORE_RATIO * track.best:
        alpha = 1 - exp(-elapsed / BOX_RELEASE_S)
        x, y, width, height = track.motion.values
        now = (width.value, height.value, x.velocity, y.velocity)
        means = [mean + alpha * (new - mean) for mean, new in zip(track.last_clear_state[2:], now, strict=True)]
        track.last_clear_state, track.clear_s = (x.value, y.value, *means), track.seen_s


def _predict(tracks: list[Track], time_s: float) -> None:
    """Predict ``tracks`` from a time before ``time_s`` to it."""
    for track in tracks:
        if track.now_s > track.seen_s:
            # Continue from the last clear state, with a velocity that decays. ``effective_s`` is the decayed time.
            x, y, width, height, speed_x, speed_y = track.last_clear_state
            effective_s = FADE_S / log(2) * (1 - 0.5 ** ((time_s - track.clear_s) / FADE_S))
            track.motion.restart((x + effective_s * speed_x, y + effective_s * speed_y, width, height))
        track.motion.predict(time_s - track.now_s, max(track.size, 1.0))
        track.now_s = time_s
    _expect(tracks)


def _expect(tracks: list[Track]) -> None:
    """Set the predicted boxes of ``tracks``, whose motion has changed."""
    for track, box in zip(tracks, np.array([track.motion.corners() for track in tracks], np.float32), strict=True):
        track.expected = box
