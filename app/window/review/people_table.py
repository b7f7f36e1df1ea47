"""The people of an analysis: one row per person, to rename, reorder, hide, merge, split, swap, delete and seek to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.window.core.paced_work import PacedWork
from app.window.core.shortcut_filter import PRESS, ShortcutFilter
from app.window.core.tasks import TaskRunner, nothing
from app.window.i18n.tr import tr
from app.window.review.facing_menu import FacingMenu
from app.window.review.people_steps import PeopleSteps
from app.window.review.people_tree import PeopleTree
from app.window.style.icons import icon

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.person_summary import PersonSummary

PAUSE_FACTOR = 10.0
"""Minimum pause between two computations of the rows, as a multiple of the last one's duration."""
MIN_PAUSE_S = 0.5
"""Minimum pause between two computations of the rows, in seconds."""


class PeopleTable(QWidget):
    """Table of the people of an analysis. ``changed`` is emitted when the user has changed something by ``steps``.

    ``chosen`` emits the id of the selected row or of the person clicked in the picture, ``seek_requested`` a time in
    seconds, ``menu_requested`` the ids of the selected rows and where a menu for them is to be opened. People clicked
    in the video must be passed to ``clicked``.
    """

    changed = pyqtSignal()
    marked = pyqtSignal(object)  # the id of the selected row, None without a selection
    chosen = pyqtSignal(int)
    seek_requested = pyqtSignal(float)
    menu_requested = pyqtSignal(object, QPoint)

    def __init__(self, background: TaskRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("People"))
        self._work = PacedWork(background, "people", self, pause_factor=PAUSE_FACTOR, min_pause_s=MIN_PAUSE_S)
        self.steps = PeopleSteps(self)
        self._shown: tuple[Analysis, int] | None = None
        self._clicked: list[int] = []
        self._people_in_picture = False
        self.tree = PeopleTree()
        self.tree.renamed.connect(self.steps.rename)
        self.tree.moved.connect(self.steps.order)
        self.tree.eye_clicked.connect(self._toggle)
        self.tree.delete_requested.connect(self.steps.delete)
        self.tree.menu_requested.connect(self.menu_requested)
        self.steps.changed.connect(self._show_change)
        self.tree.chosen.connect(self.chosen)
        self.tree.seek_requested.connect(self.seek_requested)
        self.tree.itemSelectionChanged.connect(self.update_enabled)
        self.empty_hint = QLabel(tr("People found in the video are listed here."))
        self.hint = QLabel()
        for label in (self.empty_hint, self.hint):
            label.setObjectName("faint")
            label.setWordWrap(True)
        self.empty_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._make_bar())
        column.addWidget(self.hint)
        column.addWidget(self.tree, 1)
        column.addWidget(self.empty_hint, 1)
        self._apply_theme()
        self._show([])

    @property
    def up_to_date(self) -> bool:
        """Whether the rows show the current version of the analysis."""
        return self.steps.analysis is None or self._shown == (self.steps.analysis, self.steps.analysis.version)

    def show_analysis(self, analysis: Analysis | None) -> None:
        """Show the people of another analysis; None empties the table."""
        self.steps.analysis = analysis
        self._shown = None
        self._work.skip_pause()
        self.pick.setChecked(False)
        self._show([])
        self.refresh()

    def skip_pause(self) -> None:
        """Let the next ``refresh`` compute at once."""
        self._work.skip_pause()

    def refresh(self) -> None:
        """Recompute the rows in the background if the analysis has changed and no row is being edited or dragged."""
        analysis = self.steps.analysis
        if analysis is None or not self.isVisible() or self.tree.busy:
            return
        if self.up_to_date or not self._work.ready:
            return
        state = (analysis, analysis.version)

        def work() -> list[PersonSummary]:
            from app.analysis.person_summary import summarize_people

            return summarize_people(analysis)

        def done(people: list[PersonSummary]) -> None:
            if self.steps.analysis is analysis and not self.tree.busy:
                self._shown = state
                self._show(people)

        self._work.run(work, done, nothing)

    def choose(self, number: int) -> None:
        """Select the row of the person with this id, without emitting ``chosen``."""
        self.tree.choose(number)

    def clear_choice(self) -> None:
        """Clear the selection."""
        self.tree.clearSelection()

    def show_in_picture(self, people: bool) -> None:
        """Set whether the shown frame has people in it; the "no people" text is hidden if it has."""
        if people != self._people_in_picture:
            self._people_in_picture = people
            self._update_empty_hint()

    def clicked(self, number: int) -> None:
        """Choose the person clicked in the picture, also while the table is hidden.

        While ordering by clicking is on, take them as the next in order.
        """
        analysis = self.steps.analysis
        if not self.pick.isChecked():
            self.choose(number)
            if analysis is not None and number in analysis.ids():
                self.chosen.emit(number)
            return
        if analysis is None or number in self._clicked or number not in analysis.ids():
            return
        self._clicked.append(number)
        self.steps.order(self._clicked)
        if set(self._clicked) >= set(analysis.counted_ids()):  # hidden people cannot be clicked
            self.pick.setChecked(False)
        else:
            self._prompt_next()

    def sizeHint(self) -> QSize:
        """The size with rows, also while there are none."""
        sides = self.contentsMargins() if (column := self.layout()) is None else column.contentsMargins()
        wide = self.tree.sizeHint().width() + sides.left() + sides.right()
        return super().sizeHint().expandedTo(QSize(wide, 0))

    def changeEvent(self, event: QEvent | None) -> None:
        """Repaint the icons when the theme changes."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._apply_theme()

    @property
    def facing_menu(self) -> FacingMenu:
        """The menu in which the side of the selected person is set."""
        menu = self.facing.menu()
        assert isinstance(menu, FacingMenu)
        return menu

    # The bar above the rows.

    def _make_bar(self) -> QHBoxLayout:
        self.sort = self._button(tr("Sort"), tr("Sort the people"))
        self.sort.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.sort)
        orders: tuple[tuple[str, Callable[[PersonSummary], float]], ...] = (
            (tr("By first appearance"), lambda person: person.first_s),
            (tr("By time on screen"), lambda person: -person.seconds),
            (tr("By size"), lambda person: -person.height),
            (tr("Left to right"), lambda person: person.x),
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
        self.rename = self._button(tr("Rename"), tr("Rename the selected person"))
        self.rename.clicked.connect(self.tree.edit_chosen)
        self.facing = self._button(tr("Faces"), tr("Set which way the selected person faces"))
        self.facing.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu_of_sides = FacingMenu(self.facing)
        menu_of_sides.chosen.connect(self._face)
        self.facing.setMenu(menu_of_sides)
        self.pick = self._button(tr("Click order"), tr("Click the people in the video, one after another"))
        self.pick.setCheckable(True)
        self.pick.toggled.connect(self._order_by_clicking)
        bar = QHBoxLayout()
        bar.setSpacing(2)
        for button in (self.sort, self.up, self.down, self.rename, self.facing):
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
        button.installEventFilter(ShortcutFilter(PRESS, button))
        return button

    def update_enabled(self) -> None:
        """Enable the buttons that apply to the current rows, and emit ``marked``."""
        row, count = self.tree.chosen_row(), self.tree.topLevelItemCount()
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < count - 1)
        self.rename.setEnabled(row >= 0)
        self.facing.setEnabled(row >= 0)
        if row >= 0 and self.steps.analysis is not None:
            self.facing_menu.mark(self.steps.analysis.chosen_facing().get(self.tree.ids()[row]))
        self.sort.setEnabled(count > 1)
        self.pick.setEnabled(count > 1)
        self.marked.emit(self.tree.ids()[row] if row >= 0 else None)

    def _apply_theme(self) -> None:
        """Draw the icons for the current theme."""
        self.up.setIcon(icon("move-up"))
        self.down.setIcon(icon("move-down"))

    # Changes by the user.

    def _face(self, side: int | None) -> None:
        row = self.tree.chosen_row()
        if row >= 0:
            self.steps.face(self.tree.ids()[row], side)

    def _toggle(self, number: int) -> None:
        """Hide a person, or show one who is hidden."""
        if self.steps.analysis is not None:
            self.steps.hide([number], number not in self.steps.analysis.hidden())

    def _move(self, by: int) -> None:
        ids, row = self.tree.ids(), self.tree.chosen_row()
        ids.insert(row + by, ids.pop(row))
        self.steps.order(ids)

    def _sort(self, key: Callable[[PersonSummary], float]) -> None:
        self.steps.order([person.id for person in sorted(self.tree.people(), key=key)])

    def _show_change(self) -> None:
        """Show a change by the user at once, and emit ``changed``."""
        analysis = self.steps.analysis
        if analysis is not None:
            known = {person.id: person for person in self.tree.people()}
            self._show([known[number] for number in analysis.ids() if number in known])
        self._work.skip_pause()
        self.refresh()
        self.changed.emit()

    def _order_by_clicking(self, on: bool) -> None:
        self._clicked = []
        self.hint.setVisible(on)
        self._prompt_next()

    def _prompt_next(self) -> None:
        self.hint.setText(tr("Click person number {number}.", number=len(self._clicked) + 1))

    def _show(self, people: list[PersonSummary]) -> None:
        analysis = self.steps.analysis
        if analysis is None:
            self.tree.show_people(people, str)
        else:
            self.tree.show_people(people, analysis.name, analysis.chosen_facing(), analysis.hidden())
        self._update_empty_hint()
        self.update_enabled()

    def _update_empty_hint(self) -> None:
        """Show the "no people" text if there are no people."""
        found = self.steps.analysis is not None and bool(self.steps.analysis.ids())
        some = self._people_in_picture or found or self.tree.topLevelItemCount() > 0
        self.tree.setVisible(some)
        self.empty_hint.setVisible(not some)
