"""The networks of the catalogue and a person's own as a table, with what they take here and how far from running."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtGui import QColor

from app.window.model_choice import accuracy
from app.window.preferences import NetworkKind, Preferences, own_network
from app.window.theme import colors
from app.window.words import tr
from app.zoo.cache import converted_place, find
from app.zoo.catalogue import Entry, load_catalogue
from app.zoo.states import STATES, State, state_of

NAME, KIND, SIZE, LICENCE, AP, SPEED, STATE = range(7)
NUMBERS = (SIZE, AP, SPEED)
SORT = Qt.ItemDataRole.UserRole
NOWHERE = QModelIndex()


class ModelsTable(QAbstractTableModel):
    """A row for each network; ``refresh`` looks at the disk again.

    A network of a person's own is an entry whose name is where it lies; the end of that is shown.
    """

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.entries: list[Entry] = []
        self.states: list[State] = []
        self._sizes: list[int] = []
        self._used: set[str] = set()
        self._look()
        self._titles = [tr("Name"), tr("Kind"), tr("Size"), tr("Licence"), tr("AP"), tr("Speed"), tr("State")]

    def refresh(self, used: set[str]) -> None:
        """Those ``used`` are in use now, and files may have come and gone."""
        self._used = {own_network(name) or name for name in used}
        if self._listed() == self.entries:
            self._look()
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.entries) - 1, STATE))
        else:
            self.beginResetModel()
            self._look()
            self.endResetModel()

    def uses(self, row: int) -> bool:
        """Whether the network of ``row`` is in use."""
        return self.entries[row].name in self._used

    def rowCount(self, parent: QModelIndex = NOWHERE) -> int:
        """One a network."""
        return len(self.entries)

    def columnCount(self, parent: QModelIndex = NOWHERE) -> int:
        """From the name to the state."""
        return STATE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a column is called, over its own side."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell says, and how."""
        row, column = index.row(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _side(column)
            case Qt.ItemDataRole.ForegroundRole if self.states[row] != "ready":
                return QColor(colors().faint)
            case Qt.ItemDataRole.ForegroundRole if column == STATE and self.uses(row):
                return QColor(colors().accent)
            case Qt.ItemDataRole.ToolTipRole if column == NAME:
                return own_network(self.entries[row].name) or None
            case Qt.ItemDataRole.ToolTipRole if column == AP:
                return accuracy(self.entries[row])
            case _ if role == SORT:
                return self._order(row, column)
        return None

    def _listed(self) -> list[Entry]:
        own = [_own(path, kind) for path, kind in self._preferences.networks]
        return own + [entry for entry in load_catalogue().values() if entry.kind != "clip"]

    def _look(self) -> None:
        self.entries = self._listed()
        self.states = ["ready" if own_network(entry.name) else state_of(entry) for entry in self.entries]
        self._sizes = [_bytes(entry) for entry in self.entries]

    def _text(self, row: int, column: int) -> str:
        entry = self.entries[row]
        if column == SPEED:
            speed = self._preferences.speed(entry.name)
            return tr("{ms} ms · {device}", ms=f"{speed.ms:.1f}", device=speed.device.upper()) if speed else ""
        if column == STATE and self.uses(row):
            return tr("In use")
        return {
            NAME: Path(entry.name).name,
            KIND: tr("Pose") if entry.kind == "pose" else tr("Detector"),
            SIZE: f"{self._sizes[row] / 1e6:.0f} MB",
            LICENCE: entry.licence,
            AP: f"{entry.ap:.3f}" if entry.ap is not None else "",
            STATE: _told(self.states[row]),
        }[column]

    def _order(self, row: int, column: int) -> Any:
        """What a column is sorted by: what nobody knows comes last."""
        entry = self.entries[row]
        if column == SIZE:
            return self._sizes[row]
        if column == AP:
            return -(entry.ap or 0.0)
        if column == SPEED:
            speed = self._preferences.speed(entry.name)
            return speed.ms if speed else 1e9
        if column == STATE:
            far = 0 if self.uses(row) else 1 + STATES.index(self.states[row])
            return far * len(self.entries) + row
        return self._text(row, column).casefold()


class Sieve(QSortFilterProxyModel):
    """Lets through the networks of a ``kind`` (empty: all) whose name or licence holds ``words``."""

    def __init__(self, table: ModelsTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._kind = self._words = ""
        self.setSourceModel(table)
        self.setSortRole(SORT)

    def look_for(self, kind: str, words: str) -> None:
        """Let through others."""
        self._kind, self._words = kind, words.casefold()
        self.invalidateFilter()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """Whether the network is one of those."""
        entry = self._table.entries[source_row]
        text = f"{Path(entry.name).name} {entry.licence}".casefold()  # a title may be that of a whole family
        return self._kind in ("", entry.kind) and all(word in text for word in self._words.split())


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _own(path: str, kind: NetworkKind) -> Entry:
    return Entry(name=path, title=path, kind=kind, form="onnx", file=Path(path).name, licence="")


def _bytes(entry: Entry) -> int:
    """What it takes, or will take, on the disk; of a checkpoint that is not here, its parameters tell roughly."""
    if own := own_network(entry.name):
        return Path(own).stat().st_size if isfile(own) else 0
    place = converted_place(entry)
    if place.is_file():
        return place.stat().st_size
    if (file := find(entry)) is not None:
        return file.stat().st_size
    return entry.bytes or 4 * (entry.parameters or 0)


def _told(state: State) -> str:
    match state:
        case "ready":
            return tr("Ready")
        case "unconverted":
            return tr("To be converted")
        case "fetchable":
            return tr("To be fetched")
        case _:
            return tr("By hand")
