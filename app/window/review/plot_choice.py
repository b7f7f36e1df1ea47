"""Choice of what is plotted: a tree of people, angles and keypoints with check boxes, in a popup."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.window.i18n.backend_messages import display_name
from app.window.i18n.tr import tr

KEY = Qt.ItemDataRole.UserRole
KINDS = ("x", "y", "speed")
"""Kinds of keypoint curves, each in its own column."""


class PlotChoice(QFrame):
    """Offers the people and curves that can be plotted; ``changed`` is emitted when a tick changes.

    ``ticked`` holds keys KIND:OF, ``people`` ids; both in the order of the tree.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName(tr("Plotted curves"))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setObjectName("choice")
        self.tree.setAccessibleName(tr("Plotted curves"))
        self.tree.setFrameShape(QFrame.Shape.NoFrame)
        self.tree.setColumnCount(1 + len(KINDS))
        self.tree.setHeaderHidden(True)
        self.tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.tree.setUniformRowHeights(True)
        self.tree.setIndentation(14)
        header = self.tree.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.itemChanged.connect(self._on_item_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 4, 4)
        column.addWidget(self.search)
        column.addWidget(self.tree)
        self._people = self._section(tr("People"))
        self._joints = self._section(tr("Joint angles"))
        self._segments = self._section(tr("Segment angles"))
        self._keypoints = self._section(tr("Keypoints"))

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked curves."""
        return [key for key in self._ticks() if isinstance(key, str)]

    @property
    def people(self) -> list[int]:
        """Ids of the ticked people."""
        return [key for key in self._ticks() if isinstance(key, int)]

    def offer(self, joints: list[str], segments: list[str], keypoints: list[str], ticked: list[str]) -> None:
        """Fill the tree with keys (KIND:OF): angles of joints, of segments, and x, y and speed of each keypoint."""
        self.tree.blockSignals(True)
        for section, keys in ((self._joints, joints), (self._segments, segments)):
            section.takeChildren()
            section.addChildren([_row(display_name(_name_of(key)), {0: key}, ticked) for key in keys])
            section.setHidden(not keys)
        self._keypoints.takeChildren()
        for name in dict.fromkeys(map(_name_of, keypoints)):
            keys_of = {1 + column: f"{kind}:{name}" for column, kind in enumerate(KINDS)}
            self._keypoints.addChild(_row(display_name(name), keys_of, ticked))
        for column, title in enumerate((tr("x"), tr("y"), tr("speed"))):
            self._keypoints.setText(1 + column, title)
        self.tree.blockSignals(False)
        self._expand()

    def offer_people(self, ids: list[int], name: Callable[[int], str], ticked: list[int]) -> None:
        """Fill the tree with people; ``name`` maps an id to a name."""
        self.tree.blockSignals(True)
        self._people.takeChildren()
        self._people.addChildren([_row(name(n), {0: n}, ticked) for n in ids])
        self._people.setHidden(not ids)
        self.tree.blockSignals(False)
        self._expand()

    def open_below(self, button: QWidget) -> None:
        """Open the popup below ``button``, moved to stay on the screen."""
        self.resize(self.sizeHint())
        at = button.mapToGlobal(QPoint(0, button.height() + 2))
        screen = button.screen()
        if screen is not None:
            available = screen.availableGeometry()
            at.setX(max(min(at.x(), available.right() - self.width()), available.left()))
            at.setY(max(min(at.y(), available.bottom() - self.height()), available.top()))
        self.move(at)
        self.show()
        self.search.setFocus()

    def sizeHint(self) -> QSize:
        """Size for about twenty rows."""
        return QSize(320, 440)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close on Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _section(self, title: str) -> QTreeWidgetItem:
        section = QTreeWidgetItem([title])
        section.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.tree.addTopLevelItem(section)
        return section

    def _expand(self) -> None:
        """Expand the first sections, and each that has a tick."""
        for section in (self._people, self._joints):
            section.setExpanded(True)
        for section in (self._segments, self._keypoints):
            section.setExpanded(section.isExpanded() or any(_ticks_of(row) for row in _rows(section)))

    def _ticks(self) -> list[str | int]:
        sections = (self._people, self._joints, self._segments, self._keypoints)
        return [key for section in sections for row in _rows(section) for key in _ticks_of(row)]

    def _filter(self, text: str) -> None:
        """Show only rows that have all words of ``text`` in their name, their keys or a column header."""
        words = text.lower().split()
        for section in (self._people, self._joints, self._segments, self._keypoints):
            rows = _rows(section)
            headers = " ".join(section.text(column) for column in range(section.columnCount())).lower()
            for row in rows:
                keys = " ".join(map(str, _keys_of(row)))
                found = f"{row.text(0)} {headers} {keys}".lower().replace("_", " ")
                row.setHidden(not all(word in found for word in words))
            section.setHidden(all(row.isHidden() for row in rows))
            if text:
                section.setExpanded(True)

    def _on_item_changed(self, _: QTreeWidgetItem) -> None:
        self.changed.emit()


def _name_of(key: str) -> str:
    return key.partition(":")[2]


def _row(name: str, keys: dict[int, str] | dict[int, int], ticked: list[str] | list[int]) -> QTreeWidgetItem:
    """A row with a check box in each column that has a key."""
    row = QTreeWidgetItem([name])
    row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
    for column, key in keys.items():
        row.setData(column, KEY, key)
        row.setCheckState(column, Qt.CheckState.Checked if key in ticked else Qt.CheckState.Unchecked)
    return row


def _rows(section: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [row for column in range(section.childCount()) if (row := section.child(column)) is not None]


def _keys_of(row: QTreeWidgetItem) -> list[str | int]:
    return [key for column in range(row.columnCount()) if (key := row.data(column, KEY)) is not None]


def _ticks_of(row: QTreeWidgetItem) -> list[str | int]:
    return [
        row.data(column, KEY)
        for column in range(row.columnCount())
        if row.data(column, KEY) is not None and row.checkState(column) == Qt.CheckState.Checked
    ]
