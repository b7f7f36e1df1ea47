"""Choice of what is plotted: a tree of people, angles and keypoints with check boxes, in a popup."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
KINDS_IN_SPACE = ("x in space", "y in space", "z in space")
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
        self._joints_in_space = self._section(tr("Joint angles in space"))
        self._segments_in_space = self._section(tr("Segment angles in space"))
        self._keypoints_in_space = self._section(tr("Keypoints in space (m)"))

    @property
    def ticked(self) -> list[str]:
        """Keys of the ticked curves."""
        return [key for key in self._ticks() if isinstance(key, str)]

    @property
    def people(self) -> list[int]:
        """Ids of the ticked people."""
        return [key for key in self._ticks() if isinstance(key, int)]

    def offer(self, keys: Mapping[str, Sequence[str]], ticked: list[str]) -> None:
        """Fill the tree with the sections of ``keys`` (KIND:OF), as ``can_be_plotted`` returns them."""
        self.tree.blockSignals(True)
        in_space = "joints in space" in keys
        self._joints.setText(0, tr("Joint angles in the picture") if in_space else tr("Joint angles"))
        self._segments.setText(0, tr("Segment angles in the picture") if in_space else tr("Segment angles"))
        for section, name in (
            (self._joints, "joints"),
            (self._segments, "segments"),
            (self._joints_in_space, "joints in space"),
            (self._segments_in_space, "segments in space"),
        ):
            found = keys.get(name, ())
            section.takeChildren()
            section.addChildren([_row(display_name(_name_of(key)), {0: key}, ticked) for key in found])
            section.setHidden(not found)
        titles, titles_in_space = (tr("x"), tr("y"), tr("speed")), (tr("x"), tr("y"), tr("z"))
        _fill_keypoints(self._keypoints, keys.get("keypoints", ()), KINDS, titles, ticked)
        in_meters = keys.get("keypoints in space", ())
        _fill_keypoints(self._keypoints_in_space, in_meters, KINDS_IN_SPACE, titles_in_space, ticked)
        self._keypoints_in_space.setHidden(not in_meters)
        self._keypoints_in_space.setToolTip(0, tr("From the pelvis: to the right, up, and toward the camera"))
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
        for section in self._sections[2:]:
            section.setExpanded(section.isExpanded() or any(_ticks_of(row) for row in _rows(section)))

    @property
    def _sections(self) -> tuple[QTreeWidgetItem, ...]:
        in_space = (self._joints_in_space, self._segments_in_space, self._keypoints_in_space)
        return (self._people, self._joints, self._segments, self._keypoints, *in_space)

    def _ticks(self) -> list[str | int]:
        return [key for section in self._sections for row in _rows(section) for key in _ticks_of(row)]

    def _filter(self, text: str) -> None:
        """Show only rows that have all words of ``text`` in their name, their keys or a column header."""
        words = text.lower().split()
        for section in self._sections:
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


def _fill_keypoints(
    section: QTreeWidgetItem, keys: Sequence[str], kinds: Sequence[str], titles: Sequence[str], ticked: list[str]
) -> None:
    """Fill ``section`` with a row for each keypoint of ``keys``, and a column for each of ``kinds``."""
    section.takeChildren()
    for name in dict.fromkeys(map(_name_of, keys)):
        keys_of = {1 + column: f"{kind}:{name}" for column, kind in enumerate(kinds)}
        section.addChild(_row(display_name(name), keys_of, ticked))
    for column, title in enumerate(titles):
        section.setText(1 + column, title)


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
