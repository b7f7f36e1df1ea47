"""Opens the sink of each kind of file; what a kind needs is imported when one is opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.overlay import DrawStyle
from app.sinks import (
    ANIMATION_ENDINGS,
    KEYPOINT_FILES,
    KINOVEA,
    METRIC_ENDINGS,
    SHOWING_ENDINGS,
    UNMARKED_ENDINGS,
    VIDEO_ENDINGS,
    WHOLE_ENDINGS,
    Header,
    Sink,
    ending_of,
)


def open_sink(path: Path, header: Header, style: DrawStyle, data: Path | None) -> Sink:
    """Open the sink of ``path``, whose kind its ending decides; ``data`` are the JSON lines of the same run.

    Raises StanceError if the file cannot be created.
    """
    ending = ending_of(path)
    if ending in SHOWING_ENDINGS and style.privacy != "off":
        from app.sinks.private_frames import PrivateFrames

        return PrivateFrames(open_sink(path, header, replace(style, privacy="off"), data), header, style.privacy)
    if ending in VIDEO_ENDINGS:
        from app.sinks.video import Video

        return Video(path, header, style, data)
    if ending in ANIMATION_ENDINGS:
        from app.sinks.animation import Animation

        return Animation(path, header, style)
    if ending == ".jsonl":
        from app.sinks.jsonl import JsonLines

        lines = JsonLines(path, header, style.names)
        if not header.with_events:
            return lines
        from app.sinks.jsonl_events import JsonLinesWithEvents

        return _told_scale(JsonLinesWithEvents(lines, header, style.threshold), header)
    sink = _with_filled(_open_measured(path, ending, header, style), path, ending, header)
    if not header.live:
        return sink
    from app.sinks.from_zero import FromZero

    return FromZero(sink, header.fps)


def _with_filled(sink: Sink, path: Path, ending: str, header: Header) -> Sink:
    """``sink``, with a table of what was filled in beside a file that has no field for it."""
    if ending not in UNMARKED_ENDINGS:
        return sink
    from app.sinks.filled_table import WithFilledTable, marks_of, remove_earlier

    remove_earlier(path)
    return WithFilledTable(sink, path, marks_of(ending, header.skeleton))


def _open_measured(path: Path, ending: str, header: Header, style: DrawStyle) -> Sink:
    """Open a sink other than video and JSON lines; if there is to be a scale, one that asks for it at its end."""
    if header.measure is None or ending not in METRIC_ENDINGS:
        sink = _open_other(path, ending, header, style)
        return _told_scale(sink, header) if ending in WHOLE_ENDINGS else sink
    from app.sinks.in_meters import InMeters

    return InMeters(path, header, header.measure, lambda place, head: _open_other(place, ending, head, style))


def _told_scale(sink: Sink, header: Header) -> Sink:
    """``sink``, whose people decide about the scale of ``header`` if that is measured."""
    from app.sinks.clip_scale import Collecting

    return sink if header.measure is None else Collecting(sink, header.measure)


def _open_other(path: Path, ending: str, header: Header, style: DrawStyle) -> Sink:
    """Open a sink other than video and JSON lines."""
    if ending == ".csv":
        from app.sinks.csv import Csv

        return Csv(path, header, style.names)
    if ending == ".json":
        from app.sinks.coco import Coco

        return Coco(path, header, style.names, style.threshold)
    if ending == ".mmpose.json":
        from app.sinks.mmpose import MMPose

        return MMPose(path, header, style.names)
    if ending == KEYPOINT_FILES:
        from app.sinks.openpose import OpenPose

        return OpenPose(path, header)
    if ending == ".trc":
        from app.sinks.trc import Trc

        return Trc(path, header, style)
    if ending == KINOVEA:
        from app.sinks.kinovea import Kinovea

        return Kinovea(path, header, style)
    if ending == ".mot":
        from app.sinks.mot import Mot

        return Mot(path, header, style)
    if ending == ".events.csv":
        from app.sinks.events_csv import EventsCsv

        return EventsCsv(path, header, style)
    if ending == ".xlsx":
        from app.sinks.xlsx import Xlsx

        return Xlsx(path, header, style)
    if ending == ".html":
        from app.sinks.report import Report

        return Report(path, header, style)
    if ending == ".c3d":
        from app.sinks.motion.c3d import C3d

        return C3d(path, header, style)
    if ending == ".bvh":
        from app.sinks.motion.bvh import Bvh

        return Bvh(path, header, style)
    if ending == ".glb":
        from app.sinks.motion.glb import Glb

        return Glb(path, header, style)
    from app.sinks.image import Pictures

    return Pictures(path, header, style)
