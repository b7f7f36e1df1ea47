"""Changes the language of everything that the window shows, without opening it again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from PyQt6 import sip
from PyQt6.QtCore import QAbstractItemModel, QCoreApplication, QModelIndex, QObject, QSignalBlocker, Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QKeySequenceEdit,
    QLineEdit,
    QTabBar,
    QTableWidget,
    QTextEdit,
    QTreeWidget,
    QWidget,
)

from app.window.i18n.made_texts import Retranslation
from app.window.i18n.translations import install

PROPERTIES = (
    *("windowTitle", "title", "text", "toolTip", "statusTip", "whatsThis", "placeholderText"),
    *("prefix", "suffix", "specialValueText", "accessibleName", "accessibleDescription"),
)
"""Qt's properties that are texts for people. The text of a line edit is the user's, and stays."""
NATIVE = QKeySequence.SequenceFormat.NativeText
NOTE = Qt.ItemDataRole.UserRole + 1
"""Role of the notes beside the items of combo boxes."""
ROLES = (
    NOTE,
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
)


@runtime_checkable
class KeepsTexts(Protocol):
    """A part of the window that keeps texts elsewhere than in Qt's properties and items."""

    def retranslate(self, of: Callable[[str], str]) -> None:
        """Replace each kept text by ``of`` it, or make it again."""


def change_language(application: QCoreApplication, language: str) -> None:
    """Use ``language`` (empty: the system's) from now on, and for all texts of the open windows."""
    made = Retranslation()  # before: later texts are made in the new language
    windows = QApplication.topLevelWidgets()
    keys = {one.toString(): one.toString(NATIVE) for window in windows for one in _shortcuts(window)}
    before = _titles_of_qt()
    install(application, language)
    for plain, native in keys.items():
        made.add(f" ({native})", f" ({QKeySequence(plain).toString(NATIVE)})")  # as in tool tips
    for text, now in zip(before, _titles_of_qt(), strict=True):
        made.add(text, now)
    for window in windows:
        retranslate(window, made)


def retranslate(window: QWidget, made: Retranslation) -> None:
    """Make all texts of ``window`` and of what belongs to it again, in the present language."""
    parts = [window, *window.findChildren(QObject)]
    for part in parts:
        if sip.isdeleted(part) or not isinstance(part, QAction | QWidget):  # a change may delete other parts
            continue
        places = list(_places(part))
        _change_properties(part, made, places)
        if isinstance(part, QComboBox | QTreeWidget | QTableWidget) and (model := part.model()) is not None:
            blocker = QSignalBlocker(part)  # the user has not changed these items
            _change_items(model, QModelIndex(), made, places, isinstance(part, QComboBox))
            _change_headers(model, made, places)
            del blocker
        if isinstance(part, QWidget):
            part.update()
        if isinstance(part, QAbstractItemView) and (inner := part.viewport()) is not None:
            inner.update()
    for part in parts:
        if not sip.isdeleted(part) and isinstance(part, KeepsTexts):
            part.retranslate(made.of)


def _shortcuts(window: QWidget) -> Iterator[QKeySequence]:
    for action in window.findChildren(QAction):
        yield from action.shortcuts()
    for edit in window.findChildren(QKeySequenceEdit):
        yield edit.keySequence()


def _titles_of_qt() -> list[str]:
    """Texts that Qt gives to parts of its widgets, in the present language."""
    dock, tabs, edit = QDockWidget(), QTabBar(), QKeySequenceEdit()
    buttons = [*dock.findChildren(QAbstractButton), *tabs.findChildren(QAbstractButton)]
    names = [text for button in buttons for text in (button.accessibleName(), button.accessibleDescription())]
    return [*names, *(line.placeholderText() for line in edit.findChildren(QLineEdit))]


def _change_properties(part: QObject, made: Retranslation, places: list[str]) -> None:
    for name in PROPERTIES:
        if name == "text" and isinstance(part, QLineEdit):
            continue
        text = part.property(name)
        if isinstance(text, str) and text and (changed := made.of(text, places)) != text:
            # Headings are in capitals, which Chinese does not have.
            if part.objectName() == "heading":
                changed = changed.upper()
            elif isinstance(part, QAction | QAbstractButton) and not text[:1].islower():  # a name, as glTF
                changed = changed[:1].upper() + changed[1:]
            part.setProperty(name, changed)
    if isinstance(part, QKeySequenceEdit):
        part.setKeySequence(part.keySequence())  # shows the names of the keys again
    if isinstance(part, QTextEdit) and part.isReadOnly():
        text = part.toPlainText()
        if (changed := made.of(text, places)) != text:
            part.setPlainText(changed)


def _change_items(
    model: QAbstractItemModel, parent: QModelIndex, made: Retranslation, places: list[str], capital: bool
) -> None:
    """Change the texts of the items below ``parent``; ``capital``: they begin with a capital letter."""
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            index = model.index(row, column, parent)
            for role in ROLES:
                text = index.data(role)
                if isinstance(text, str) and text and (changed := made.of(text, places)) != text:
                    first = changed[:1].upper() if capital and role == Qt.ItemDataRole.DisplayRole else changed[:1]
                    model.setData(index, first + changed[1:], role)
            if column == 0:
                _change_items(model, index, made, places, capital)


def _change_headers(model: QAbstractItemModel, made: Retranslation, places: list[str]) -> None:
    across = Qt.Orientation.Horizontal
    for column in range(model.columnCount()):
        for role in ROLES:
            text = model.headerData(column, across, role)
            if isinstance(text, str) and text and (changed := made.of(text, places)) != text:
                model.setHeaderData(column, across, changed, role)


def _places(part: QObject) -> Iterator[str]:
    """The files of the classes of ``part`` and of what it is in, from the inside to the outside."""
    owner: QObject | None = part
    while owner is not None:
        for kind in type(owner).__mro__:
            module = sys.modules.get(kind.__module__)
            if kind.__module__.startswith("app.") and (file := getattr(module, "__file__", None)):
                yield file
        owner = owner.parent()
