"""The header that recorded files begin with."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from os.path import isfile
from pathlib import Path

from app.analysis import Analysis
from app.core.address import path_of, without_secrets
from app.core.film_options import FilmOptions
from app.core.live_mapping import LiveMapping
from app.core.scale_options import ScaleOptions
from app.core.settings import Language
from app.overlay import DrawStyle
from app.pipeline import Pipeline
from app.sinks import Header
from app.sinks.clip_scale import ClipScale
from app.sinks.header import ClipPeople
from app.sources import Source
from app.sources.calibration import read_calibration


def make_header(text: str, source: Source, pipeline: Pipeline, language: Language = "en") -> Header:
    """The header of files recorded from ``source``, whose address is ``text``; passwords are left out.

    Reports are in ``language``.
    """
    return Header(
        source=without_secrets(text),
        size=source.size,
        fps=source.fps,
        skeleton=pipeline.skeleton,
        pose_model=pipeline.info.name,
        detector=pipeline.detector_name,
        notes=pipeline.notes,
        device_requested=pipeline.settings.device,
        device_actual=pipeline.device,
        source_file=source_file(source),
        still=source.still,
        live=source.live,
        pictures=tuple(map(source.frame_name, range(source.frames or 0))) if source.still else (),
        settings=pipeline.settings,
        language=language,
    )


def with_scale(header: Header, options: ScaleOptions, threshold: float, people: Analysis | None = None) -> Header:
    """``header`` with what finds the scale that ``options`` states; without one, ``header`` itself.

    The scale follows from ``people``, if they are given, else from the people that are written. Keypoints below
    ``threshold`` are unknown. Raises StanceError for a calibration file that cannot be used.
    """
    if not options:
        return header
    path = options.calibration
    calibration = read_calibration(path, header.size, header.source) if path is not None else None
    clip = ClipScale(options, header.skeleton, header.size, threshold, calibration, people)
    return replace(header, measure=clip)


def with_people(header: Header, style: DrawStyle, people: Analysis | None) -> tuple[Header, DrawStyle]:
    """``header`` and ``style`` with the sides and names that the user gives to ``people``, also during a recording."""
    if people is None:
        return header, style
    facing, names = LiveMapping(people.chosen_facing), LiveMapping(people.names)
    return replace(header, facing=facing), replace(style, names=names)


def smoothed_header(header: Header, cutoff_hz: float) -> Header:
    """``header`` of files whose people are smoothed over the whole clip, below ``cutoff_hz``."""
    return replace(header, notes={**header.notes, "smoothing": f"offline, {cutoff_hz:g} Hz"}, filled=True)


def with_film(header: Header, film: FilmOptions, start_s: float = 0.0, end_s: float | None = None) -> Header:
    """``header`` of films as ``film`` says, from ``start_s`` to before ``end_s`` (None: the end), in seconds.

    ``people`` of the header are to be set before the first frame is written, unless it has none.
    """
    if not film.needs_people:
        return replace(header, film=film)
    return replace(header, film=film, people=ClipPeople(start_s=start_s, end_s=inf if end_s is None else end_s))


def source_file(source: Source) -> Path | None:
    """The video file of ``source``; None for cameras, streams and pictures."""
    path = path_of(source.name)
    return path if not source.live and not source.still and isfile(path) else None
