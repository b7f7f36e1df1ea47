"""Carries the user's edits of a clip to another analysis of it, where ids may differ and tracks be broken elsewhere.

Each edit is noted with boxes of the people whom it names, as they were just before it. In the other analysis these
people are found by where their boxes are, in frames to which the edits before have been applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.analysis.analysis import Analysis
from app.analysis.edits import (
    DeletePerson,
    DropKeypoints,
    Edit,
    Edits,
    MergePeople,
    PlaceKeypoint,
    SplitPerson,
    SwapPeople,
    SwapSides,
)
from app.core.people import Floats
from app.tracking.tracker import iou

SAMPLES = 60
"""Maximum number of boxes of a person in a note, evenly spread over the frames."""
NEAR = 20
"""Number of frames before and after the frame of an edit in which the people are looked for."""
MIN_OVERLAP = 0.4
"""Minimum IoU of two boxes of the same person in one frame."""
MIN_SHARE = 0.2
"""Smallest part of the frames of a person in which another track has to be there to be one of this person's."""
LATER_IDS = 1000
"""People who are split off while a clip is being analysed get ids above this, which its tracker does not reach."""

Tracks = dict[int, dict[int, Floats]]
"""Boxes (4,) by frame index, by id."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Boxes (4,) of one person, by frame index; ``before`` and from an edit's frame on (``after``)."""

    before: Mapping[int, Floats]
    after: Mapping[int, Floats]

    @property
    def last(self) -> int:
        """The last of the frames; -1 if there are none."""
        return max((*self.before, *self.after), default=-1)


@dataclass(frozen=True, slots=True, eq=False)
class EditNote:
    """An edit of people whose keypoints have the names ``keypoints``, and how each whom it names was ``seen``."""

    edit: Edit
    seen: tuple[Seen, ...]
    keypoints: tuple[str, ...]


def edit_notes(analysis: Analysis) -> tuple[EditNote, ...]:
    """The edits of ``analysis`` in order, with the boxes of the people whom they name."""
    edits, notes, names = analysis.edits, [], tuple(analysis.skeleton.names)
    tracks = _raw_tracks(analysis) if edits else {}
    for edit in edits:
        seen = tuple(_seen(tracks.get(number, {}), edit) for number in _people_of(edit))
        notes.append(EditNote(edit, seen, names))
        _apply(tracks, edit)
    return tuple(notes)


class EditCarrier:
    """Carries ``notes`` to a growing analysis. ``dropped`` are those whose people were not found again.

    An edit whose effect the other analysis has by itself, such as merging two tracks that are one there, is left out
    and is not among the dropped ones. Edits are carried in order, each as soon as the frames in which its people were
    seen have been analysed. Those that the other analysis has already, from an earlier session, are not repeated.
    """

    def __init__(self, notes: Sequence[EditNote]) -> None:
        self.dropped: tuple[EditNote, ...] = ()
        self._notes = tuple(notes)
        self._next = 0
        self._before: Edits | None = None  # what the analysis had at the first call
        self._found: Edits = ()
        self._added: Edits = ()

    @property
    def done(self) -> bool:
        """Whether every edit was carried or dropped."""
        return self._next == len(self._notes)

    def apply(self, analysis: Analysis, ended: bool = False) -> bool:
        """Edit ``analysis`` as far as possible; returns whether its edits have changed.

        Once it has ``ended``, no frame is waited for. Edits that the user has made in it meanwhile stay behind those
        that are carried; after one of the carried ones was taken back no further one is carried.
        """
        if self.done or not self._ready(analysis, ended):
            return False
        present = analysis.edits
        if self._before is None:
            self._before = present
        own = present[len(self._before) + len(self._added) :]
        if present != (*self._before, *self._added, *own):
            self._next = len(self._notes)
            return False
        tracks, frames = _raw_tracks(analysis), analysis.frames()
        known = range(frames[0].index, frames[-1].index + 1) if frames else range(0)
        for edit in self._found:
            _apply(tracks, edit)
        new: list[Edit] = []
        while not self.done and self._ready(analysis, ended):
            note = self._notes[self._next]
            self._next += 1
            for edit in self._translated(note, tracks, known, analysis):
                same = next((other for other in self._before if _is_same(edit, other)), None)
                if same is None:
                    new.append(edit)
                self._found += (same or edit,)
                _apply(tracks, same or edit)
        self._added += tuple(new)
        if new:
            analysis.set_edits((*self._before, *self._added, *own))
        return bool(new)

    def rest(self) -> tuple[EditNote, ...]:
        """The notes of the edits that have not been carried yet."""
        return self._notes[self._next :]

    def _ready(self, analysis: Analysis, ended: bool) -> bool:
        note = self._notes[self._next]
        last = max((seen.last for seen in note.seen), default=-1)
        return ended or last < 0 or analysis.raw(last) is not None

    def _translated(self, note: EditNote, tracks: Tracks, known: range, analysis: Analysis) -> list[Edit]:
        """The edits of ``analysis``, whose people are in ``tracks``, that do what ``note.edit`` did."""
        edit = _with_keypoints_of(note.edit, note.keypoints, analysis.skeleton.names)
        free = max(later_id(analysis, ended=False), max(tracks, default=0) + 1)
        found = None if edit is None else _translate(edit, note.seen, tracks, known, free)
        if found is None:
            self.dropped += (note,)
        return found or []


