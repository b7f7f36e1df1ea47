"""Applies ``--only`` to a headless run."""

from __future__ import annotations

from app.analysis.only_people import OnlyIds, PeopleFilter, PlaceVotes, filter_of
from app.core.only import Only
from app.core.people import Frame, FramePoses
from app.sources import Source


class ChosenPeople:
    """The people of a run on ``source`` who count; all of them without ``only``.

    In a video the person at a place is known at its end (``votes``): it is read a second time to write the files.
    ``first`` filters the people of the first pass, ``second`` those of the second one.
    """

    def __init__(self, only: Only | None, source: Source) -> None:
        self.votes: PlaceVotes | None = None
        self.first: PeopleFilter | None = None
        if only is not None and not only.ids and not (source.live or source.still):
            self.votes = PlaceVotes(only.place)
        elif only is not None:
            self.first = filter_of(only, still=source.still)

    def count(self, frame: Frame, poses: FramePoses) -> None:
        """Count a frame of the first pass."""
        if self.votes is not None:
            self.votes.add(frame, poses)

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


def _listed(ids: list[int]) -> str:
    return ", ".join(map(str, ids))
