"""The events of a person as a table model, which is quick for thousands of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from app.window.core.times import precise_clock
from app.window.i18n.tr import tr
from app.window.review.measure_texts import EVENTS, event_text

if TYPE_CHECKING:
    from app.analysis.event_spans import EventSpan

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class EventsModel(QAbstractTableModel):
    """One row for each event: time, kind with its side, and what was measured of it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.events: list[EventSpan] = []

    def show_events(self, events: list[EventSpan]) -> None:
        """Show other events."""
        if events is not self.events:
            self.beginResetModel()
            self.events = events
            self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """The number of events."""
        return 0 if parent.isValid() else len(self.events)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """The number of columns."""
        return 0 if parent.isValid() else 3

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The text of a cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 0:
            return RIGHT
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        event = self.events[index.row()]
        if index.column() == 0:
            return precise_clock(event.at_s)
        if index.column() == 1:
            title, side = EVENTS[event.event], {"left": tr("left"), "right": tr("right")}.get(event.side, "")
            return tr("{event}, {side}", event=tr(title), side=side) if side else tr(title)
        return event_text(event)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Time"), tr("Event"), tr("Measured"))[section]
        return None
