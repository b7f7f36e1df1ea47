"""Many clips: asks once for the formats, works on the queue in the background, and shows it in its panel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from app.window.core.file_names import show_in_folder
from app.window.core.tasks import nothing
from app.window.i18n.tr import tr
from app.window.i18n.translations import installed_language
from app.window.parts import WindowParts
from app.window.review.queue_panel import QueuePanel
from app.window.widgets.file_dialogs import VIDEO_ENDINGS, pick_clips
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.engine.clip_queue import ClipQueue, QueuedClip
    from app.window.dialogs.queue_dialog import QueueDialog

MAX_CLIPS = 10_000
"""Number of clips that a folder may have."""


class ClipQueueController(QObject):
    """Owns the queue of the window, its panel and the dialog that asks for formats.

    ``source_chosen`` emits the path of a clip that the user opens.
    """

    source_chosen = pyqtSignal(str)

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._queue: ClipQueue | None = None
        self._running = False
        self.dialog: QueueDialog | None = None
        self.panel = QueuePanel()
        parts.docks.dock("queue", tr("Queue"), self.panel, Qt.DockWidgetArea.LeftDockWidgetArea, 320)
        parts.actions["queue"].triggered.connect(lambda _: self._ask_for_clips())
        self.panel.open_requested.connect(self.source_chosen)
        self.panel.pause_requested.connect(self._pause)
        self.panel.remove_requested.connect(self._remove)
        self.panel.again_requested.connect(self._again)
        self.panel.folder_requested.connect(show_in_folder)

    def take(self, paths: Sequence[Path]) -> None:
        """Ask what to do with the videos among ``paths`` and in their folders; without one, open the first path."""

        def found(clips: list[Path]) -> None:
            if len(clips) > 1 or (clips and paths[0].is_dir()):
                self._ask_for_formats(clips)
            else:
                self.source_chosen.emit(str(paths[0]))

        self._parts.background.run("clips", partial(clips_in, paths), found, nothing, self)

    def add(self, clips: Sequence[tuple[Path, list[Path]]]) -> None:
        """Put clips with their outputs at the end of the queue, show it, and work on it."""
        from app.engine.clip_queue import ClipQueue, QueuedClip

        if self._queue is None:
            self._queue = ClipQueue(self._parts.player.clip_analysis.projects)
        self._queue.add([QueuedClip(str(clip), outputs) for clip, outputs in clips])
        self._parts.docks.dock_of("queue").show()
        self._show()
        self._start()

    def _ask_for_clips(self) -> None:
        if clips := pick_clips(self._parts.window, self._parts.preferences.folder):
            self._ask_for_formats(clips)

    def _ask_for_formats(self, clips: list[Path]) -> None:
        from app.window.dialogs.queue_dialog import QueueDialog

        self.dialog = QueueDialog(clips, self._parts.preferences, self._parts.window)
        self.dialog.chosen.connect(self.add)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _start(self) -> None:
        """Work on the queue until nothing waits, with the present models."""
        parts, queue, pipeline = self._parts, self._queue, self._parts.loader.pipeline
        if queue is None or self._running or not queue.waiting:
            return
        if pipeline is None:
            parts.stack.banner.notify(Notice("warning", parts.loader.why_none(), topic="queue"))
            return
        self._running = True
        changed = parts.background.callback(self._show, self)
        style, task = parts.panel.draw_style({}), parts.background.new_task()
        work = partial(
            queue.run,
            pipeline,
            style,
            language=installed_language(),
            changed=lambda clip: changed(),
            cancelled=lambda: task.is_cancelled,
        )
        parts.background.run("queue", work, lambda _: self._end(), self._fail, self)

    def _end(self) -> None:
        self._running = False
        self._show()
        self._start()  # what was added at the last moment

    def _fail(self, error: Exception) -> None:
        self._running = False
        self._parts.stack.banner.notify(Notice("error", sentence_of(error)))

    def _show(self) -> None:
        if self._queue is not None:
            self.panel.show_clips(self._queue.clips, self._queue.paused)

    def _pause(self, wanted: bool) -> None:
        if self._queue is not None:
            (self._queue.pause if wanted else self._queue.resume)()
            self._show()

    def _remove(self, clips: list[QueuedClip]) -> None:
        if self._queue is not None:
            for clip in clips:
                self._queue.remove(clip)
            self._show()

    def _again(self, clips: list[QueuedClip]) -> None:
        if self._queue is not None:
            for clip in clips:
                if clip.state == "failed":
                    self._queue.again(clip)
            self._start()


def clips_in(paths: Sequence[Path]) -> list[Path]:
    """The videos among ``paths``, and in the folders among them and below, in the order of their names."""
    endings = tuple(VIDEO_ENDINGS.split())
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [file for file in inside if file.suffix.lower() in endings and file.is_file()]
    return list(dict.fromkeys(found))[:MAX_CLIPS]
