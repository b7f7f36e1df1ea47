"""What the files say about a run before its first frame."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path

from app.address import path_of, without_secrets
from app.pipeline import Pipeline
from app.sinks import Header
from app.sources import Source


def describe(text: str, source: Source, pipeline: Pipeline) -> Header:
    """The header of files recorded from ``source``, which was asked for as ``text``; they hold no password."""
    return Header(
        source=without_secrets(text),
        size=source.size,
        fps=source.fps,
        skeleton=pipeline.skeleton,
        pose_model=pipeline.estimator.card.name,
        detector=pipeline.detector.name,
        device_requested=pipeline.settings.device,
        device_actual=pipeline.device,
        source_file=source_file(source),
        still=source.still,
    )


def source_file(source: Source) -> Path | None:
    """The video file that ``source`` reads, None for cameras, streams and pictures."""
    path = path_of(source.name)
    return path if not source.live and not source.still and isfile(path) else None
