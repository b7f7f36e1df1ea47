"""Poses of people, kept a few times a second: what the checks of a recording look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from app.analysis.landmarks import keypoint_indices
from app.core.people import Floats, FramePoses
from app.core.skeleton import Skeleton, load_skeleton

Values = NDArray[np.float64]

STEP_S = 0.1
"""Time between two samples, in seconds."""
MAX_MOMENTS = 6000
"""Number of sampled frames from which every second one is dropped and the time between two is doubled: of an hour so
much is kept as of ten minutes."""
CLOSE_S = 1e-3
"""A frame this much before the next sample is due is taken, in seconds: time stamps are rounded."""
BODY = (*load_skeleton("halpe26").names, "pelvis", "thorax", "upper_neck", "head_top")
"""Keypoints that are kept, where a skeleton has them: not those of faces and hands."""
TRUNK_SHARE = 0.30
"""Length of the trunk, from the middle of the shoulders to that of the hips, relative to the body height: 0.29 to 0.31,
see Winter, Biomechanics and Motor Control of Human Movement."""
MIN_SAMPLES = 10
"""Samples of a person who is checked."""
MIN_PRESENCE, MIN_SIZE = 0.3, 0.6
"""People who are seen for less than this fraction of the time of the one seen longest, or whose size is less than this
fraction of the largest one's, are not checked: they pass by in the background."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyTrack:
    """Samples of one person: ``times_s`` (T,), ``boxes`` (T, 4) in pixels, ``keypoints`` (T, B, 3) of ``skeleton``."""

    id: int
    times_s: Values
    boxes: Floats
    keypoints: Floats
    skeleton: Skeleton

    def point(self, name: str, threshold: float) -> Values:
        """Position (T, 2) of a keypoint, or of the midpoint that replaces it; NaN where a score is too low."""
        rows = keypoint_indices(self.skeleton, name)
        if not rows:
            return np.full((len(self.times_s), 2), np.nan)
        found = self.keypoints[:, rows].astype(np.float64)
        found[found[..., 2] < threshold] = np.nan
        return np.asarray(found[..., :2].mean(axis=1))

    def trunk_px(self, threshold: float) -> Values:
        """Length of the trunk in the picture (T,); NaN where it is not seen."""
        return np.linalg.norm(self.point("neck", threshold) - self.point("hip", threshold), axis=1)

    def size_px(self, threshold: float) -> float:
        """Median size in the picture in pixels: of a person who stands, the height.

        The longer side of the box, so that someone who lies is not small; or what the trunk tells of a person who is
        only seen from the hips up.
        """
        sides = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)
        return float(np.median(np.fmax(sides, self.trunk_px(threshold) / TRUNK_SHARE)))


@dataclass(slots=True, eq=False)
class _Samples:
    """Samples of one person, each with the number of its frame among the sampled ones."""

    moments: deque[int] = field(default_factory=deque)
    times_s: deque[float] = field(default_factory=deque)
    boxes: deque[Floats] = field(default_factory=deque)
    keypoints: deque[Floats] = field(default_factory=deque)

    def keep(self, number: int, time_s: float, box: Floats, keypoints: Floats) -> None:
        self.moments.append(number)
        self.times_s.append(time_s)
        self.boxes.append(box)
        self.keypoints.append(keypoints)

    def drop_before(self, time_s: float) -> None:
        while self.times_s and self.times_s[0] < time_s:
            for kept in (self.moments, self.times_s, self.boxes, self.keypoints):
                kept.popleft()

    def thinned(self) -> _Samples:
        """Every second moment."""
        thin = _Samples()
        samples = zip(self.moments, self.times_s, self.boxes, self.keypoints, strict=True)
        for number, time_s, box, keypoints in samples:
            if number % 2 == 0:
                thin.keep(number // 2, time_s, box, keypoints)
        return thin


class SampledPeople:
    """Keeps up to ten poses a second of each person, of the last ``last_s`` seconds."""

    def __init__(self, skeleton: Skeleton, last_s: float = inf) -> None:
        columns = [i for i, name in enumerate(skeleton.names) if name in BODY]
        self._columns = np.array(columns, np.intp)
        self._skeleton = Skeleton(name=skeleton.name, names=tuple(skeleton.names[i] for i in columns) or ("nose",))
        self._last_s = last_s
        self._samples: dict[int, _Samples] = {}
        self._moments = 0
        self._step_s, self._next_s = STEP_S, -inf

    def add(self, poses: FramePoses) -> None:
        """Keep the people of a frame, if a sample is due."""
        if poses.time_s < self._next_s - CLOSE_S or not len(self._columns):
            return
        self._next_s = max(self._next_s + self._step_s, poses.time_s)
        for person in poses.people:
            samples = self._samples.setdefault(person.id, _Samples())
            samples.keep(self._moments, poses.time_s, person.box, person.keypoints[self._columns])
        self._moments += 1
        if self._last_s < inf:
            for number, samples in list(self._samples.items()):
                samples.drop_before(poses.time_s - self._last_s)
                if not samples.times_s:
                    del self._samples[number]
        elif self._moments == MAX_MOMENTS:
            self._samples = {number: samples.thinned() for number, samples in self._samples.items()}
            self._moments //= 2
            self._step_s *= 2

    def tracks(self) -> list[BodyTrack]:
        """The samples of each person, by id."""
        return [
            BodyTrack(
                number,
                np.array(samples.times_s, np.float64),
                np.array(samples.boxes, np.float32).reshape(-1, 4),
                np.array(samples.keypoints, np.float32).reshape(-1, len(self._columns), 3),
                self._skeleton,
            )
            for number, samples in sorted(self._samples.items())
            if samples.times_s
        ]


def subjects(tracks: Sequence[BodyTrack], threshold: float) -> list[BodyTrack]:
    """The people whom the recording is about; see ``MIN_PRESENCE`` and ``MIN_SIZE``."""
    longest = max((len(track.times_s) for track in tracks), default=0)
    seen = [track for track in tracks if len(track.times_s) >= max(MIN_SAMPLES, MIN_PRESENCE * longest)]
    sizes = [track.size_px(threshold) for track in seen]
    return [track for track, size in zip(seen, sizes, strict=True) if size >= MIN_SIZE * max(sizes)]
