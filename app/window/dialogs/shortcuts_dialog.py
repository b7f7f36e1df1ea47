"""Dialog of the keyboard shortcuts of all actions, to look up and change."""

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

from app.window.core.action_specs import name_action
from app.window.core.preferences import Preferences
from app.window.i18n.tr import tr
from app.window.widgets.dialog_footer import DialogFooter

SIZE = (480, 600)
PORTABLE = QKeySequence.SequenceFormat.PortableText
NATIVE = QKeySequence.SequenceFormat.NativeText


def apply_shortcuts(actions: Mapping[str, QAction], defaults: Mapping[str, str], saved: Mapping[str, str]) -> None:
    """Set the shortcuts of ``actions``: those saved in ``saved`` by name, else the ``defaults``."""
    for name, keys in defaults.items():
        _set_shortcut(actions[name], saved.get(name, keys))


class ShortcutsDialog(QDialog):
    """A row for each of ``actions`` named in ``defaults``, which maps names to the default keys.

    A change is applied at once and saved in ``preferences``; keys used by another row are refused. ``changed`` gives
    the name of the action whose keys have changed.
    """

    changed = pyqtSignal(str)

    def __init__(
        self,
        actions: Mapping[str, QAction],
        defaults: Mapping[str, str],
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(*SIZE)
        self._actions = {name: actions[name] for name in defaults}
        self._defaults = defaults
        self._preferences = preferences
        self.edits: dict[str, QKeySequenceEdit] = {}
        self.resets: dict[str, QToolButton] = {}
        self.foot = DialogFooter()
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
        edit.setAccessibleName(tr("Shortcut for “{action}”", action=title))
        edit.setMinimumWidth(150)
        edit.editingFinished.connect(partial(self._on_edited, name))
        label.setBuddy(edit)
        reset = QToolButton()
        reset.setText("↺")
        reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reset.setAccessibleName(tr("Reset “{action}”", action=title))
        reset.clicked.connect(lambda _: self._change(name, self._defaults[name]))
        self.edits[name], self.resets[name] = edit, reset
        grid.addWidget(label, row, 0)
        grid.addWidget(edit, row, 1)
        grid.addWidget(reset, row, 2)

    def _show(self) -> None:
        """Show the current keys."""
        for name, action in self._actions.items():
            edit, defaults = self.edits[name], QKeySequence(self._defaults[name])
            edit.blockSignals(True)
            edit.setKeySequence(action.shortcut())
            edit.blockSignals(False)
            self.resets[name].setEnabled(action.shortcut() != defaults)
            keys = defaults.toString(NATIVE) or tr("no shortcut")
            self.resets[name].setToolTip(tr("Reset to {keys}", keys=keys))

    def _on_edited(self, name: str) -> None:
        keys = self.edits[name].keySequence().toString(PORTABLE)
        if keys != self._actions[name].shortcut().toString(PORTABLE):
            self._change(name, keys)

    def _change(self, name: str, keys: str) -> None:
        """Set the keys of action ``name``, unless another action has them."""
        sequence = QKeySequence(keys)
        taken = [other for other, action in self._actions.items() if other != name and action.shortcut() == sequence]
        if keys and taken:
            other = _title(self._actions[taken[0]])
            values = {"keys": sequence.toString(NATIVE), "other": other, "action": _title(self._actions[name])}
            self.foot.say(tr("{keys} is already used for “{other}”. “{action}” was not changed.", **values))
            self._show()
            return
        _set_shortcut(self._actions[name], keys)
        self._save()
        self.foot.say("")
        self._show()
        self.changed.emit(name)

    def _ask_to_reset(self) -> None:
        self.foot.ask(tr("All shortcuts will be reset to their defaults."), tr("Reset all"), self._reset_all)

    def _reset_all(self) -> None:
        changed = [name for name, button in self.resets.items() if button.isEnabled()]
        apply_shortcuts(self._actions, self._defaults, {})
        self._save()
        self._show()
        for name in changed:
            self.changed.emit(name)

    def _save(self) -> None:
        current = {name: action.shortcut().toString(PORTABLE) for name, action in self._actions.items()}
        self._preferences.shortcuts = {
            name: keys for name, keys in current.items() if QKeySequence(keys) != QKeySequence(self._defaults[name])
        }


def _set_shortcut(action: QAction, keys: str) -> None:
    action.setShortcut(QKeySequence(keys))
    name_action(action, action.text())  # its tool tip contains the keys


def _title(action: QAction) -> str:
    """The name of an action, without menu markup."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
