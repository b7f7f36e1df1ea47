"""The menu of what can be done with one or several people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtGui import QAction, QColor
from PyQt6.QtWidgets import QMenu, QWidget

from app.window.core.times import precise_clock
from app.window.i18n.tr import tr
from app.window.review.people_steps import PeopleSteps
from app.window.review.people_tree import chip

if TYPE_CHECKING:
    from app.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame: its ``index``, and its time in seconds."""

    index: int
    time_s: float


def people_menu(steps: PeopleSteps, people: list[int], moment: Moment | None, parent: QWidget) -> QMenu:
    """What can be done with ``people`` (ids, at least one), at ``moment`` where that counts (None: it is unknown)."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    analysis = steps.analysis
    if analysis is None:
        return menu
    hidden = analysis.hidden()
    several = len(people) > 1
    _add(menu, tr("Show only these people") if several else tr("Show only this person"), steps.show_only, people)
    if set(people) <= hidden:
        _add(menu, tr("Show"), steps.hide, people, False)
    else:
        _add(menu, tr("Hide"), steps.hide, people, True)
    if hidden:
        _add(menu, tr("Show all people"), steps.show_all)
    menu.addSeparator()
    if several:
        _add_for_two(menu, steps, analysis, people, moment)
    else:
        _add_for_one(menu, steps, analysis, people[0], moment)
    menu.addSeparator()
    _add(menu, tr("Delete"), steps.delete, people)
    return menu


def _add_for_one(menu: QMenu, steps: PeopleSteps, analysis: Analysis, person: int, moment: Moment | None) -> None:
    others = [number for number in analysis.ids() if number != person]
    merge = _submenu(menu, tr("Merge with"), bool(others))
    for other in others:
        _add_person(merge, steps, other, steps.merge, *_merged(analysis, person, other))
    if moment is None:
        return
    time = precise_clock(moment.time_s)
    first, last = _frames(analysis, person)
    split = _add(menu, tr("Split at {time}", time=time), steps.split, person, moment.index)
    split.setEnabled(first < moment.index <= last)
    swap = _submenu(menu, tr("Swap from {time} on with", time=time), bool(others))
    for other in others:
        if moment.index <= max(last, _frames(analysis, other)[1]):
            _add_person(swap, steps, other, steps.swap, person, other, moment.index)
    swap.setEnabled(not swap.isEmpty())


def _add_for_two(menu: QMenu, steps: PeopleSteps, analysis: Analysis, people: list[int], moment: Moment | None) -> None:
    if len(people) != 2:
        return
    first, second = people
    names = {"one": steps.name(first), "other": steps.name(second)}
    _add(menu, tr("Merge {one} and {other}", **names), steps.merge, *_merged(analysis, second, first))
    if moment is not None:
        time = precise_clock(moment.time_s)
        text = tr("Swap {one} and {other} from {time} on", time=time, **names)
        _add(menu, text, steps.swap, first, second, moment.index)


def _merged(analysis: Analysis, person: int, other: int) -> tuple[int, int]:
    """Whose frames go, and who gets them: who has a name stays, else who was seen first."""
    names = analysis.names()
    if (person in names) != (other in names):
        return (other, person) if person in names else (person, other)
    earlier = _frames(analysis, person) < _frames(analysis, other)
    return (other, person) if earlier else (person, other)


def _frames(analysis: Analysis, number: int) -> tuple[int, int]:
    """Indices of the first and the last frame of a person; (0, -1) if there is none."""
    indices = analysis.boxes(number, 2)[0].tolist()
    return (indices[0], indices[-1]) if indices else (0, -1)


def _submenu(menu: QMenu, title: str, enabled: bool) -> QMenu:
    made = QMenu(title, menu)
    made.setEnabled(enabled)
    menu.addMenu(made)
    return made


def _add_person(menu: QMenu, steps: PeopleSteps, number: int, run: Callable[..., None], *arguments: object) -> None:
    """Add an entry for the person ``number``, with the color of this person."""
    from app.overlay.colors import person_color

    _add(menu, steps.name(number), run, *arguments).setIcon(chip(QColor(*person_color(number)[:3])))


def _add(menu: QMenu, text: str, run: Callable[..., None], *arguments: object) -> QAction:
    action = QAction(text.replace("&", "&&"), menu)
    action.triggered.connect(partial(_run, run, arguments))
    menu.addAction(action)
    return action


def _run(run: Callable[..., None], arguments: tuple[object, ...], _checked: bool = False) -> None:
    run(*arguments)
