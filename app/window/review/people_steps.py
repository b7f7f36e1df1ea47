"""What the user can change in the people of an analysis; every change is a step that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.window.i18n.tr import tr

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.edits import Edit

Change = Callable[[], None]


class PeopleSteps(QObject):
    """Changes the people of ``analysis``; ``changed`` is emitted after every step, also when it is taken back.

    ``push`` runs a step by its text, what does it and what takes it back (see ``Undo.push``); by default steps cannot
    be taken back. ``has_ended`` says whether the whole clip was analysed.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.analysis: Analysis | None = None
        self.push: Callable[[str, Change, Change], None] = lambda text, do, undo: do()
        self.has_ended: Callable[[], bool] = lambda: True

    def name(self, number: int) -> str:
        """The name of a person, else the id."""
        return self.analysis.name(number) if self.analysis is not None else str(number)

    def rename(self, number: int, name: str) -> None:
        """Give a person another name; an empty one removes it."""
        if (analysis := self.analysis) is None:
            return
        before = analysis.names().get(number, "")
        text = tr("Rename {name}", name=self.name(number))
        self._step(text, partial(analysis.rename, number, name), partial(analysis.rename, number, before))

    def face(self, number: int, side: int | None) -> None:
        """Set which way a person faces: -1 left, 1 right, 0 the camera, None as it is found."""
        if (analysis := self.analysis) is None:
            return
        before = analysis.chosen_facing().get(number)
        text = tr("Set which way {name} faces", name=self.name(number))
        self._step(text, partial(analysis.choose_facing, number, side), partial(analysis.choose_facing, number, before))

    def order(self, ids: Sequence[int]) -> None:
        """Put people into another order."""
        if (analysis := self.analysis) is None:
            return
        before = analysis.ids()
        self._step(tr("Order people"), partial(analysis.reorder, list(ids)), partial(analysis.reorder, before))

    def hide(self, ids: Sequence[int], hidden: bool) -> None:
        """Leave people out of what is drawn, plotted and written, or not any longer."""
        if (analysis := self.analysis) is None:
            return
        names = ", ".join(map(self.name, ids))
        wanted = analysis.hidden() | set(ids) if hidden else analysis.hidden() - set(ids)
        self._set_hidden(tr("Hide {name}", name=names) if hidden else tr("Show {name}", name=names), wanted)

    def show_only(self, ids: Sequence[int]) -> None:
        """Hide everybody but these people."""
        if (analysis := self.analysis) is not None:
            text = tr("Show only {name}", name=", ".join(map(self.name, ids)))
            self._set_hidden(text, frozenset(analysis.ids()) - set(ids))

    def show_all(self) -> None:
        """Hide nobody any longer."""
        self._set_hidden(tr("Show all people"), frozenset())

    def delete(self, ids: Sequence[int]) -> None:
        """Remove people from all frames."""
        from app.analysis.edits import DeletePerson

        names = ", ".join(map(self.name, ids))
        self._edit(tr("Delete {name}", name=names), [DeletePerson(number) for number in ids])

    def merge(self, person: int, into: int) -> None:
        """Let the frames of ``person`` belong to ``into``, who takes over the name if there is no other."""
        from app.analysis.edits import MergePeople

        if (analysis := self.analysis) is None:
            return
        text = tr("Merge {one} and {other}", one=self.name(into), other=self.name(person))
        names = analysis.names()
        name = names.get(person, "") if into not in names else ""
        rename = partial(analysis.rename, into)
        also = (partial(rename, name), partial(rename, "")) if name else None
        self._edit(text, [MergePeople(person, into)], also)

    def split(self, person: int, index: int) -> None:
        """Let ``person`` be somebody else from frame ``index`` on, who faces the same side."""
        from app.analysis.carry_edits import later_id
        from app.analysis.edits import SplitPerson

        if (analysis := self.analysis) is None:
            return
        new = later_id(analysis, self.has_ended())
        side = analysis.chosen_facing().get(person)
        face = partial(analysis.choose_facing, new)
        also = (partial(face, side), partial(face, None)) if side is not None else None
        self._edit(tr("Split {name}", name=self.name(person)), [SplitPerson(person, index, new)], also)

    def swap(self, first: int, second: int, index: int) -> None:
        """Exchange two people from frame ``index`` on."""
        from app.analysis.edits import SwapPeople

        text = tr("Swap {one} and {other}", one=self.name(first), other=self.name(second))
        self._edit(text, [SwapPeople(first, second, index)])

    def revert(self) -> None:
        """Take back all edits, of people and keypoints, also those of earlier sessions."""
        if (analysis := self.analysis) is not None and analysis.edits:
            edits = partial(analysis.set_edits, analysis.edits)
            self._step(tr("Take back all edits of people"), partial(analysis.set_edits, ()), edits)

    def _set_hidden(self, text: str, wanted: frozenset[int]) -> None:
        if (analysis := self.analysis) is None:
            return

        def set_hidden(ids: frozenset[int]) -> None:
            for number in ids ^ analysis.hidden():
                analysis.hide(number, number in ids)

        self._step(text, partial(set_hidden, wanted), partial(set_hidden, analysis.hidden()))

    def _edit(self, text: str, new: Sequence[Edit], also: tuple[Change, Change] | None = None) -> None:
        """Add edits in one step; ``also`` is done with them, and taken back with them."""
        if (analysis := self.analysis) is None:
            return
        before = analysis.edits
        do: list[Change] = [partial(analysis.set_edits, (*before, *new))]
        undo: list[Change] = [partial(analysis.set_edits, before)]
        if also is not None:
            do.append(also[0])
            undo.append(also[1])
        self._step(text, partial(_all, do), partial(_all, undo))

    def _step(self, text: str, do: Change, undo: Change) -> None:
        self.push(text, partial(_all, [do, self.changed.emit]), partial(_all, [undo, self.changed.emit]))


def _all(changes: Sequence[Change]) -> None:
    for change in changes:
        change()
