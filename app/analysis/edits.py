"""The user's edits of the people of a clip: whose frames are whose, and where keypoints are.

An edit is a value. A frame is edited by applying all edits in the order in which the user made them, so that undoing
one means applying those before it. Ids in an edit are those that the edits before it have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeGuard

import msgspec
import numpy as np

from app.analysis.corrected_in_space import corrected_in_space, without_deleted
from app.core.edited import CARRIED, CORRECTED, SIDE_KNOWN
from app.core.errors import StanceError
from app.core.json_errors import JSON_ERRORS
from app.core.message import foreign
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton

FILLED = 3
"""Mark of a place that was put between measured ones; the others are ``CORRECTED`` and ``CARRIED``."""
LAST = 2**62
"""A frame index after that of every frame."""

Id = Annotated[int, msgspec.Meta(ge=0, le=LAST)]
Index = Annotated[int, msgspec.Meta(ge=0, le=LAST)]
Keypoint = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Mark = Annotated[int, msgspec.Meta(ge=CORRECTED, le=FILLED)]


class MergePeople(msgspec.Struct, frozen=True, tag="merge"):
    """The frames of id ``person`` belong to id ``into``; in a frame that has both, ``into`` stays as it is."""

    person: Id
    into: Id


class SplitPerson(msgspec.Struct, frozen=True, tag="split"):
    """From frame ``index`` on, id ``person`` has the id ``new``."""

    person: Id
    index: Index
    new: Id


class SwapPeople(msgspec.Struct, frozen=True, tag="swap-people"):
    """From frame ``index`` on, the ids ``first`` and ``second`` are exchanged."""

    first: Id
    second: Id
    index: Index


class DeletePerson(msgspec.Struct, frozen=True, tag="delete"):
    """Id ``person`` is in no frame."""

    person: Id


class SwapSides(msgspec.Struct, frozen=True, tag="swap-sides"):
    """The keypoints of each of the ``pairs`` of id ``person`` are exchanged in the frames ``first`` to ``last``."""

    person: Id
    pairs: tuple[tuple[Keypoint, Keypoint], ...]
    first: Index
    last: Index


class DropKeypoints(msgspec.Struct, frozen=True, tag="drop"):
    """The numbered ``keypoints`` of id ``person`` were not seen (score 0) in the frames ``first`` to ``last``."""

    person: Id
    keypoints: tuple[Keypoint, ...]
    first: Index
    last: Index


class PlaceKeypoint(msgspec.Struct, frozen=True, tag="place"):
    """Keypoint number ``keypoint`` of id ``person`` is at another place in some frames.

    ``places`` has, by frame index: x and y in pixels of the source, the score, and ``CORRECTED``, ``CARRIED`` or
    ``FILLED``.
    """

    person: Id
    keypoint: Keypoint
    places: dict[Index, tuple[float, float, float, Mark]]


Edit = MergePeople | SplitPerson | SwapPeople | DeletePerson | SwapSides | DropKeypoints | PlaceKeypoint
Edits = tuple[Edit, ...]


def apply_edits(poses: FramePoses, edits: Iterable[Edit], skeleton: Skeleton | None = None) -> FramePoses:
    """``poses`` with all ``edits`` applied in order; ``poses`` itself where none changes anything.

    With the ``skeleton`` the measured keypoints of a person with edited keypoints are put on the sides that are shown:
    it is these that the user has edited.
    """
    people, others = poses.people, poses.others
    for edit in edits:
        first, last = frames_of(edit)
        if people and first <= poses.index <= last:
            if isinstance(edit, DeletePerson):
                others += tuple(person for person in people if person.id == edit.person)
            if skeleton is not None and _edits_keypoints(edit, poses.index):
                people = _changed(people, edit.person, partial(_with_shown_sides, skeleton=skeleton))
            people = _APPLY[type(edit)](people, edit, poses.index)
    if people is not poses.people:
        people = tuple(_without_points_of_deleted(person) for person in people)
    return poses if people is poses.people else replace(poses, people=people, others=others)


def frames_of(edit: Edit) -> tuple[int, int]:
    """Indices of the first and the last frame that ``edit`` can change."""
    match edit:
        case SplitPerson(index=index) | SwapPeople(index=index):
            return index, LAST
        case SwapSides(first=first, last=last) | DropKeypoints(first=first, last=last):
            return first, last
        case PlaceKeypoint(places=places):
            return min(places, default=LAST), max(places, default=0)
        case _:
            return 0, LAST


def changed_frames(before: Edits, after: Edits) -> tuple[int, int]:
    """Indices of the first and the last frame that may differ between ``before`` and ``after``."""
    same = 0
    for one, other in zip(before, after, strict=False):
        if one is not other and one != other:
            break
        same += 1
    spans = [frames_of(edit) for edit in (*before[same:], *after[same:])]
    return min((first for first, _ in spans), default=LAST), max((last for _, last in spans), default=0)


def places_deleted(before: Edits, further: Edits) -> bool:
    """Whether ``further`` edits place a keypoint that one ``before`` has deleted, and whose point they then restore."""
    deleted = {keypoint for edit in before if isinstance(edit, DropKeypoints) for keypoint in edit.keypoints}
    return any(isinstance(edit, PlaceKeypoint) and edit.keypoint in deleted for edit in further)


def to_plain(edits: Edits) -> list[dict[str, Any]]:
    """``edits`` as objects of JSON."""
    plain: list[dict[str, Any]] = msgspec.to_builtins(edits, str_keys=True)
    return plain


def from_plain(data: object) -> Edits:
    """What ``to_plain`` returned. Raises StanceError if ``data`` is something else."""
    try:
        return msgspec.convert(data, Edits, strict=True, str_keys=True)
    except JSON_ERRORS as error:
        raise StanceError("The edits cannot be read: {reason}.", reason=foreign(str(error))) from None


UNSEEN = np.array([1, 1, 0], np.float32)
People = tuple[Person, ...]


def _merge(people: People, edit: MergePeople, _index: int) -> People:
    if any(person.id == edit.into for person in people):
        return _without(people, edit.person)
    return _renumbered(people, {edit.person: edit.into})


def _split(people: People, edit: SplitPerson, _index: int) -> People:
    return _renumbered(people, {edit.person: edit.new})


def _swap_people(people: People, edit: SwapPeople, _index: int) -> People:
    return _renumbered(people, {edit.first: edit.second, edit.second: edit.first})


def _delete(people: People, edit: DeletePerson, _index: int) -> People:
    return _without(people, edit.person)


def _swap_sides(people: People, edit: SwapSides, _index: int) -> People:
    return _changed(people, edit.person, partial(_exchanged, pairs=edit.pairs))


def _drop(people: People, edit: DropKeypoints, _index: int) -> People:
    def dropped(person: Person) -> Person:
        rows = [number for number in edit.keypoints if number < len(person.keypoints)]
        return _with_keypoints(person, rows, lambda keypoints: keypoints[rows] * UNSEEN, 0)

    return _changed(people, edit.person, dropped)


def _place(people: People, edit: PlaceKeypoint, index: int) -> People:
    if index not in edit.places:
        return people
    x, y, score, mark = edit.places[index]
    value = np.array([[x, y, score]], np.float32)

    def placed(person: Person) -> Person:
        known = edit.keypoint < len(person.keypoints)
        return _with_keypoints(person, [edit.keypoint], lambda _: value, mark) if known else person

    return _changed(people, edit.person, placed)


_APPLY: Mapping[type, Callable[[People, Any, int], People]] = {
    MergePeople: _merge,
    SplitPerson: _split,
    SwapPeople: _swap_people,
    DeletePerson: _delete,
    SwapSides: _swap_sides,
    DropKeypoints: _drop,
    PlaceKeypoint: _place,
}


def _edits_keypoints(edit: Edit, index: int) -> TypeGuard[SwapSides | DropKeypoints | PlaceKeypoint]:
    """Whether ``edit`` changes keypoints in frame ``index``, which is among its frames."""
    return isinstance(edit, SwapSides | DropKeypoints) or (isinstance(edit, PlaceKeypoint) and index in edit.places)


def _with_shown_sides(person: Person, skeleton: Skeleton) -> Person:
    """``person`` whose measured keypoints are exchanged with those of the other side where this is what is shown."""
    if person.measured is None or len(person.measured) != len(skeleton.names):
        return person
    shown, measured, other = person.keypoints[:, :2], person.measured[:, :2], np.array(skeleton.flip_order)
    near, far = (np.linalg.norm(shown - places, axis=1) for places in (measured, measured[other]))
    exchanged = near + near[other] > far + far[other]
    if not exchanged.any():
        return person
    return replace(person, measured=np.where(exchanged[:, None], person.measured[other], person.measured))


def _without_points_of_deleted(person: Person) -> Person:
    """``person`` whose deleted keypoints have no points in three dimensions."""
    if person.points_3d is None or person.edited is None:
        return person
    deleted = (person.edited > 0) & (person.keypoints[:, 2] <= 0)
    return replace(person, points_3d=without_deleted(person.points_3d, deleted)) if deleted.any() else person


def _renumbered(people: People, ids: Mapping[int, int]) -> People:
    """``people`` with other ids, ordered by id."""
    if not any(person.id in ids for person in people):
        return people
    return tuple(sorted((_numbered(person, ids) for person in people), key=lambda person: person.id))


def _numbered(person: Person, ids: Mapping[int, int]) -> Person:
    return replace(person, id=ids[person.id]) if person.id in ids else person


def _without(people: People, number: int) -> People:
    if not any(person.id == number for person in people):
        return people
    return tuple(person for person in people if person.id != number)


def _changed(people: People, number: int, change: Callable[[Person], Person]) -> People:
    """``people`` where the one with the id ``number`` is changed."""
    if not any(person.id == number for person in people):
        return people
    return tuple(change(person) if person.id == number else person for person in people)


def _exchanged(person: Person, pairs: Iterable[tuple[int, int]]) -> Person:
    """``person`` where the two keypoints of each pair have each other's values, and are marked so."""
    order = list(range(len(person.keypoints)))
    chosen = np.zeros(len(order), bool)
    for one, other in pairs:
        if max(one, other) < len(order):
            order[one], order[other] = order[other], order[one]
            chosen[[one, other]] = True
    arrays = {name: getattr(person, name) for name in ("keypoints", "points_3d", "measured", "filled")}
    edited = np.zeros(len(order), np.uint8) if person.edited is None else person.edited[order]
    edited[chosen & (edited == 0)] = SIDE_KNOWN
    exchanged: dict[str, Any] = {name: array[order] for name, array in arrays.items() if array is not None}
    return replace(person, **exchanged, edited=edited if edited.any() else None)


def _with_keypoints(person: Person, rows: list[int], value: Callable[[Any], Any], mark: int) -> Person:
    """``person`` with ``value(keypoints)`` (R, 3) for the keypoints ``rows``, marked by ``mark`` (0: as estimated).

    The keypoints before smoothing are changed too: what is smoothed again starts from them.
    """
    count = len(person.keypoints)
    edited = np.zeros(count, np.uint8) if person.edited is None else person.edited.copy()
    filled = np.zeros(count, np.bool_) if person.filled is None else person.filled.copy()
    edited[rows] = mark if mark in (CORRECTED, CARRIED) else SIDE_KNOWN
    filled[rows] = mark == FILLED
    values: dict[str, Any] = {}
    for name in ("keypoints", "measured"):
        array = getattr(person, name)
        if array is not None:
            values[name] = array.copy()
            values[name][rows] = value(array)
    if person.points_3d is not None:
        values["points_3d"] = corrected_in_space(person.points_3d, person.keypoints, values["keypoints"], rows)
    return replace(person, **values, edited=edited if edited.any() else None, filled=filled if filled.any() else None)
