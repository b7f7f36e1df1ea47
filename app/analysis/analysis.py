"""Stores the people of every analysed frame, for seeking, review and export."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.analysis.edits import Edits, apply_edits, changed_frames, places_deleted
from app.analysis.interpolation import interpolate_person
from app.analysis.person_frames import PersonFrames, Totals
from app.analysis.spans import GAP_FRAMES, GAP_S, FrameSpans, FrameStep
from app.analysis.stacking import stack_filled, stack_points, stack_values
from app.core.people import Floats, FramePoses, Person
from app.core.skeleton import Skeleton

MAX_FRAMES = 300_000
"""Maximum number of frames kept, nearly three hours at 30 frames per second; the oldest are dropped beyond it."""

CLOSE_S = 1e-6
"""A file finds the frame at a time up to this before its timestamp, in seconds."""
SEARCH_FRAMES = 16
"""Search radius for neighboring analysed frames, in frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person in T frames, in order of time.

    Attributes:
        id: Track id.
        indices: (T,), frame indices.
        times_s: (T,), timestamps in seconds.
        scores: (T,), scores of the person.
        boxes: (T, 4), x0 y0 x1 y1 in pixels.
        keypoints: (T, K, 3), x y score, in pixels.
        facing: The side that the person faces where the user has chosen it: -1 left, 1 right, 0 the camera.
        filled: (T, K), the keypoints that were filled in between measured ones; None if there are none.
        points_3d: (T, K, 4), x y z in meters and score, NaN and score 0 in frames without; None if none has any.
    """

    id: int
    indices: NDArray[np.int64]
    times_s: NDArray[np.float64]
    scores: Floats
    boxes: Floats
    keypoints: Floats
    facing: int | None = None
    filled: NDArray[np.bool_] | None = None
    points_3d: Floats | None = None


class Analysis:
    """The people of each analysed frame, by frame index. Thread-safe.

    ``version`` increases with every change, so that views know when to update. Only the last ``most`` frames are kept.
    Spans and totals are updated as frames are added, so reading them costs no more for a longer clip.

    Its frames are those that were added, with the user's ``edits`` applied; people whom the user has hidden are among
    them, and ``counted`` leaves them out.

    ``before`` is an earlier analysis of the same live source, whose tracks continue in this one: both share names,
    order, chosen sides and hidden people, so that a change by the user in one of them counts in the other.
    """

    def __init__(self, skeleton: Skeleton, most: int = MAX_FRAMES, before: Analysis | None = None) -> None:
        self.skeleton = skeleton
        self.version = 0
        self._most = most
        self._lock: threading.Lock = threading.Lock() if before is None else before._lock
        self._names: dict[int, str] = {} if before is None else before._names
        self._facing: dict[int, int] = {} if before is None else before._facing
        self._hidden: set[int] = set() if before is None else before._hidden
        self._order: list[int] = [] if before is None else before._order  # changed in place, because it may be shared
        self._edits: Edits = () if before is None else before._edits
        self._reset()

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, poses: FramePoses) -> None:
        """Store one frame; replaces an earlier result for the same index."""
        self.add_all((poses,))

    def add_all(self, frames: Sequence[FramePoses]) -> None:
        """Store ``frames`` likewise, as one change."""
        with self._lock:
            for poses in frames:
                self._drop(poses.index)
                if len(self._frames) >= self._most:
                    self._drop(next(iter(self._frames)))
                self._step.count(self._spans, self._spans.add(poses.index, poses.time_s), 1)
                self._exchange(poses, apply_edits(poses, self._edits, self.skeleton) if self._edits else poses, ())
            self._update_gap()
            self.version += 1

    def get(self, index: int) -> FramePoses | None:
        """The people of frame ``index``; None if it was not analysed."""
        return self._frames.get(index)

    def index_at(self, time_s: float) -> int | None:
        """The index of the frame shown at ``time_s`` seconds; None unless it and the next frame were analysed."""
        with self._lock:
            indices, times_s = self._spans.indices, self._spans.times_s
            after = bisect_right(times_s, time_s + CLOSE_S)
            if not 0 < after < len(indices) or indices[after] != indices[after - 1] + 1:
                return None
            return indices[after - 1]

    def interpolate(self, index: int) -> FramePoses | None:
        """The people of a skipped frame, interpolated linearly between the nearest analysed frames on both sides.

        People who are in only one of the two are left out. Returns None if there is no such frame within
        ``SEARCH_FRAMES`` on either side, or if the two are more than ``GAP_S`` apart.
        """
        with self._lock:
            before = next(
                (self._frames[i] for i in range(index - 1, index - SEARCH_FRAMES, -1) if i in self._frames), None
            )
            after = next((self._frames[i] for i in range(index + 1, index + SEARCH_FRAMES) if i in self._frames), None)
        if before is None or after is None or after.time_s - before.time_s > GAP_S:
            return None
        fraction = (index - before.index) / (after.index - before.index)
        later = {person.id: person for person in after.people}
        people = [
            interpolate_person(person, later[person.id], fraction) for person in before.people if person.id in later
        ]
        return FramePoses(index, before.time_s + fraction * (after.time_s - before.time_s), tuple(people))

    def clear(self) -> None:
        """Remove all frames, people, names, chosen sides, hidden people and edits."""
        with self._lock:
            self._names.clear()
            self._facing.clear()
            self._hidden.clear()
            self._edits = ()
            self._order.clear()
            self._reset()
            self.version += 1

    def frames(self) -> list[FramePoses]:
        """All analysed frames in order of their index."""
        with self._lock:
            indices, frames = self._spans.indices.copy(), self._frames.copy()
        return [frames[index] for index in indices]

    def covers(self, indices: range) -> bool:
        """Whether all frames in ``indices`` (a range of step 1) were analysed."""
        with self._lock:
            known = self._spans.indices
            return bisect_left(known, indices.stop) - bisect_left(known, indices.start) == len(indices)

    # Edits.

    @property
    def edits(self) -> Edits:
        """The user's edits, in the order in which they were made."""
        return self._edits

    def set_edits(self, edits: Edits) -> None:
        """Apply these edits, and no others, to every frame, also to those added later.

        Only frames that an edit can change are computed again. Order, names, sides and hidden people of ids that
        vanish are kept until ``clear``, so that they return with the ids.
        """
        with self._lock:
            first, last = changed_frames(self._edits, edits)
            before, self._edits = self._edits, edits
            further = edits[len(before) :] if edits[: len(before)] == before else None
            if further is not None and places_deleted(before, further):
                further = None
            known = self._spans.indices
            for index in known[bisect_left(known, first) : bisect_right(known, last)]:
                present = self._frames[index]
                original = self._originals.get(index, present)
                poses = apply_edits(*((original, edits) if further is None else (present, further)), self.skeleton)
                if poses is not present:
                    self._exchange(original, poses, present.people)
            self._remove_unseen()
            self.version += 1

    def raw(self, index: int) -> FramePoses | None:
        """Frame ``index`` as it was added; None if it was not analysed."""
        with self._lock:
            return self._originals.get(index, self._frames.get(index))

    def free_id(self) -> int:
        """An id that no person has had."""
        with self._lock:
            return max((*self._order, *self._people), default=0) + 1

    # People.

    def hide(self, number: int, hidden: bool) -> None:
        """Leave id ``number`` out of what is drawn, plotted and written, or not any longer."""
        with self._lock:
            (self._hidden.add if hidden else self._hidden.discard)(number)
            self.version += 1

    def hidden(self) -> frozenset[int]:
        """The ids that the user has hidden."""
        with self._lock:
            return frozenset(self._hidden)

    def counted(self, poses: FramePoses) -> FramePoses:
        """``poses`` without hidden people; ``poses`` itself if it has none."""
        hidden = self._hidden
        if not hidden or not any(person.id in hidden for person in poses.people):
            return poses
        return poses.of(tuple(person for person in poses.people if person.id not in hidden))

    def counted_ids(self) -> list[int]:
        """The ids of all people who are not hidden, in the order of ``ids``."""
        hidden = self.hidden()
        return [number for number in self.ids() if number not in hidden]

    def ids(self) -> list[int]:
        """The ids of all people, in the user's order; without one, in the order of their first appearance."""
        with self._lock:
            return [number for number in self._order if number in self._people]

    def name(self, number: int) -> str:
        """The name given to id ``number``, else the number as text."""
        return self._names.get(number, str(number))

    def rename(self, number: int, name: str) -> None:
        """Set the name of id ``number``; an empty name removes it."""
        with self._lock:
            if name.strip():
                self._names[number] = name.strip()
            else:
                self._names.pop(number, None)
            self.version += 1

    def names(self) -> dict[int, str]:
        """The given names by id."""
        with self._lock:
            return dict(self._names)

    def choose_facing(self, number: int, facing: int | None) -> None:
        """Set the side that id ``number`` faces: -1 left, 1 right, 0 the camera, None as it is found."""
        with self._lock:
            if facing is None:
                self._facing.pop(number, None)
            else:
                self._facing[number] = facing
            self.version += 1

    def chosen_facing(self) -> dict[int, int]:
        """The sides chosen by the user, by id."""
        with self._lock:
            return dict(self._facing)

    def reorder(self, ids: list[int]) -> None:
        """Put these ids first, in this order; the others follow in their current order. Unknown ids are ignored."""
        with self._lock:
            known = [number for number in ids if number in self._people]
            self._order[:] = [*known, *(number for number in self._order if number not in known)]
            self.version += 1

    def track(self, number: int, last_s: float = inf) -> Track:
        """The track of id ``number``; T is 0 if there is no such person.

        ``last_s`` limits it to the frames of the last seconds before the most recently added frame.
        """
        with self._lock:
            person_frames = self._people.get(number)
            if person_frames is None:
                indices, times, people_by_index = [], [], {}
            else:
                first = 0
                if last_s < inf:
                    since_s = self._frames[next(reversed(self._frames))].time_s - last_s
                    first = bisect_left(person_frames.spans.times_s, since_s)
                indices, times = person_frames.spans.indices[first:], person_frames.spans.times_s[first:]
                people_by_index = person_frames.people.copy()
        people, count = [people_by_index[index] for index in indices], len(self.skeleton.names)
        return Track(
            number,
            np.array(indices, np.int64),
            np.array(times, np.float64),
            stack_values(people, lambda person: person.score, ()),
            stack_values(people, lambda person: person.box, (4,)),
            stack_values(people, lambda person: person.keypoints, (count, 3)),
            self._facing.get(number),
            filled=stack_filled(people, count),
            points_3d=stack_points(people, count),
        )

    def boxes(self, number: int, most: int) -> tuple[NDArray[np.int64], Floats]:
        """Up to ``most`` evenly spread frame indices (S,) of id ``number``, and its boxes (S, 4) there, in pixels."""
        with self._lock:
            person_frames = self._people.get(number)
            indices = person_frames.spans.indices if person_frames is not None else []
            places = np.linspace(0, len(indices) - 1, min(most, len(indices))).round().astype(int).tolist()
            chosen = [indices[place] for place in places]
            boxes = [person_frames.people[index].box for index in chosen] if person_frames is not None else []
        return np.array(chosen, np.int64), np.array(boxes, np.float32).reshape(-1, 4)

    def spans(self) -> dict[int, list[tuple[float, float]]]:
        """Visible spans (start, end) in seconds by id; short gaps are closed."""
        with self._lock:
            return {number: person_frames.spans.spans() for number, person_frames in self._people.items()}

    def seen_spans(self) -> list[tuple[float, float]]:
        """Analysed spans (start, end) in seconds; consecutive frames form one span."""
        with self._lock:
            return self._spans.spans()

    def totals(self) -> dict[int, Totals]:
        """Sums over the frames of each person, by id."""
        with self._lock:
            return {number: replace(person_frames.totals) for number, person_frames in self._people.items()}

    @property
    def has_points_3d(self) -> bool:
        """Whether anybody has points in three dimensions in any frame."""
        with self._lock:
            return any(person_frames.totals.in_space for person_frames in self._people.values())

    def _reset(self) -> None:
        self._frames: dict[int, FramePoses] = {}
        self._originals: dict[int, FramePoses] = {}  # of the frames that the edits have changed
        self._people: dict[int, PersonFrames] = {}
        self._spans = FrameSpans(most_frames=1)
        self._step = FrameStep()
        self._gap_s = GAP_S

    def _update_gap(self) -> None:
        """Recompute the spans if the estimated frame interval, and with it the allowed gap, has changed."""
        gap = self._step.gap_s
        if gap != self._gap_s:
            self._gap_s = gap
            for person_frames in self._people.values():
                person_frames.spans.close_gaps(gap)

    def _exchange(self, original: FramePoses, poses: FramePoses, before: tuple[Person, ...]) -> None:
        """Set a frame to ``poses``, in place of the people ``before``; ``original`` is what was added."""
        index, same = poses.index, set()
        if before:
            same = {id(person) for person in before} & {id(person) for person in poses.people}
        for person in before:
            if id(person) not in same:
                self._people[person.id].remove(index)
        self._frames[index] = poses
        if poses is original:
            self._originals.pop(index, None)
        else:
            self._originals[index] = original
        for person in poses.people:
            if id(person) in same:
                continue
            if person.id not in self._people:
                self._people[person.id] = PersonFrames(FrameSpans(self._gap_s))
                if person.id not in self._order:
                    self._order.append(person.id)
            self._people[person.id].add(poses, person)

    def _take_out(self, index: int) -> None:
        """Remove the people of frame ``index``; the frame keeps its place among all frames."""
        self._originals.pop(index, None)
        for person in self._frames[index].people:
            self._people[person.id].remove(index)

    def _remove_unseen(self) -> None:
        """Remove people without a frame; they keep their places in the order."""
        self._people = {number: frames for number, frames in self._people.items() if frames.people}

    def _drop(self, index: int) -> None:
        if index not in self._frames:
            return
        self._take_out(index)
        poses = self._frames.pop(index)
        self._step.count(self._spans, bisect_left(self._spans.indices, index), -1)
        self._spans.remove(index)
        for person in poses.people:
            if not self._people[person.id].people:
                del self._people[person.id]
                if not self._edits:
                    self._order.remove(person.id)


def gap_s(indices: NDArray[Any], times_s: NDArray[np.float64]) -> float:
    """Longest time in seconds between two frames of one person that is not a gap.

    It is ``GAP_S``, or ``GAP_FRAMES`` frame intervals if that is longer. The person was tracked in the frames
    ``indices`` (T,) at ``times_s`` (T,).
    """
    if len(indices) < 2:
        return GAP_S
    return max(GAP_S, GAP_FRAMES * float(np.median(np.diff(times_s) / np.diff(indices))))
