"""Dialog of the keyboard shortcuts of all actions, to look up and change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

from app.window.core.action_specs import key_sequences, keys_of, name_action, set_keys
from app.window.core.key_sets import chosen_set, keep_set
from app.window.core.preferences import Preferences
from app.window.i18n.tr import tr
from app.window.widgets.dialog_footer import DialogFooter
from app.window.widgets.value_controls import ComboBox

SIZE = (640, 600)
KEYS_WIDTH = 150
NATIVE = QKeySequence.SequenceFormat.NativeText

KeySets = Mapping[str, tuple[str, Mapping[str, str]]]
"""By name: the title of a set, and the keys of each action."""


def apply_shortcuts(actions: Mapping[str, QAction], defaults: Mapping[str, str], saved: Mapping[str, str]) -> None:
    """Set the shortcuts of ``actions``: those saved in ``saved`` by name, else the ``defaults``."""
    for name, keys in defaults.items():
        _set_shortcuts(actions[name], saved.get(name, keys))


class ShortcutsDialog(QDialog):
    """A row for each of ``actions`` that is in the first of ``key_sets``, with two shortcuts; the set can be chosen.

    A change is applied at once and saved in ``preferences``; keys used by another row are refused. ``changed`` gives
    the name of the action whose keys have changed.
    """

    changed = pyqtSignal(str)

    def __init__(
        self,
        actions: Mapping[str, QAction],
        key_sets: KeySets,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(*SIZE)
        usual = next(iter(key_sets))
        self._actions = {name: actions[name] for name in key_sets[usual][1]}
        self._key_sets = key_sets
        self._preferences = preferences
        self.edits: dict[str, list[QKeySequenceEdit]] = {}
        self.resets: dict[str, QToolButton] = {}
        self.foot = DialogFooter()
        self.key_set = ComboBox()
        self.key_set.setAccessibleName(tr("Set of shortcuts"))
        for name, (title, _) in key_sets.items():
            self.key_set.addItem(title, name)
        self.key_set.setCurrentIndex(max(self.key_set.findData(chosen_set(preferences)), 0))
        self.key_set.activated.connect(lambda _: self._ask_to_choose())
        self.reset_all = QPushButton(tr("Reset all"))
        self.reset_all.setAccessibleName(tr("Reset all shortcuts"))
        self.reset_all.setAutoDefault(False)
        self.reset_all.clicked.connect(self._ask_to_reset)
        self._lay_out()
        self._show()

    @property
    def _defaults(self) -> Mapping[str, str]:
        """The keys of the chosen set, by action."""
        return self._key_sets[self.key_set.currentData()][1]

    def _lay_out(self) -> None:
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
        sets, title = QHBoxLayout(), QLabel(tr("Shortcuts as in"))
        title.setBuddy(self.key_set)
        sets.setContentsMargins(4, 0, 0, 0)
        sets.addWidget(title)
        sets.addWidget(self.key_set)
        sets.addStretch(1)
        close = QPushButton(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset_all)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(10)
        column.addLayout(sets)
        column.addWidget(area, 1)
        column.addWidget(self.foot)
        column.addLayout(buttons)

    def _add_row(self, grid: QGridLayout, row: int, name: str) -> None:
        title = _title(self._actions[name])
        label = QLabel(title)
        names = (tr("Shortcut for “{action}”", action=title), tr("Second shortcut for “{action}”", action=title))
        self.edits[name] = [self._edit(name, title) for title in names]
        label.setBuddy(self.edits[name][0])
        reset = QToolButton()
        reset.setText("↺")
        reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reset.setAccessibleName(tr("Reset “{action}”", action=title))
        reset.clicked.connect(lambda _: self._change(name, self._defaults[name]))
        self.resets[name] = reset
        for place, widget in enumerate((label, *self.edits[name], reset)):
            grid.addWidget(widget, row, place)

    def _edit(self, name: str, title: str) -> QKeySequenceEdit:
        edit = QKeySequenceEdit()
        edit.setMaximumSequenceLength(1)
        edit.setClearButtonEnabled(True)
        edit.setAccessibleName(title)
        edit.setMinimumWidth(KEYS_WIDTH)
        edit.editingFinished.connect(partial(self._on_edited, name))
        return edit

    def _show(self) -> None:
        """Show the current keys."""
        for name, action in self._actions.items():
            shortcuts, defaults = action.shortcuts(), key_sequences(self._defaults[name])
            for place, edit in enumerate(self.edits[name]):
                edit.blockSignals(True)
                edit.setKeySequence(shortcuts[place] if place < len(shortcuts) else QKeySequence())
                edit.blockSignals(False)
            self.resets[name].setEnabled(shortcuts != defaults)
            keys = QKeySequence.listToString(defaults, NATIVE).replace("; ", tr(", ")) or tr("no shortcut")
            self.resets[name].setToolTip(tr("Reset to {keys}", keys=keys))

    def retranslate(self, _: Callable[[str], str]) -> None:
        """Show the names of the keys in another language."""
        self._show()

    def _on_edited(self, name: str) -> None:
        typed: list[QKeySequence] = []
        for edit in self.edits[name]:
            if not edit.keySequence().isEmpty() and edit.keySequence() not in typed:
                typed.append(edit.keySequence())
        keys = QKeySequence.listToString(typed)
        if keys != keys_of(self._actions[name]):
            self._change(name, keys)

    def _change(self, name: str, keys: str) -> None:
        """Set the keys of action ``name``, unless another action has one of them."""
        wanted = key_sequences(keys)
        others = [(other, one) for other in self._actions if other != name for one in self._actions[other].shortcuts()]
        taken = [(other, one) for other, one in others if one in wanted]
        if taken:
            other, one = taken[0]
            titles = {"other": _title(self._actions[other]), "action": _title(self._actions[name])}
            values = {"keys": one.toString(NATIVE), **titles}
            self.foot.say(tr("{keys} is already used for “{other}”. “{action}” was not changed.", **values))
            self._show()
            return
        _set_shortcuts(self._actions[name], keys)
        self._save()
        self.foot.say("")
        self._show()
        self.changed.emit(name)

    def _ask_to_choose(self) -> None:
        """Use the chosen set; if the user has changed keys, which get lost, ask before."""
        if not self._preferences.shortcuts:
            self._reset_all()
            return
        chosen = self.key_set.currentIndex()
        self.key_set.setCurrentIndex(max(self.key_set.findData(chosen_set(self._preferences)), 0))

        def choose() -> None:
            self.key_set.setCurrentIndex(chosen)
            self._reset_all()

        title = self.key_set.itemText(chosen)
        self.foot.ask(tr("Your own shortcuts will be replaced by those of {name}.", name=title), tr("Replace"), choose)

    def _ask_to_reset(self) -> None:
        self.foot.ask(tr("All shortcuts will be reset to their defaults."), tr("Reset all"), self._reset_all)

    def _reset_all(self) -> None:
        """Give every action its keys of the chosen set."""
        before = {name: keys_of(action) for name, action in self._actions.items()}
        apply_shortcuts(self._actions, self._defaults, {})
        keep_set(self._preferences, self.key_set.currentData())
        self._save()
        self._show()
        for name, action in self._actions.items():
            if keys_of(action) != before[name]:
                self.changed.emit(name)

    def _save(self) -> None:
        current = {name: keys_of(action) for name, action in self._actions.items()}
        self._preferences.shortcuts = {
            name: keys for name, keys in current.items() if key_sequences(keys) != key_sequences(self._defaults[name])
        }


def _set_shortcuts(action: QAction, keys: str) -> None:
    set_keys(action, keys)
    name_action(action, action.text())  # its tool tip contains the keys


def _title(action: QAction) -> str:
    """The name of an action, without menu markup."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")