def _is_same(edit: Edit, other: Edit) -> bool:
    """Whether two edits do the same; who is split off may have another id."""
    if isinstance(edit, SplitPerson) and isinstance(other, SplitPerson):
        return (edit.person, edit.index) == (other.person, other.index)
    return edit == other


def later_id(analysis: Analysis, ended: bool) -> int:
    """An id for a person who is split off: the next one, once the analysis has ``ended``; else one far above."""
    free = analysis.free_id()
    return free if ended else max(free, LATER_IDS + 1)


def _translate(edit: Edit, seen: Sequence[Seen], tracks: Tracks, known: range, free: int) -> list[Edit] | None:
    """``edit`` for the people in ``tracks`` who were ``seen``; None if they are not found, empty if it is not needed.

    The frames ``known`` were analysed. Who is split off gets the id ``free``.
    """
    if isinstance(edit, DeletePerson):
        people = _all_like(seen[0], tracks, known)
        return [DeletePerson(number) for number in people] or None
    if isinstance(edit, MergePeople):
        people, into = _all_like(seen[0], tracks, known), _like(seen[1], tracks, known)
        if not people or into is None:
            return None
        return [MergePeople(number, into) for number in people if number != into]
    if isinstance(edit, SplitPerson):
        before, after = (_vote(boxes, tracks, known) for boxes in (seen[0].before, seen[0].after))
        if after is None:
            return None
        return [SplitPerson(after, edit.index, free)] if before in (None, after) else []
    if isinstance(edit, SwapPeople):
        return _translated_swap(edit, seen, tracks, known)
    person = _like(seen[0], tracks, known)
    return None if person is None else [_for_person(edit, person)]


def _translated_swap(edit: SwapPeople, seen: Sequence[Seen], tracks: Tracks, known: range) -> list[Edit] | None:
    """A swap is needed where each track goes on with the same person as in the analysis in which it was made."""
    before = [_vote(one.before, tracks, known) for one in seen]
    after = [_vote(one.after, tracks, known) for one in seen]
    first, second = (late if early is None else early for early, late in zip(before, after, strict=True))
    if first is None or second is None:
        return None
    same = all(early is None or late is None or early == late for early, late in zip(before, after, strict=True))
    return [SwapPeople(first, second, edit.index)] if same and first != second else []


def _for_person(edit: Edit, person: int) -> Edit:
    match edit:
        case SwapSides(pairs=pairs, first=first, last=last):
            return SwapSides(person, pairs, first, last)
        case DropKeypoints(keypoints=keypoints, first=first, last=last):
            return DropKeypoints(person, keypoints, first, last)
        case PlaceKeypoint(keypoint=keypoint, places=places):
            return PlaceKeypoint(person, keypoint, places)
        case _:
            return edit


def _with_keypoints_of(edit: Edit, names: Sequence[str], wanted: Sequence[str]) -> Edit | None:
    """``edit`` with the numbers that its keypoints have among the names ``wanted``; None if they are not there."""
    if tuple(names) == tuple(wanted):
        return edit
    numbers = {row: list(wanted).index(name) for row, name in enumerate(names) if name in wanted}
    match edit:
        case SwapSides(person=person, pairs=pairs, first=first, last=last):
            kept = tuple((numbers[a], numbers[b]) for a, b in pairs if a in numbers and b in numbers)
            return SwapSides(person, kept, first, last) if kept else None
        case DropKeypoints(person=person, keypoints=keypoints, first=first, last=last):
            dropped = tuple(numbers[row] for row in keypoints if row in numbers)
            return DropKeypoints(person, dropped, first, last) if dropped else None
        case PlaceKeypoint(person=person, keypoint=keypoint, places=places):
            return PlaceKeypoint(person, numbers[keypoint], places) if keypoint in numbers else None
        case _:
            return edit


