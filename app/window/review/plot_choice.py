"""What is plotted: a tree of people, angles and keypoints with boxes to tick, in a little window of its own."""

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

from app.window.sentences import called
from app.window.words import tr

KEY = Qt.ItemDataRole.UserRole
KINDS = ("x", "y", "speed")
"""Of every keypoint, each in a column of its own."""


class PlotChoice(QFrame):
    """Offers what can be plotted and of whom; ``changed`` tells that something else is ticked.

    ``ticked`` are keys KIND:OF, ``people`` ids; both keep the order of the tree.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName(tr("What is plotted"))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setObjectName("choice")
        self.tree.setAccessibleName(tr("What is plotted"))
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
        self.tree.itemChanged.connect(self._note)
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
        """The keys that are ticked."""
        return [key for key in self._ticks() if isinstance(key, str)]

    @property
    def people(self) -> list[int]:
        """The ids that are ticked."""
        return [key for key in self._ticks() if isinstance(key, int)]

    def offer(self, joints: list[str], segments: list[str], keypoints: list[str], ticked: list[str]) -> None:
        """What there is to choose from: keys of angles, of segments' angles, and of all three of every keypoint."""
        self.tree.blockSignals(True)
        for section, keys in ((self._joints, joints), (self._segments, segments)):
            section.takeChildren()
            section.addChildren([_row(called(_of(key)), {0: key}, ticked) for key in keys])
            section.setHidden(not keys)
        self._keypoints.takeChildren()
        for name in dict.fromkeys(map(_of, keypoints)):
            keys_of = {1 + place: f"{kind}:{name}" for place, kind in enumerate(KINDS)}
            self._keypoints.addChild(_row(called(name), keys_of, ticked))
        for place, title in enumerate((tr("x"), tr("y"), tr("speed"))):
            self._keypoints.setText(1 + place, title)
        self.tree.blockSignals(False)
        self._unfold()

    def offer_people(self, ids: list[int], name: Callable[[int], str], ticked: list[int]) -> None:
        """Of whom there is something to plot."""
        self.tree.blockSignals(True)
        self._people.takeChildren()
        self._people.addChildren([_row(name(n), {0: n}, ticked) for n in ids])
        self._people.setHidden(not ids)
        self.tree.blockSignals(False)
        self._unfold()

    def open_below(self, button: QWidget) -> None:
        """Show it under ``button``, as far as the screen allows."""
        self.resize(self.sizeHint())
        at = button.mapToGlobal(QPoint(0, button.height() + 2))
        screen = button.screen()
        if screen is not None:
            room = screen.availableGeometry()
            at.setX(max(min(at.x(), room.right() - self.width()), room.left()))
            at.setY(max(min(at.y(), room.bottom() - self.height()), room.top()))
        self.move(at)
        self.show()
        self.search.setFocus()

    def sizeHint(self) -> QSize:
        """Room for some twenty rows."""
        return QSize(320, 440)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Escape closes it."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _section(self, title: str) -> QTreeWidgetItem:
        section = QTreeWidgetItem([title])
        section.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.tree.addTopLevelItem(section)
        return section

    def _unfold(self) -> None:
        """Open the first sections, and whatever holds a tick."""
        for section in (self._people, self._joints):
            section.setExpanded(True)
        for section in (self._segments, self._keypoints):
            section.setExpanded(section.isExpanded() or any(_ticks_of(row) for row in _rows(section)))

    def _ticks(self) -> list[str | int]:
        sections = (self._people, self._joints, self._segments, self._keypoints)
        return [key for section in sections for row in _rows(section) for key in _ticks_of(row)]

    def _filter(self, text: str) -> None:
        """Only rows whose name holds ``text``."""
        for section in (self._people, self._joints, self._segments, self._keypoints):
            rows = _rows(section)
            for row in rows:
                row.setHidden(text.lower() not in row.text(0).lower())
            section.setHidden(all(row.isHidden() for row in rows))
            if text:
                section.setExpanded(True)

    def _note(self, _: QTreeWidgetItem) -> None:
        self.changed.emit()


def _of(key: str) -> str:
    return key.partition(":")[2]


def _row(name: str, keys: dict[int, str] | dict[int, int], ticked: list[str] | list[int]) -> QTreeWidgetItem:
    """A row with a box in every column that has a key."""
    row = QTreeWidgetItem([name])
    row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsSelectable)
    for column, key in keys.items():
        row.setData(column, KEY, key)
        row.setCheckState(column, Qt.CheckState.Checked if key in ticked else Qt.CheckState.Unchecked)
    return row


def _rows(section: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    return [row for place in range(section.childCount()) if (row := section.child(place)) is not None]


def _ticks_of(row: QTreeWidgetItem) -> list[str | int]:
    return [
        row.data(column, KEY)
        for column in range(row.columnCount())
        if row.data(column, KEY) is not None and row.checkState(column) == Qt.CheckState.Checked
    ]
