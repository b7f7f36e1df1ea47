"""Many clips: asks once for the formats, works on the queue in the background, and shows it in its panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from app.window.core.file_names import show_in_folder
from app.window.core.tasks import nothing
from app.window.i18n.tr import tr
from app.window.i18n.translations import installed_language
from app.window.parts import WindowParts
from app.window.review.queue_panel import QueuePanel
from app.window.widgets.file_dialogs import VIDEO_ENDINGS, pick_clip_folder, pick_clips
from app.window.widgets.notification import Notice, sentence_of

if TYPE_CHECKING:
    from app.engine.clip_queue import ClipQueue, QueuedClip
    from app.window.dialogs.queue_dialog import QueueDialog

MAX_CLIPS = 10_000
"""Number of clips that a folder may have."""
QUEUE = "queue"
"""Name of the panel, and of what it saves."""
YIELD_S = 5.0
"""Longest time until the queue has left a clip that the window analyses itself, in seconds."""
FOLLOW_MS = 500
"""Interval between two looks at which clip the window analyses itself, in milliseconds."""


class ClipQueueController(QObject):
    """Owns the queue of the window, its panel and the dialog that asks for formats.

    ``source_chosen`` emits the path of a clip that the user opens.
    """

    source_chosen = pyqtSignal(str)

    def __init__(self, parts: WindowParts) -> None:
        super().__init__(parts.window)
        self._parts = parts
        self._queue: ClipQueue | None = None
        self._running = self._restored = False
        self._following = QTimer(self)
        self._following.setInterval(FOLLOW_MS)
        self._following.timeout.connect(self._follow_player)
        self.dialog: QueueDialog | None = None
        self.panel = QueuePanel()
        parts.docks.dock(QUEUE, tr("Queue"), self.panel, Qt.DockWidgetArea.LeftDockWidgetArea, 320)
        parts.actions["queue"].triggered.connect(lambda _: self._ask_for_clips())
        parts.actions["queue-folder"].triggered.connect(lambda _: self._ask_for_folder())
        self.panel.open_requested.connect(self.source_chosen)
        self.panel.pause_requested.connect(self._pause)
        self.panel.remove_requested.connect(self._remove)
        self.panel.again_requested.connect(self._again)
        self.panel.folder_requested.connect(show_in_folder)
        parts.loader.loaded.connect(lambda _: self._restore())  # then what it imports is there already
        parts.player.opened.connect(self._follow_player)

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
        from app.engine.clip_queue import QueuedClip

        self._restore()
        self._opened().add([QueuedClip(str(clip), outputs) for clip, outputs in clips])
        self._parts.docks.dock_of(QUEUE).show()
        self._show()
        self._start()

    def _opened(self) -> ClipQueue:
        from app.engine.clip_queue import ClipQueue

        if self._queue is None:
            passes = self._parts.player.clip_analysis
            self._queue = ClipQueue(passes.projects)
            passes.before_pass = partial(self._queue.yield_to, wait_s=YIELD_S)
        return self._queue

    def _restore(self) -> None:
        """Show the clips that were not done when the window closed, paused."""
        if self._restored:
            return
        self._restored = True
        from app.engine.clip_queue import QueuedClip

        if left := read_clips(self._parts.preferences.part(QUEUE)):
            queue = self._opened()
            queue.add([QueuedClip(path, outputs) for path, outputs in left])
            queue.pause()
            self._show()

    def _follow_player(self) -> None:
        """Leave the clip that the window analyses itself to the window; what waited for that goes on."""
        if self._queue is not None:
            self._queue.leave(self._parts.player.clip_analysis.running)
            if not self._queue.waiting:
                self._following.stop()
            elif self._queue.can_work and not self._queue.paused:
                self._start()

    def _ask_for_clips(self) -> None:
        if clips := pick_clips(self._parts.window, self._parts.preferences.folder):
            self._ask_for_formats(clips)

    def _ask_for_folder(self) -> None:
        folder = pick_clip_folder(self._parts.window, self._parts.preferences.folder)
        if folder is None:
            return

        def found(clips: list[Path]) -> None:
            if clips:
                self._ask_for_formats(clips)
            else:
                sentence = tr("There are no videos in {folder}.", folder=folder)
                self._parts.stack.banner.notify(Notice("warning", sentence, topic="queue"))

        self._parts.background.run("clips", partial(clips_in, [folder]), found, nothing, self)

    def _ask_for_formats(self, clips: list[Path]) -> None:
        from app.window.dialogs.queue_dialog import QueueDialog

        self.dialog = QueueDialog(clips, self._parts.preferences, self._parts.window)
        self.dialog.chosen.connect(self.add)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _start(self) -> None:
        """Work on the queue until nothing waits, with the present models."""
        parts, queue, pipeline = self._parts, self._queue, self._parts.loader.pipeline
        if queue is None or self._running or queue.paused or not queue.waiting:
            return
        self._following.start()
        queue.leave(parts.player.clip_analysis.running)
        if not queue.can_work:
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
            left = {"clips": [[clip.path, *map(str, clip.outputs)] for clip in self._queue.clips if not clip.is_over]}
            if left != self._parts.preferences.part(QUEUE):
                self._parts.preferences.keep_part(QUEUE, left)

    def _pause(self, wanted: bool) -> None:
        if self._queue is not None:
            (self._queue.pause if wanted else self._queue.resume)()
            self._show()
            self._start()

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


def read_clips(saved: Mapping[str, object]) -> list[tuple[str, list[Path]]]:
    """The clips of a saved queue with their outputs; what is not valid is ignored."""
    rows = saved.get("clips")
    found = [row for row in rows if isinstance(row, list) and row] if isinstance(rows, list) else []
    texts = [row for row in found if all(isinstance(text, str) and text for text in row)]
    return [(row[0], [Path(text) for text in row[1:]]) for row in texts]


def clips_in(paths: Sequence[Path]) -> list[Path]:
    """The videos among ``paths``, and in the folders among them and below, in the order of their names."""
    endings = tuple(VIDEO_ENDINGS.split())
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [file for file in inside if file.suffix.lower() in endings and file.is_file()]
    return list(dict.fromkeys(found))[:MAX_CLIPS]
