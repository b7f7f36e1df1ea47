"""What files know of their run before the first frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from app.analysis.scale import Scale
from app.core.film_options import AS_SOURCE, FilmOptions
from app.core.settings import REPEATED, Language, Settings
from app.core.skeleton import Skeleton

if TYPE_CHECKING:
    from app.analysis import Analysis
    from app.sinks.clip_scale import ClipScale


@dataclass(slots=True)
class ClipPeople:
    """The people of the whole clip in ``analysis``, which is set before the first frame is written.

    The film shows the frames from ``start_s`` to before ``end_s``, in seconds.
    """

    analysis: Analysis | None = None
    start_s: float = 0.0
    end_s: float = inf

    @property
    def span_s(self) -> tuple[float, float]:
        """The times of the first and the last frame of the film, in seconds."""
        frames = self.analysis.frames() if self.analysis is not None else []
        times_s = [one.time_s for one in frames if self.start_s <= one.time_s < self.end_s]
        return (times_s[0], times_s[-1]) if times_s else (self.start_s, self.start_s)


@dataclass(frozen=True, slots=True)
class Header:
    """What is known before the first frame; written to the header of files that have one.

    ``size`` is (width, height) in pixels, ``fps`` the nominal frame rate or None, ``source_file`` the video whose audio
    is copied (None if there is none). Times of a ``live`` source count from its first frame. ``pictures`` are the names
    of all frames of a ``still`` source. ``notes`` are further lines of the header, by name. ``facing`` is the side that
    people face, by id (-1 left, 1 right, 0 the camera), where the user has chosen it, which may change while frames are
    written. Reports name the ``settings``, and are in ``language`` ("en" or "zh"). ``has_pictures`` is False if the
    frames are blank. Repetitions are counted of the angle ``repeated``; ``with_events``: the last of the JSON lines has
    events and measures. ``scale`` turns pixels into meters, None if unknown; ``measure`` finds it at the end.
    ``filled``: people may be ``filled``.
    Films are made as ``film`` says; ``people`` are those of the whole clip, where the film needs them.
    """

    source: str
    size: tuple[int, int]
    fps: float | None
    skeleton: Skeleton
    pose_model: str
    detector: str
    device_requested: str
    device_actual: str
    source_file: Path | None = None
    still: bool = False
    live: bool = False
    pictures: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    facing: Mapping[int, int] = field(default_factory=dict)
    settings: Settings | None = None
    language: Language = "en"
    has_pictures: bool = True
    repeated: str = REPEATED
    with_events: bool = False
    scale: Scale | None = None
    measure: ClipScale | None = None
    filled: bool = False
    film: FilmOptions = AS_SOURCE
    people: ClipPeople | None = None

    @property
    def known_scale(self) -> Scale | None:
        """The scale; that of all frames so far where it is measured."""
        return self.scale if self.measure is None else self.measure.find()

    @property
    def sizes(self) -> Mapping[int, float]:
        """By what points in three dimensions are multiplied, by the id of the person; see ``size_factors``."""
        return {} if self.measure is None else self.measure.sizes()
