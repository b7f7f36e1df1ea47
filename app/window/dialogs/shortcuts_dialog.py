"""The keys of everything that can be done, to be looked up and changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.window.actions import name_action
from app.window.foot import Foot
from app.window.preferences import Preferences
from app.window.words import tr

SIZE = (480, 600)
PORTABLE = QKeySequence.SequenceFormat.PortableText
NATIVE = QKeySequence.SequenceFormat.NativeText


def apply_shortcuts(actions: Mapping[str, QAction], usual: Mapping[str, str], kept: Mapping[str, str]) -> None:
    """Give the ``actions`` the keys that were ``kept`` by their names, else the ``usual`` ones."""
    for name, keys in usual.items():
        _give(actions[name], kept.get(name, keys))


class ShortcutsDialog(QDialog):
    """A row for each of ``actions`` that has a place in ``usual``, which are the keys by name before any change.

    A change counts at once and is kept in ``preferences``; keys that another row has are refused. ``changed`` gets the
    name of the action that has other keys now.
    """

    changed = pyqtSignal(str)

    def __init__(
        self,
        actions: Mapping[str, QAction],
        usual: Mapping[str, str],
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(*SIZE)
        self._actions = {name: actions[name] for name in usual}
        self._usual = usual
        self._preferences = preferences
        self.edits: dict[str, QKeySequenceEdit] = {}
        self.resets: dict[str, QToolButton] = {}
        self.foot = Foot()
        self.reset_all = QPushButton(tr("Reset all"))
        self.reset_all.setAccessibleName(tr("Reset all shortcuts"))
        self.reset_all.setAutoDefault(False)
        self.reset_all.clicked.connect(self._ask_to_reset)
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        rows = QWidget()
        rows.setObjectName("rows")
        grid = QGridLayout(rows)
        grid.setContentsMargins(4, 4, 24, 4)
        grid.setColumnStretch(0, 1)
        grid.setVerticalSpacing(6)
        for row, name in enumerate(self._actions):
            self._add_row(grid, row, name)
        area = QScrollArea()
        area.setWidget(rows)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if (bar := area.verticalScrollBar()) is not None:
            area.setMinimumWidth(rows.minimumSizeHint().width() + bar.sizeHint().width())
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset_all)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addWidget(area, 1)
        column.addWidget(self.foot)
        column.addLayout(buttons)
        self._show()

    def _add_row(self, grid: QGridLayout, row: int, name: str) -> None:
        title = _title(self._actions[name])
        label = QLabel(title)
        edit = QKeySequenceEdit()
        edit.setMaximumSequenceLength(1)
        edit.setClearButtonEnabled(True)
        edit.setAccessibleName(tr("Keys of “{deed}”", deed=title))
        edit.setMinimumWidth(150)
        edit.editingFinished.connect(partial(self._edited, name))
        label.setBuddy(edit)
        reset = QToolButton()
        reset.setText("↺")
        reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reset.setAccessibleName(tr("Reset “{deed}”", deed=title))
        reset.clicked.connect(lambda _: self._change(name, self._usual[name]))
        self.edits[name], self.resets[name] = edit, reset
        grid.addWidget(label, row, 0)
        grid.addWidget(edit, row, 1)
        grid.addWidget(reset, row, 2)

    def _show(self) -> None:
        """What the keys are now."""
        for name, action in self._actions.items():
            edit, usual = self.edits[name], QKeySequence(self._usual[name])
            edit.blockSignals(True)
            edit.setKeySequence(action.shortcut())
            edit.blockSignals(False)
            self.resets[name].setEnabled(action.shortcut() != usual)
            keys = usual.toString(NATIVE) or tr("no key")
            self.resets[name].setToolTip(tr("Back to {keys}", keys=keys))

    def _edited(self, name: str) -> None:
        keys = self.edits[name].keySequence().toString(PORTABLE)
        if keys != self._actions[name].shortcut().toString(PORTABLE):
            self._change(name, keys)

    def _change(self, name: str, keys: str) -> None:
        """Give action ``name`` other ``keys``, unless another one has them."""
        sequence = QKeySequence(keys)
        taken = [other for other, action in self._actions.items() if other != name and action.shortcut() == sequence]
        if keys and taken:
            other = _title(self._actions[taken[0]])
            values = {"keys": sequence.toString(NATIVE), "other": other, "deed": _title(self._actions[name])}
            self.foot.say(tr("{keys} already means “{other}”: “{deed}” stays as it was.", **values))
            self._show()
            return
        _give(self._actions[name], keys)
        self._keep()
        self.foot.say("")
        self._show()
        self.changed.emit(name)

    def _ask_to_reset(self) -> None:
        self.foot.ask(tr("All shortcuts become what they were at first."), tr("Reset all"), self._reset_all)

    def _reset_all(self) -> None:
        changed = [name for name, button in self.resets.items() if button.isEnabled()]
        apply_shortcuts(self._actions, self._usual, {})
        self._keep()
        self._show()
        for name in changed:
            self.changed.emit(name)

    def _keep(self) -> None:
        now = {name: action.shortcut().toString(PORTABLE) for name, action in self._actions.items()}
        self._preferences.shortcuts = {
            name: keys for name, keys in now.items() if QKeySequence(keys) != QKeySequence(self._usual[name])
        }


def _give(action: QAction, keys: str) -> None:
    action.setShortcut(QKeySequence(keys))
    name_action(action, action.text())  # its tip tells the keys


def _title(action: QAction) -> str:
    """What an action is called, without the marks of menus."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
