"""Gives a finished recording the file names and formats that the user chooses afterwards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import av
import av.error
import numpy as np

from app.core.errors import StanceError
from app.core.message import foreign
from app.core.people import Frame
from app.overlay import DrawStyle
from app.sinks import VIDEO_ENDINGS, Header, open_sinks, writing
from app.sinks.staging import write_staged

DATA = ".jsonl"


def save_as(made: Sequence[Path], requested: Sequence[Path]) -> list[Path]:
    """Create the files ``requested`` from the files ``made``, a video and its JSON lines; returns the files created.

    A file with the same extension is moved, a video with another extension is remuxed without encoding, and other data
    formats are written from the JSON lines. Files of ``made`` that are not needed are deleted; existing files at
    ``requested`` are overwritten.

    Raises StanceError if a file cannot be created; then no file of ``made`` is lost.
    """
    left = list(made)
    for path in requested:
        match = next((one for one in left if one.suffix.lower() == path.suffix.lower()), None)
        if match is not None:
            _move(match, path)
            left.remove(match)
        elif path.suffix.lower() in VIDEO_ENDINGS:
            write_staged(path, partial(_remux, _first(left, VIDEO_ENDINGS, path)))
        else:
            write_staged(path, partial(_rewrite, _first([*left, *requested], (DATA,), path)))
    for one in left:
        one.unlink(missing_ok=True)
    return list(requested)


def _first(paths: Sequence[Path], endings: Sequence[str], requested: Path) -> Path:
    for path in paths:
        if path.suffix.lower() in endings and path.exists():
            return path
    raise StanceError(
        "{file} cannot be made from the recording: wanted a name ending in {ending}.",
        file=requested.name,
        ending=endings[0],
    )


def _move(one: Path, to: Path) -> None:
    with writing(to):
        try:
            os.replace(one, to)
        except OSError:  # on another disk
            write_staged(to, partial(_copy, one))
            one.unlink()


def _copy(one: Path, to: Path) -> None:
    with writing(to):
        shutil.copyfile(one, to)


def _remux(video: Path, to: Path) -> None:
    """Remux a video to another container without encoding."""
    try:
        with writing(to), av.open(str(video)) as source, av.open(str(to), "w") as target:
            target.metadata.update(source.metadata)
            streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)
    except av.error.FFmpegError as error:
        raise StanceError(
            "The output {path} cannot be encoded: {reason}.", path=to, reason=foreign(error.strerror)
        ) from None


def _rewrite(data: Path, to: Path) -> None:
    """Write the people of the JSON lines in another format."""
    from app.sinks.jsonl_reader import read_recording

    recording = read_recording(data)
    header = Header(
        recording.source,
        recording.size,
        recording.fps,
        recording.skeleton,
        recording.pose_model,
        recording.detector,
        "auto",
        "",
        facing=recording.facing,
        has_pictures=False,
    )
    blank = np.zeros((max(recording.size[1], 1), max(recording.size[0], 1), 3), np.uint8)
    (sink,) = open_sinks([to], header, DrawStyle(names=recording.people))
    try:
        for poses in recording.poses:
            sink.write(Frame(poses.index, poses.time_s, blank), poses)
    finally:
        sink.close()