def _people_of(edit: Edit) -> tuple[int, ...]:
    """The ids of existing people that ``edit`` names."""
    match edit:
        case MergePeople(person=person, into=into):
            return person, into
        case SwapPeople(first=first, second=second):
            return first, second
        case _:
            return (edit.person,)


def _seen(track: Mapping[int, Floats], edit: Edit) -> Seen:
    """Where the person of ``track`` was seen: near the frame of ``edit`` if it has one, else in all its frames."""
    indices = sorted(track)
    match edit:
        case SplitPerson(index=index) | SwapPeople(index=index):
            before = [frame for frame in indices if frame < index][-NEAR:]
            after = [frame for frame in indices if frame >= index][:NEAR]
            return Seen({frame: track[frame] for frame in before}, {frame: track[frame] for frame in after})
        case SwapSides(first=first, last=last) | DropKeypoints(first=first, last=last):
            indices = [frame for frame in indices if first <= frame <= last]
        case PlaceKeypoint(places=places):
            indices = [frame for frame in indices if frame in places]
        case _:
            pass
    return Seen({}, {frame: track[frame] for frame in _spread(indices)})


def _spread(indices: Sequence[int]) -> list[int]:
    places = np.linspace(0, len(indices) - 1, min(SAMPLES, len(indices))).round().astype(int).tolist()
    return [indices[place] for place in places]


def _raw_tracks(analysis: Analysis) -> Tracks:
    """The boxes of everybody as they were added."""
    tracks: Tracks = {}
    for index in (poses.index for poses in analysis.frames()):
        poses = analysis.raw(index)
        for person in poses.people if poses is not None else ():
            tracks.setdefault(person.id, {})[index] = person.box
    return tracks


def _apply(tracks: Tracks, edit: Edit) -> None:
    """Change ``tracks`` as ``apply_edits`` changes frames."""
    match edit:
        case MergePeople(person=person, into=into):
            tracks[into] = tracks.pop(person, {}) | tracks.get(into, {})
        case SplitPerson(person=person, index=index, new=new):
            tracks[person], later = _cut(tracks.get(person, {}), index)
            tracks[new] = tracks.get(new, {}) | later
        case SwapPeople(first=first, second=second, index=index):
            (early, late), (other_early, other_late) = (_cut(tracks.get(one, {}), index) for one in (first, second))
            tracks[first], tracks[second] = early | other_late, other_early | late
        case DeletePerson(person=person):
            tracks.pop(person, None)
        case _:
            pass


def _cut(track: Mapping[int, Floats], index: int) -> tuple[dict[int, Floats], dict[int, Floats]]:
    """``track`` before frame ``index``, and from it on."""
    before = {frame: box for frame, box in track.items() if frame < index}
    return before, {frame: box for frame, box in track.items() if frame >= index}


def _votes(boxes: Mapping[int, Floats], tracks: Tracks, known: range) -> Counter[int]:
    """In how many of the frames of ``boxes`` people of ``tracks`` are where the box is.

    Those for whom that is too few of the frames that are ``known`` are left out: they were only passing.
    """
    votes: Counter[int] = Counter()
    for index, box in boxes.items():
        present = [(number, track[index]) for number, track in tracks.items() if index in track]
        if present:
            overlaps = iou(box, np.array([other for _, other in present], np.float32))
            best = int(overlaps.argmax())
            if overlaps[best] >= MIN_OVERLAP:
                votes[present[best][0]] += 1
    least = MIN_SHARE * sum(index in known for index in boxes)
    return Counter({number: count for number, count in votes.items() if count >= least})


def _vote(boxes: Mapping[int, Floats], tracks: Tracks, known: range) -> int | None:
    """The person of ``tracks`` who is where ``boxes`` are in most frames."""
    votes = _votes(boxes, tracks, known)
    return min(votes, key=lambda number: (-votes[number], number), default=None)


def _like(seen: Seen, tracks: Tracks, known: range) -> int | None:
    """The person of ``tracks`` who was ``seen``, in most of the frames."""
    return _vote({**seen.before, **seen.after}, tracks, known)


def _all_like(seen: Seen, tracks: Tracks, known: range) -> list[int]:
    """The people of ``tracks`` who were ``seen``, where one track is several there."""
    return sorted(_votes({**seen.before, **seen.after}, tracks, known))
