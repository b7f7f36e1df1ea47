"""Carries the user's edits of people to each further analysis of the same clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from app.window.player.player import Player

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.analysis.carry_edits import EditCarrier, EditNote
    from app.sources import Source

INTERVAL_MS = 300
"""Interval between two attempts to find the people of edits in a growing analysis, in milliseconds."""


class CarriedEdits(QObject):
    """Follows the analysis of ``player``.

    ``replaced`` is emitted when another analysis of the same source has taken the place of the one before, ``carried``
    when it was edited, and ``dropped`` (a number) when that many edits are not possible in it.
    """

    replaced = pyqtSignal()
    carried = pyqtSignal()
    dropped = pyqtSignal(int)

    def __init__(self, player: Player) -> None:
        super().__init__(player)
        self._player = player
        self._source: Source | None = None
        self._analysis: Analysis | None = None
        self._carrier: EditCarrier | None = None
        self._impossible: tuple[EditNote, ...] = ()  # in the analysis before, tried again in the next one
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()

    @property
    def has_ended(self) -> bool:
        """Whether no further frames will be added to the analysis."""
        source, current = self._player.source, self._player.clip_analysis.current
        running = current is not None and current.state in ("running", "waiting")
        return source is not None and not source.live and not running

    def refresh(self) -> None:
        """Follow a new analysis, and carry the edits whose people can be found in it by now."""
        analysis, source = self._player.analysis, self._player.source
        if source is not self._source:
            self._source, self._analysis, self._carrier, self._impossible = source, analysis, None, ()
        if analysis is not self._analysis and analysis:
            self._follow(analysis)
        carrier = self._carrier
        if carrier is None or carrier.done or analysis is None or analysis is not self._analysis:
            return
        if carrier.apply(analysis, self.has_ended):
            self.carried.emit()
        if carrier.done and (lost := len(set(carrier.dropped) - set(self._impossible))):
            self.dropped.emit(lost)

    def _follow(self, analysis: Analysis) -> None:
        before, self._analysis = self._analysis, analysis
        if before is None or self._source is None:
            return
        self.replaced.emit()
        if self._source.live:  # its people keep their ids, and its analyses share the edits
            return
        from app.analysis.carry_edits import EditCarrier, edit_notes

        rest = self._carrier.rest() if self._carrier is not None else ()
        self._impossible = self._carrier.dropped if self._carrier is not None else ()
        notes = (*edit_notes(before), *rest, *self._impossible)
        self._carrier = EditCarrier(notes) if notes else None
