"""The last seconds of a live source, kept in memory so that they can be saved afterwards, or shown later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.errors import StanceError
from app.window.core.tasks import TaskRunner
from app.window.i18n.translations import installed_language
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.core.people import Frame, FramePoses
    from app.engine import Engine
    from app.overlay import DrawStyle
    from app.sinks.replay_buffer import ReplayBuffer

Write = Callable[[list[Path]], None]


class LastSeconds(QObject):
    """Owns the replay buffer of the live source that ``player`` shows; it holds the last ``seconds`` (0: nothing).

    For a delayed picture it holds more; see ``hold``.
    """

    saved = pyqtSignal(list)  # the paths
    failed = pyqtSignal(object)

    def __init__(
        self, background: TaskRunner, player: Player, draw_style: Callable[[], DrawStyle], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.seconds = 10.0
        self._held_s = 0.0
        self._background = background
        self._player = player
        self._draw_style = draw_style
        self._buffer: ReplayBuffer | None = None
        self._engine: Engine | None = None

    def follow_source(self) -> None:
        """Start a new buffer where another live source is shown, or the first models are loaded."""
        engine, pipeline = self._player.engine, self._player.pipeline
        if engine is None or pipeline is None or engine is self._engine or not engine.source.live or not self._wanted_s:
            return
        if not engine.alive:
            return
        from app.sinks.replay_buffer import ReplayBuffer

        self._buffer, self._engine = ReplayBuffer(self._wanted_s), engine
        engine.add_sink(self._buffer)

    @property
    def available(self) -> bool:
        """Whether there is something to be saved of the shown source."""
        return bool(self.seconds) and self._present is not None

    def hold(self, seconds: float) -> None:
        """Hold at least the last ``seconds`` from now on, also where fewer are to be saved."""
        self._held_s = seconds
        if (buffer := self._present) is not None:
            buffer.seconds = self._wanted_s
        else:
            self.follow_source()

    def behind(self, time_s: float) -> tuple[Frame, FramePoses] | None:
        """The frame of the shown source at ``time_s``, or the oldest that is held; None without any."""
        buffer = self._present
        return buffer.at(time_s) if buffer is not None else None

    @property
    def _wanted_s(self) -> float:
        return max(self.seconds, self._held_s)

    @property
    def _present(self) -> ReplayBuffer | None:
        """The buffer of the shown source."""
        return self._buffer if self._engine is self._player.engine else None

    def take(self) -> Write | None:
        """Freeze the present content; returns a function that saves it into files, None without a buffer."""
        buffer, source, pipeline = self._buffer, self._player.source, self._player.pipeline
        if buffer is None or source is None or pipeline is None or not self.available:
            return None
        shown = self._player.current
        snapshot = buffer.snapshot(self.seconds, shown.frame.time_s if shown is not None else 0.0)
        style, text = self._draw_style(), self._player.text
        language, scale, analysis = installed_language(), self._player.scale, self._player.analysis

        def write(paths: list[Path]) -> None:
            def work() -> list[Path]:
                from app.engine.header import make_header, with_people, with_scale
                from app.sinks import open_sinks
                from app.sinks.staging import Staging

                header = with_scale(make_header(text, source, pipeline, language), scale, style.threshold)
                header, named = with_people(header, style, analysis)
                with Staging(paths) as staged:
                    try:
                        snapshot.write_to(open_sinks(staged.paths, header, named))
                    except StanceError as error:
                        raise StanceError(staged.named(error.message)) from None
                    return staged.finish([path for path in staged.paths if path.exists()])

            self._background.run("ring", work, self.saved.emit, self.failed.emit, self)

        return write
