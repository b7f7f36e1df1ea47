"""What the player shows: the opened source with its engine, and the request that opened it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.core.scale_options import NO_SCALE, ScaleOptions
from app.core.settings import REPEATED, Rotate
from app.window.player.source_name import short_name
from app.window.player.source_opener import Opened, OpenRequest
from app.window.player.stated_scale import StatedScale

if TYPE_CHECKING:  # these import OpenCV and ONNX Runtime, which the window does not wait for
    from app.analysis import Analysis
    from app.core.film_note import FilmNote
    from app.core.settings import Settings
    from app.engine import Engine, EngineEvent, Result
    from app.project.opened_project import OpenedProject
    from app.sinks.jsonl_reader import Recording
    from app.sources import Source
    from app.window.core.tasks import Task


@dataclass(slots=True)
class Session:
    """One source from opening to closing; without ``engine`` and ``source`` it is closed, or none was opened yet.

    ``text``, ``film``, ``note``, ``project`` and ``rotate`` are those of ``Opened``. Results and events of the source
    count until ``task`` is cancelled. ``scale`` is what the user states about the size of things. ``recorded``: the
    people are those of a recording, and ``depth_by`` the network that their third dimension is from. ``has_ended``: the
    engine has failed, or a live source has reached its limit of frames.
    ``waits``: a file shows its first frame and waits for the models.
    """

    request: OpenRequest = field(default_factory=OpenRequest)
    text: str = ""
    film: str = ""
    note: FilmNote | None = None
    source: Source | None = None
    engine: Engine | None = None
    task: Task | None = None
    recorded: bool = False
    depth_by: str = ""
    has_ended: bool = False
    waits: bool = False
    project: OpenedProject | None = None
    rotate: Rotate = "auto"
    scale: ScaleOptions = NO_SCALE

    @property
    def is_over(self) -> bool:
        """Whether no further frame comes until the source is opened again."""
        return self.has_ended or (self.engine is not None and not self.engine.alive)

    def awaits(self, settings: Settings) -> bool:
        """Whether other settings than these are requested, those of the project, before the clip is analysed."""
        run = self.project.run if self.project is not None else None
        return run is not None and not self.recorded and run.info.settings != settings

    @property
    def can_wait(self) -> bool:
        """Whether the source is a file that begins to play once it is opened, and whose people are to be found."""
        source = self.source
        return source is not None and not (self.request.waits or source.live or source.still or self.recorded)

    @property
    def shows_first(self) -> bool:
        """Whether it waits with its first frame shown."""
        source, request = self.source, self.request
        if source is None or source.live or request.for_recording:
            return False
        return source.still or self.waits or request.paused

    @property
    def live_engine(self) -> Engine | None:
        """The engine, where its source is a camera or stream."""
        return self.engine if self.source is not None and self.source.live else None


class SessionView:
    """Properties of the present session, for the player's users.

    ``default_scale`` is that of the command line, which holds for every source that is opened. Repetitions are counted
    of the angle ``repeated``, in the panel of measures and in files.
    """

    _session: Session
    default_scale: ScaleOptions = NO_SCALE
    repeated: str = REPEATED

    @property
    def session(self) -> Session:
        """The present session."""
        return self._session

    @property
    def scale(self) -> ScaleOptions:
        """What the user states about the size of things in the picture."""
        return self._session.scale

    @scale.setter
    def scale(self, scale: ScaleOptions) -> None:
        self._session.scale = scale

    @property
    def stated_scale(self) -> StatedScale:
        """``scale`` with what it needs to be found."""
        source = self.source
        return StatedScale(self.scale, source.size, self.text) if source is not None else StatedScale()

    def scale_of(self, request: OpenRequest, people: Recording | None) -> ScaleOptions:
        """The scale with which ``request`` begins: the present one, if the same source is opened again.

        Else it is that of the recorded ``people``, or of the command line.
        """
        if request.text == self.asked:
            return self.scale
        return people.scale if people is not None and people.scale else self.default_scale

    @property
    def source(self) -> Source | None:
        """The source that is shown."""
        return self._session.source

    @property
    def engine(self) -> Engine | None:
        """The engine that shows the source."""
        return self._session.engine

    @property
    def rotate(self) -> Rotate:
        """How the frames of the source are rotated."""
        return self._session.rotate

    @property
    def asked(self) -> str:
        """The text by which the source was requested, for example a recording's path."""
        return self._session.request.text

    @property
    def text(self) -> str:
        """The address of the source: of the video of a recording, say."""
        return self._session.text

    @property
    def film(self) -> str:
        """The file or address that the source is read from."""
        return self._session.film

    @property
    def film_note(self) -> FilmNote | None:
        """What Stance wrote into the film when it made it; None for other sources."""
        return self._session.note

    @property
    def limits(self) -> tuple[float, float | None, int | None]:
        """The part of the file that was asked for: start and end in seconds, number of frames."""
        request = self._session.request
        return request.start_s, request.end_s, request.limit

    @property
    def recorded(self) -> bool:
        """Whether the people are those of a recording."""
        return self._session.recorded

    @property
    def over(self) -> bool:
        """Whether no further frame comes until the source is played again."""
        return self._session.is_over

    @property
    def project(self) -> OpenedProject | None:
        """The project that the user has opened; None if it was not opened as a project."""
        return self._session.project

    @property
    def title(self) -> str:
        """The display name of the source."""
        return short_name(self.text)

    @property
    def seekable(self) -> bool:
        """Whether the source has a timeline."""
        return self.source is not None and not self.source.live


def session_of(request: OpenRequest, opened: Opened, task: Task) -> Session:
    """The session of what was opened for ``request``, without an engine."""
    session = Session(request, opened.text, opened.film, opened.note, opened.source)
    session.rotate = opened.rotate
    session.project, session.recorded, session.task = opened.project, opened.people is not None, task
    session.depth_by = opened.people.depth_by if opened.people is not None else ""
    return session


def make_engine(
    session: Session,
    analysis: Analysis | None,
    on_result: Callable[[Result], None],
    on_event: Callable[[EngineEvent], None],
) -> Engine:
    """An engine for the source of ``session``, not started; people that ``analysis`` has are taken from there."""
    from app.engine import Engine

    request, source = session.request, session.source
    assert source is not None
    return Engine(
        source,
        analysis=analysis,
        on_result=on_result,
        on_event=on_event,
        real_time=True,
        # A file was opened as the requested part of it; of a live source the engine counts the frames.
        end_s=request.end_s if source.live else None,
        limit=request.limit if source.live else None,
        paused=request.waits or source.still or session.waits,
        pause_at_end=not source.live,
    )
