"""Who was seen: one row a person, to be named, put in order and gone to."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.window.background import Background
from app.window.icons import icon
from app.window.own_keys import PRESS, OwnKeys
from app.window.people_tree import PeopleTree
from app.window.words import tr

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.presence import Presence

REST = 10.0
"""Looking over everybody anew has to wait so many times as long as it took the last time."""
REST_S = 0.5
"""And no less than this many seconds."""


class PeopleTable(QWidget):
    """Shows the people of an analysis; ``changed`` tells that a name or the order is another.

    ``chosen`` (an id) tells whose row is picked, ``sought`` (seconds) where to go. While ``ordering`` was last told to
    be true, the people who are clicked in the picture are to be handed to ``clicked``.
    """

    changed = pyqtSignal()
    chosen = pyqtSignal(int)
    sought = pyqtSignal(float)
    ordering = pyqtSignal(bool)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("People"))
        self._background = background
        self._analysis: Analysis | None = None
        self._shown: tuple[Analysis, int] | None = None
        self._working = False
        self._rested_s = 0.0
        self._clicked: list[int] = []
        self.tree = PeopleTree()
        self.tree.renamed.connect(self._rename)
        self.tree.moved.connect(self._order)
        self.tree.chosen.connect(self.chosen)
        self.tree.sought.connect(self.sought)
        self.tree.itemSelectionChanged.connect(self._allow)
        self.nobody = QLabel(tr("Whoever is found in the video appears here."))
        self.hint = QLabel()
        for label in (self.nobody, self.hint):
            label.setObjectName("faint")
            label.setWordWrap(True)
        self.nobody.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._make_bar())
        column.addWidget(self.hint)
        column.addWidget(self.tree, 1)
        column.addWidget(self.nobody, 1)
        self._dress()
        self._show([])

    @property
    def up_to_date(self) -> bool:
        """Whether the rows tell all that is known."""
        return self._analysis is None or self._shown == (self._analysis, self._analysis.version)

    def show_analysis(self, analysis: Analysis | None) -> None:
        """Show the people of another analysis, or nobody."""
        self._analysis = analysis
        self._shown = None
        self._rested_s = 0.0
        self.pick.setChecked(False)
        self._show([])
        self.refresh()

    def refresh(self) -> None:
        """Bring the rows up to date, where something is new and nobody is busy with them."""
        analysis = self._analysis
        if analysis is None or self._working or not self.isVisible() or self.tree.busy:
            return
        if self.up_to_date or time.monotonic() < self._rested_s:
            return
        self._working = True
        state, started_s = (analysis, analysis.version), time.monotonic()

        def work() -> list[Presence]:
            from app.analysis.presence import presences

            return presences(analysis)

        def done(people: list[Presence]) -> None:
            self._working = False
            took_s = time.monotonic() - started_s
            self._rested_s = time.monotonic() + max(REST * took_s, REST_S)
            if self._analysis is analysis and not self.tree.busy:
                self._shown = state
                self._show(people)

        self._background.run("people", work, done, self._give_up)

    def choose(self, number: int) -> None:
        """Pick somebody's row, telling nobody."""
        self.tree.choose(number)

    def clicked(self, number: int) -> None:
        """Somebody was clicked in the picture: the next in order, while ordering goes on."""
        analysis = self._analysis
        if analysis is None or not self.pick.isChecked() or number in self._clicked or number not in analysis.ids():
            return
        self._clicked.append(number)
        self._order(self._clicked)
        if len(self._clicked) == len(analysis.ids()):
            self.pick.setChecked(False)
        else:
            self._say_next()

    def changeEvent(self, event: QEvent | None) -> None:
        """Other colours."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._dress()

    # The bar above the rows.

    def _make_bar(self) -> QHBoxLayout:
        self.sort = self._button(tr("Sort"), tr("Put everybody in order"))
        self.sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.sort)
        orders: tuple[tuple[str, Callable[[Presence], float]], ...] = (
            (tr("By appearance"), lambda person: person.first_s),
            (tr("By time in the picture"), lambda person: -person.seconds),
            (tr("By size"), lambda person: -person.height),
            (tr("From left to right"), lambda person: person.x),
        )
        for text, key in orders:
            action = QAction(text, menu)
            action.triggered.connect(lambda _, key=key: self._sort(key))
            menu.addAction(action)
        self.sort.setMenu(menu)
        self.up = self._button("", tr("Move up"))
        self.up.clicked.connect(partial(self._move, -1))
        self.down = self._button("", tr("Move down"))
        self.down.clicked.connect(partial(self._move, 1))
        self.rename = self._button(tr("Rename"), tr("Give the chosen person a name"))
        self.rename.clicked.connect(self.tree.edit_chosen)
        self.pick = self._button(tr("Order by clicking"), tr("Click the people in the picture, one after the other"))
        self.pick.setCheckable(True)
        self.pick.toggled.connect(self._order_by_clicking)
        bar = QHBoxLayout()
        bar.setSpacing(2)
        for button in (self.sort, self.up, self.down, self.rename):
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self.pick)
        return bar

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text or tip)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.installEventFilter(OwnKeys(PRESS, button))
        return button

    def _allow(self) -> None:
        """What can be done with the rows that there are."""
        row, count = self.tree.chosen_row(), self.tree.topLevelItemCount()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.rename.setEnabled(row >= 0)
        self.sort.setEnabled(count > 1)
        self.pick.setEnabled(count > 1)

    def _dress(self) -> None:
        """Icons in the colours of the hour."""
        self.up.setIcon(icon("move-up"))
        self.down.setIcon(icon("move-down"))

    # What a person does.

    def _rename(self, number: int, name: str) -> None:
        if self._analysis is not None:
            self._analysis.rename(number, name)
            self._tell()

    def _move(self, by: int) -> None:
        ids, row = self.tree.ids(), self.tree.chosen_row()
        ids.insert(row + by, ids.pop(row))
        self._order(ids)

    def _sort(self, key: Callable[[Presence], float]) -> None:
        self._order([person.id for person in sorted(self.tree.people(), key=key)])

    def _order(self, ids: list[int]) -> None:
        if self._analysis is not None:
            self._analysis.put_first(ids)
            self._tell()

    def _tell(self) -> None:
        """Show at once what a person changed, and tell the others."""
        analysis = self._analysis
        if analysis is not None:
            known = {person.id: person for person in self.tree.people()}
            self._show([known[number] for number in analysis.ids() if number in known])
        self.changed.emit()

    def _order_by_clicking(self, on: bool) -> None:
        self._clicked = []
        self.hint.setVisible(on)
        self._say_next()
        self.ordering.emit(on)

    def _say_next(self) -> None:
        self.hint.setText(tr("Click the person who is to be number {number}.", number=len(self._clicked) + 1))

    def _show(self, people: list[Presence]) -> None:
        analysis = self._analysis
        self.tree.show_people(people, analysis.name if analysis else str)
        self.tree.setVisible(bool(people))
        self.nobody.setVisible(not people)
        self._allow()

    def _give_up(self, _: Exception) -> None:
        self._working = False
