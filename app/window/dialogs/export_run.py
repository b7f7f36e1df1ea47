"""One export in the background: its progress, its end, cancelling it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.film_options import AS_SOURCE, FilmOptions
from app.window.core.tasks import TaskRunner
from app.window.i18n.translations import installed_language
from app.window.player.player import Player

if TYPE_CHECKING:
    from app.overlay import DrawStyle

ESTIMATE_AFTER_S = 1.0
"""The remaining time is estimated after this many seconds."""


class ExportRun(QObject):
    """Exports the source of ``player``, once at a time; analysed frames are not analysed again.

    ``progressed`` emits the number of frames done, that of all and the seconds left (None: unknown). The end emits
    ``written`` (the paths, and sentences about files that were not written) or ``failed`` (an error).
    """

    progressed = pyqtSignal(int, object, object)
    written = pyqtSignal(object, object)
    failed = pyqtSignal(object)

    def __init__(self, background: TaskRunner, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self.running = False
        self._background = background
        self._player = player
        self._task = background.new_task()
        self._started_s = 0.0

    @property
    def is_cancelled(self) -> bool:
        """Whether the last export was cancelled; it still runs until its files are removed."""
        return self._task.is_cancelled

    def start(
        self,
        paths: list[Path],
        style: DrawStyle,
        *,
        whole: bool,
        cutoff_hz: float | None = None,
        film: FilmOptions = AS_SOURCE,
    ) -> None:
        """Write ``paths``, drawn in ``style``: the ``whole`` file or the part between the points. Needs a pipeline.

        With ``cutoff_hz`` people are smoothed over all of that, below this frequency. Films are made as ``film`` says.
        """
        player = self._player
        pipeline, analysis, clip, rotate = player.pipeline, player.analysis, player.film, player.rotate
        assert pipeline is not None
        bounds = (0.0, None) if whole else (player.playback.start_s, player.playback.end_s)
        limits, language, scale, repeated = player.limits, installed_language(), player.scale, player.repeated
        report = self._background.callback(self._report, self)
        task = self._task = self._background.new_task()
        self.running, self._started_s = True, time.monotonic()
        missing: list[str] = []

        def work() -> list[Path]:
            from app.analysis.offline_smoothing import OfflineSmoothing
            from app.engine.clip_export import Span, export
            from app.sources.excerpt import Part

            return export(
                clip,
                paths,
                pipeline,
                style,
                Span(*bounds),
                part=Part(*limits),
                rotate=rotate,
                language=language,
                analysis=analysis,
                scale=scale,
                repeated=repeated,
                smoothing=None if cutoff_hz is None else OfflineSmoothing(cutoff_hz, style.threshold),
                film=film,
                progress=report,
                cancelled=lambda: task.is_cancelled,
                missing=missing.append,
            )

        def done(made: list[Path]) -> None:
            self.running = False
            self.written.emit(made, missing)

        def failed(error: Exception) -> None:
            self.running = False
            self.failed.emit(error)

        self._background.run("export", work, done, failed, self)

    def cancel(self) -> None:
        """Cancel the export; its files are removed."""
        self._task.cancel()

    def _report(self, done: int, total: int | None) -> None:
        if self.running and not self._task.is_cancelled:
            elapsed_s = time.monotonic() - self._started_s
            known = done and total and elapsed_s > ESTIMATE_AFTER_S
            left_s = elapsed_s / done * max(total - done, 0) if known and total else None
            self.progressed.emit(done, total, left_s)
