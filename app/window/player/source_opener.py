"""Opens the requested source in a background thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from app.core.address import path_of
from app.core.settings import Rotate
from app.window.core.model_files import locate_model
from app.window.core.tasks import Task, TaskRunner, nothing
from app.window.i18n.tr import tr
from app.window.player.drawn_film import note_of, people_of_film
from app.window.player.project_people import open_project_file, people_of_project
from app.window.player.recording_files import is_recording, video_of
from app.window.player.source_name import DEMO, short_name

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.analysis import Analysis
    from app.core.film_note import FilmNote
    from app.engine import Engine
    from app.pipeline import Pipeline
    from app.project.opened_project import OpenedProject
    from app.sinks.jsonl_reader import Recording
    from app.sources import Notify, Source, SourceEvent

LIVE_FRAMES = 9_000
"""Number of frames of a live source that its analysis keeps: five minutes at 30 frames a second."""


class Opened(NamedTuple):
    """An opened ``source``.

    ``text`` is the address of the source, ``film`` the file or address that it is read from, ``people`` the recording
    whose people are shown over it, ``note`` what Stance wrote into the film when it made it. ``flush_events`` passes on
    the events of the opening, and all later ones at once. ``project`` is the project by which it was requested.
    ``rotate``: how the frames are rotated.
    """

    text: str
    film: str
    source: Source
    people: Recording | None
    note: FilmNote | None
    flush_events: Callable[[], None]
    project: OpenedProject | None = None
    rotate: Rotate = "auto"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request to show ``limit`` frames of the source ``text`` from ``start_s`` to ``end_s``, beginning at ``at_s``.

    ``paused`` shows the first frame of a file and waits; ``for_recording`` waits before it, so that a recording which
    is started now has it. A camera waits before its first frame in both cases.
    """

    text: str = ""
    start_s: float = 0.0
    end_s: float | None = None
    limit: int | None = None
    paused: bool = False
    at_s: float | None = None
    for_recording: bool = False

    @property
    def waits(self) -> bool:
        """Whether the source is not played before the user asks for it."""
        return self.paused or self.for_recording


class SourceOpener(QObject):
    """Opens sources in ``background``, one at a time: a new request cancels the one before.

    Owns the task of the request that is being opened; ``opened`` hands the task over with the source.
    """

    activity_changed = pyqtSignal(str)  # what is being opened; empty: nothing
    opened = pyqtSignal(object, object, object)  # OpenRequest, Opened, Task
    refused = pyqtSignal(object, object)  # OpenRequest, the exception
    failed = pyqtSignal(object)  # the exception of closing a source that was opened in vain

    def __init__(self, background: TaskRunner, rotate: Rotate, parent: QObject) -> None:
        super().__init__(parent)
        self.rotate: Rotate = rotate
        self._background = background
        self._task: Task | None = None

    def open(
        self, request: OpenRequest, shown: str, live: Engine | None, hear: Callable[[Task, SourceEvent], None]
    ) -> None:
        """Open the source of ``request`` while ``shown`` is shown, by the engine ``live`` where that is live.

        ``hear`` gets the events of the source in the window's thread, until its task is cancelled.
        """
        task = self._task = self._background.new_task(self._task)
        self.activity_changed.emit(tr("Opening {name}", name=short_name(request.text)))
        notify = self._background.callback(partial(hear, task), self, task)
        show_activity = self._background.callback(self.activity_changed.emit, self, task)

        def work() -> Opened:
            return open_request(request, self.rotate, shown, live, notify, show_activity, task)

        def done(opened: Opened) -> None:
            self._task = None
            self.activity_changed.emit("")
            self.opened.emit(request, opened, task)

        def failed(error: Exception) -> None:
            self._task = None
            self.activity_changed.emit("")
            self.refused.emit(request, error)

        def discard(opened: Opened) -> None:
            self._background.queue(opened.source.close, nothing, self.failed.emit, self)

        self._background.run("open", work, done, failed, self, task, discard)

    def cancel(self) -> None:
        """Open nothing; a source that is opened already is shown on."""
        if self._task is not None:
            self._task.cancel()
            self._task = None


def open_request(
    request: OpenRequest,
    rotate: Rotate,
    shown: str,
    live: Engine | None,
    notify: Notify,
    show_activity: Callable[[str], None],
    task: Task,
) -> Opened:
    """Open what ``request`` asks for, in a background thread; of a file only that part.

    ``shown`` is the text of the source that is shown, ``live`` its engine where it is a camera or stream; ``notify``
    gets the events of the new source. Raises StanceError where it cannot be opened or ends before the requested start,
    CancelledError where ``task`` was cancelled during a download.
    """
    import app.engine.background_pass  # slow imports, done here to keep them out of the window's thread
    import app.sources.lazy_clip
    import app.window.player.kept_results  # noqa: F401
    from app.sinks.jsonl_reader import read_recording
    from app.sources import open_source
    from app.sources.camera_mode import split_mode
    from app.sources.early_events import EarlyEvents
    from app.sources.excerpt import Part
    from app.sources.frame_cache import CachedSource
    from app.sources.start import check_start

    text = request.text
    if live is not None and split_mode(shown)[0] == split_mode(text)[0]:
        live.stop()  # a camera can be opened once: it is released before it is opened in another size
    project = open_project_file(text)
    people = read_recording(Path(text)) if is_recording(text) else people_of_project(project)
    address = video_of(people, Path(text), "" if live is not None else shown) if is_recording(text) and people else text
    if project is not None:
        address = str(project.clip)
        rotate = project.run.info.part.rotate if project.run is not None else rotate
    film = str(locate_model(address, show_activity, task)) if address == DEMO else address
    events = EarlyEvents(notify)
    source = open_source(film, rotate=rotate, notify=events)
    try:
        check_start(source, request.start_s)
        part = Part(request.start_s, request.end_s, request.limit)
        shown_part = part.of(source if source.live or source.still else CachedSource(source))
    except BaseException:
        source.close()
        raise
    note = note_of(source)
    if note is not None:
        people = people_of_film(note, path_of(film), source.size[0], people, Path(text) if people else None)
    return Opened(address, film, shown_part, people, note, events.flush, project, rotate)


def new_analysis(pipeline: Pipeline, source: Source, before: Analysis | None = None) -> Analysis:
    """An empty analysis for the people that ``pipeline`` finds in ``source``.

    ``before`` is the previous analysis of the source; where that is live, its people keep ids, names and order.
    """
    from app.analysis import Analysis

    return Analysis(pipeline.skeleton, LIVE_FRAMES, before) if source.live else Analysis(pipeline.skeleton)
