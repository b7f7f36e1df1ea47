"""The in and out points of a source, and the loop between them."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction

from app.window.player.player import Player


class RangeController(QObject):
    """Sets the in and out points of the player by actions.

    ``shown`` emits the points in seconds (None: no point) whenever they may have changed; ``changed`` is emitted when
    the user changed them.
    """

    shown = pyqtSignal(object, object)
    changed = pyqtSignal()

    def __init__(self, player: Player, actions: dict[str, QAction]) -> None:
        super().__init__(player)
        self._player = player
        self._loop = actions["loop"]
        for name, callback in (
            ("mark-in", lambda: self._mark(player.playback.set_in)),
            ("mark-out", lambda: self._mark(player.playback.set_out)),
            ("unmark", self._unmark),
            ("go-in", lambda: player.seek(player.playback.start_s)),
            ("go-out", self._go_out),
            ("loop", self._set_loop),
        ):
            actions[name].triggered.connect(lambda _, callback=callback: callback())

    def begin(self) -> None:
        """Show the points of a newly opened source, which has none, and no loop."""
        self._loop.setChecked(False)
        self._show()

    def restore(self, in_s: float | None, out_s: float | None) -> None:
        """Restore saved in and out points (seconds), unless some have been set in the meantime."""
        playback = self._player.playback
        if not playback.marked:
            playback.set_in(in_s)
            playback.set_out(out_s)
            self._player.keep_to_points()
            self._show()

    def _mark(self, mark: Callable[[float], None]) -> None:
        current = self._player.current
        if current is not None and self._player.seekable:
            mark(current.frame.time_s)
            self._apply()

    def _unmark(self) -> None:
        self._player.playback.set_in(None)
        self._player.playback.set_out(None)
        self._apply()

    def _go_out(self) -> None:
        playback, source = self._player.playback, self._player.source
        if source is not None:
            self._player.seek(source.duration_s or 0.0 if playback.out_s is None else playback.out_s)

    def _set_loop(self) -> None:
        self._player.playback.loop = self._loop.isChecked()
        self._apply()

    def _apply(self) -> None:
        self._player.keep_to_points()
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.shown.emit(self._player.playback.in_s, self._player.playback.out_s)
