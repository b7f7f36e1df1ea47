"""The header that recorded files begin with."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from app.core.address import path_of, without_secrets
from app.core.settings import Language
from app.pipeline import Pipeline
from app.sinks import Header
from app.sources import Source


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


def source_file(source: Source) -> Path | None:
    """The video file of ``source``; None for cameras, streams and pictures."""
    path = path_of(source.name)
    return path if not source.live and not source.still and isfile(path) else None
