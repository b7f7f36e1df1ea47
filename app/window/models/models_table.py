"""Table model of the catalogue's models and the user's own: size, speed here, and state."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtGui import QColor

from app.window.core.preferences import NetworkKind, Preferences, own_network
from app.window.i18n.tr import tr
from app.window.panels.model_choice import accuracy
from app.window.panels.model_facts import ModelFacts, kind_title
from app.window.style.theme import colors
from app.zoo.availability import STATES, State, state_of
from app.zoo.cache import converted_place, find
from app.zoo.catalogue import Entry, load_catalogue

NAME, KIND, SIZE, LICENCE, AP, SPEED, STATE = range(7)
NUMBERS = (SIZE, AP, SPEED)
SORT = Qt.ItemDataRole.UserRole
NO_PARENT = QModelIndex()


class ModelsTable(QAbstractTableModel):
    """One row per model; ``refresh`` reads the state of the files again.

    A model of the user is an entry whose name is its path; only the file name is shown.
    """

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self.facts = ModelFacts(preferences)
        self.entries: list[Entry] = []
        self.states: list[State] = []
        self._sizes: list[int] = []
        self._used: set[str] = set()
        self._read_states()

    def refresh(self, used: set[str]) -> None:
        """Read the state of the files again; ``used`` are the names of the models in use."""
        self._used = {own_network(name) or name for name in used}
        if self._list_entries() == self.entries:
            self._read_states()
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.entries) - 1, STATE))
        else:
            self.beginResetModel()
            self._read_states()
            self.endResetModel()

    def uses(self, row: int) -> bool:
        """Whether the model of ``row`` is in use."""
        return self.entries[row].name in self._used

    def rowCount(self, parent: QModelIndex = NO_PARENT) -> int:
        """One row per model."""
        return len(self.entries)

    def columnCount(self, parent: QModelIndex = NO_PARENT) -> int:
        """Number of columns, from name to state."""
        return STATE + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title and alignment of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            titles = (tr("Name"), tr("Type"), tr("Size"), tr("License"), tr("AP"), tr("Cost"), tr("State"))
            return titles[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, color, tool tip or sort key of a cell."""
        row, column = index.row(), index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, column)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.ForegroundRole if self.states[row] != "ready" or self._is_estimate(row, column):
                return QColor(colors().faint)
            case Qt.ItemDataRole.ForegroundRole if column == STATE and self._runs(row):
                return QColor(colors().accent)
            case Qt.ItemDataRole.ToolTipRole if column == NAME:
                return own_network(self.entries[row].name) or None
            case Qt.ItemDataRole.ToolTipRole if column in (KIND, SPEED):
                return "\n".join(self.facts.lines(self.entries[row].name)) or None
            case Qt.ItemDataRole.ToolTipRole if column == AP:
                return accuracy(self.entries[row])
            case _ if role == SORT:
                return self._sort_key(row, column)
        return None

    def _list_entries(self) -> list[Entry]:
        own = [_own_entry(path, kind) for path, kind in self._preferences.networks]
        return own + [entry for entry in load_catalogue().values() if entry.kind != "clip"]

    def _read_states(self) -> None:
        self.entries = self._list_entries()
        self.states = ["ready" if own_network(entry.name) else state_of(entry) for entry in self.entries]
        self._sizes = [_disk_bytes(entry) for entry in self.entries]

    def _text(self, row: int, column: int) -> str:
        entry = self.entries[row]
        if column == SPEED:
            speed = self.facts.speed(entry.name)
            if speed is None:
                return self.facts.input_text(entry.name)
            return tr("{time} · {device}", time=self.facts.cost(entry.name), device=speed.device.upper())
        if column == STATE and self._runs(row):
            return tr("In use")
        return {
            NAME: Path(entry.name).name,
            KIND: self._kind_text(entry),
            SIZE: _size_text(self._sizes[row]),
            LICENCE: entry.licence,
            AP: f"{entry.ap:.3f}" if entry.ap is not None else "",
            STATE: _state_text(self.states[row]),
        }[column]

    def _runs(self, row: int) -> bool:
        """Whether the model of ``row`` is in use; the chosen detector is not where the pose model needs none."""
        needs_detector = all(map(self.facts.needs_detector, self._used))
        return self.uses(row) and (self.entries[row].kind != "detector" or needs_detector)

    def _is_estimate(self, row: int, column: int) -> bool:
        """Whether a cell has the input size in place of a measured time."""
        return column == SPEED and self.facts.speed(self.entries[row].name) is None

    def _kind_text(self, entry: Entry) -> str:
        if entry.kind == "part":
            return tr("Further stage")
        kind = self.facts.kind(entry.name)
        return kind_title(kind) if kind is not None else tr("Pose") if entry.kind == "pose" else tr("Detector")

    def _sort_key(self, row: int, column: int) -> Any:
        """Sort key of a cell; unknown values come last."""
        entry = self.entries[row]
        if column == SIZE:
            return float(self._sizes[row]) or 1e18
        if column == AP:
            return -(entry.ap or 0.0)
        if column == SPEED:
            speed, size = self.facts.speed(entry.name), self.facts.size(entry.name)
            return speed.ms if speed else 1e9 + (size[0] * size[1] if size else 1e9)
        if column == STATE:
            rank = 0 if self.uses(row) else 1 + STATES.index(self.states[row])
            return rank * len(self.entries) + row
        return self._text(row, column).casefold()


class ModelFilter(QSortFilterProxyModel):
    """Accepts models of a ``kind`` that estimate ``subject`` (empty: all), with all ``words`` in name or license."""

    def __init__(self, table: ModelsTable, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._kind = self._subject = self._words = ""
        self.setSourceModel(table)
        self.setSortRole(SORT)

    def set_filter(self, kind: str, subject: str, words: str) -> None:
        """Set what to accept: ``kind`` is "pose", "part" or a ``ModelKind``, ``subject`` a ``Subject``; empty: all."""
        self._kind, self._subject, self._words = kind, subject, words.casefold()
        self.invalidateFilter()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """Whether the model is accepted."""
        entry, facts = self._table.entries[source_row], self._table.facts
        text = f"{Path(entry.name).name} {entry.licence}".casefold()  # titles are left out: families share them
        return (
            self._kind in ("", entry.kind, facts.kind(entry.name))
            and self._subject in ("", facts.subject(entry.name))
            and all(word in text for word in self._words.split())
        )


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _own_entry(path: str, kind: NetworkKind) -> Entry:
    return Entry(name=path, title=path, kind=kind, form="onnx", file=Path(path).name, licence="")


def _disk_bytes(entry: Entry) -> int:
    """Size on disk in bytes, actual or expected; estimated from the parameters for a missing checkpoint."""
    if own := own_network(entry.name):
        return Path(own).stat().st_size if isfile(own) else 0
    converted = converted_place(entry)
    if converted.is_file():
        return converted.stat().st_size
    if (file := find(entry)) is not None:
        return file.stat().st_size
    return entry.bytes or 4 * (entry.parameters or 0)


def _size_text(size: int) -> str:
    """``size`` in bytes as megabytes; empty if unknown."""
    megabytes = size / 1e6
    return "" if not size else f"{megabytes:.1f} MB" if megabytes < 1 else f"{megabytes:.0f} MB"


def _state_text(state: State) -> str:
    match state:
        case "ready":
            return tr("Ready")
        case "unconverted":
            return tr("Not converted")
        case "fetchable":
            return tr("Not downloaded")
        case _:
            return tr("Manual download")
