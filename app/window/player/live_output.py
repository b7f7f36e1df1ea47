"""Sends the people of the shown frames to other programs, and follows the shown source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.window.core.tasks import CancelledError, TaskRunner, nothing
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.engine import Engine
    from app.overlay import DrawStyle
    from app.pipeline import Pipeline
    from app.sinks.output import Output

Target = tuple[tuple[LiveAddress, ...], "Engine | None", "Pipeline | None"]
NOWHERE: Target = ((), None, None)


class LiveOutput(QObject):
    """Owns what sends to ``addresses``, for as long as there are any; ``follow_source`` is called on every change.

    Addresses are opened again for each source and each pipeline, because the first line says what they are. One that
    cannot be opened switches all off. ``draw_style`` returns how people are drawn, with their names.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(object)
    missed = pyqtSignal(object)  # a sentence on frames that were not sent

    def __init__(
        self, background: TaskRunner, player: Player, draw_style: Callable[[], DrawStyle], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.addresses: tuple[LiveAddress, ...] = ()
        self._background = background
        self._player = player
        self._draw_style = draw_style
        self._sinks: list[Output] = []
        self._at = NOWHERE
        self._opening = False

    @property
    def sending(self) -> bool:
        """Whether frames are being sent."""
        return bool(self._sinks) and not self._opening and self._at == self._target()

    def send(self, addresses: Sequence[LiveAddress]) -> None:
        """Send to ``addresses`` alone from now on; to none: end."""
        self.addresses = tuple(addresses)
        self.follow_source()
        self.changed.emit()

    def follow_source(self) -> None:
        """Send what is shown now; closes what was open for another source before."""
        target = self._target()
        if self._opening or target == self._at:
            return
        old, old_engine = self._sinks, self._at[1]
        self._sinks, self._at, self._opening = [], target, True
        opened = self._opener(target)

        def work() -> tuple[list[Output], list[str]]:
            missed = _close(old, old_engine)
            made = opened()
            if self._background.closing.is_set():
                _close(made, None)
                raise CancelledError
            return made, missed

        self._background.run("send", work, self._take, self._fail, self)

    def _target(self) -> Target:
        """What is to be sent, from where: nothing unless a source runs and the models are loaded."""
        engine, pipeline = self._player.engine, self._player.pipeline
        if not self.addresses or engine is None or pipeline is None or not engine.alive:
            return NOWHERE
        return self.addresses, engine, pipeline

    def _opener(self, target: Target) -> Callable[[], list[Output]]:
        """A function that opens the addresses of ``target``, for another thread."""
        addresses, engine, pipeline = target
        if engine is None or pipeline is None:
            return list
        text, analysis, style = self._player.text, self._player.analysis, self._draw_style()

        def opened() -> list[Output]:
            from app.engine.header import make_header, with_people
            from app.sinks.live import open_senders

            header, named = with_people(make_header(text, engine.source, pipeline), style, analysis)
            return open_senders(addresses, header, named.names)

        return opened

    def _take(self, made: tuple[list[Output], list[str]]) -> None:
        self._opening = False
        self._sinks, missed = made
        for sentence in missed:
            self.missed.emit(sentence)
        engine = self._at[1]
        try:
            for sink in self._sinks:
                assert engine is not None
                engine.add_sink(sink)
        except StanceError:  # the engine has ended meanwhile
            sinks, self._sinks = self._sinks, []
            self._background.queue(lambda: _close(sinks, engine), nothing, nothing, self)
        self.follow_source()
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._opening, self.addresses, self._at = False, (), NOWHERE
        self.changed.emit()
        self.failed.emit(error)


def _close(sinks: Sequence[Output], engine: Engine | None) -> list[str]:
    """Close ``sinks``, which ``engine`` feeds; returns sentences on what was not sent."""
    missed: list[str] = []
    for sink in sinks:
        if engine is not None:
            engine.remove_sink(sink)
        sink.close()  # also where the engine is still ending
        missed += getattr(sink, "warnings", ())
    return missed
