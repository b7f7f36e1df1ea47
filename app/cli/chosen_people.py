"""Applies ``--only`` and ``--crop-to`` to a headless run."""

from __future__ import annotations

from collections.abc import Sequence

from app.analysis.only_people import OnlyIds, PeopleFilter, PlaceVotes, filter_of
from app.core.errors import StanceError
from app.core.message import Message
from app.core.only import Only
from app.core.people import Frame, FramePoses
from app.sources import Source


class ChosenPeople:
    """The people of a run on ``source`` who count; all of them without ``only``.

    In a video the person at a place is known at its end (``votes``): it is read a second time to write the files.
    ``first`` filters the people of the first pass, ``second`` those of the second one. ``must_exist``: before files are
    opened, ``check`` has to find that a person has one of the ids, and another the id ``crop_to``.
    """

    def __init__(self, only: Only | None, source: Source, crop_to: int | None = None) -> None:
        self.votes: PlaceVotes | None = None
        self.first: PeopleFilter | None = None
        self._crop_to = crop_to
        self._found: set[int] = set()
        is_video = not (source.live or source.still)
        if only is not None and not only.ids and is_video:
            self.votes = PlaceVotes(only.place)
        elif only is not None:
            self.first = filter_of(only, still=source.still)
        self.must_exist = is_video and (crop_to is not None or isinstance(self.first, OnlyIds))

    def count(self, frame: Frame, poses: FramePoses) -> None:
        """Count a frame of the first pass."""
        if self.votes is not None:
            self.votes.add(frame, poses)
        self._found.update(person.id for person in poses.people)

    def check(self, failures: Sequence[str] = ()) -> None:
        """Raise StanceError after the first pass, whose ``failures`` it repeats, if there are no such people."""
        if isinstance(self.first, OnlyIds) and not self.first.counted:
            raise _absent(self.first.missing, self.first.present, failures)
        if self._crop_to is not None and self._crop_to not in self._found:
            raise _absent([self._crop_to], self._found, failures)

    @property
    def second(self) -> PeopleFilter | None:
        """The filter of the second pass; call it after the first one."""
        if self.votes is None:
            return None
        winner = self.votes.winner
        return OnlyIds(() if winner is None else (winner,))

    @property
    def warning(self) -> str:
        """A sentence about ids that no person has had; empty if there are none."""
        if not isinstance(self.first, OnlyIds) or not self.first.missing:
            return ""
        missing, present = self.first.missing, sorted(self.first.present)
        some = f"people have the ids {_listed(missing)}" if len(missing) > 1 else f"person has the id {missing[0]}"
        found = f"the ids are {_listed(present)}" if present else "nobody was found"
        return f"--only: no {some}; {found}."


def _absent(ids: Sequence[int], present: set[int], failures: Sequence[str]) -> StanceError:
    """The StanceError for ``ids`` that no person in the clip has."""
    known = _listed(sorted(present)) or Message("none, as nobody was found")
    sentence = StanceError(
        "There is no person {ids} in the clip: wanted one of the ids {known}. No file was written.",
        ids=_listed(ids),
        known=known,
    )
    return (
        StanceError("{error} {outcome}", error=" ".join(failures), outcome=sentence.message) if failures else sentence
    )


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))
