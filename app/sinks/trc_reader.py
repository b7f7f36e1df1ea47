"""Reads keypoints over time from .trc files: those of Stance, Pose2Sim, Sports2D and OpenSim."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.analysis import Analysis
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import FramePoses, Person
from app.core.skeleton import Skeleton, load_skeleton
from app.sinks.trc import marker

HEAD_LINES = 5
PIXELS = {"px": 1.0, "m": 500.0, "mm": 0.5, "cm": 5.0}
"""Pixels per unit: a body of a usual size is then about as large as one in a picture."""
MAX_BYTES = 500_000_000
BODY = "halpe26"


def read_trc(path: Path) -> Analysis:
    """The motion in ``path`` as that of one person with the id 1, x to the right and y down.

    Markers that are named as Stance and Pose2Sim name them are keypoints; others are left out. z is not used.
    Raises StanceError if the file cannot be read or is not a .trc file.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _problem(path, Message("it is too large"))
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise _problem(path, foreign(error.strerror)) from None
    lines = text.splitlines()
    if len(lines) < HEAD_LINES or not lines[0].startswith("PathFileType"):
        raise _problem(path, Message("it does not begin as a .trc file"))
    skeleton, columns = _skeleton(path, lines[3])
    scale = _scale(path, lines)
    analysis, index = Analysis(skeleton), 0
    for number, line in enumerate(lines[HEAD_LINES:], start=HEAD_LINES + 1):
        cells = line.split("\t")
        if not cells[0].strip():
            continue
        try:
            time_s = float(cells[1])
            points = np.array([[_value(cells, column), _value(cells, column + 1)] for column in columns])
        except (ValueError, IndexError):
            raise _problem(path, Message("line {number} has something else than numbers", number=number)) from None
        analysis.add(FramePoses(index, time_s, _people(points * [scale, -scale])))
        index += 1
    if not index:
        raise _problem(path, Message("it has no frame"))
    count = _stated(lines, "NumFrames")
    if count.isdecimal() and int(count) > index:
        raise _problem(path, Message("it ends after {found} of {count} frames", found=index, count=int(count)))
    if not text.endswith(("\n", "\r")) and len(lines[-1].split("\t")) <= max(columns) + 1:
        raise _problem(path, Message("its last line is cut"))
    return analysis


def _skeleton(path: Path, line: str) -> tuple[Skeleton, list[int]]:
    """The keypoints among the markers, and the column of each one's x."""
    body = load_skeleton(BODY)
    known = {marker(name): name for name in body.names}
    titles = line.rstrip("\t").split("\t")
    found = {known[title]: column for column, title in enumerate(titles) if title in known}
    if not found:
        raise _problem(path, Message("it has no marker with the name of a keypoint, such as RKnee"))
    names = tuple(found)
    limbs = tuple(
        (names.index(body.names[one]), names.index(body.names[other]))
        for one, other in body.limbs
        if body.names[one] in found and body.names[other] in found
    )
    return Skeleton("trc", names, limbs), list(found.values())


def _stated(lines: list[str], title: str) -> str:
    """The value of ``title`` in the head; empty if there is none."""
    titles, values = lines[1].split("\t"), lines[2].split("\t")
    return dict(zip(titles, values, strict=False)).get(title, "").strip()


def _scale(path: Path, lines: list[str]) -> float:
    unit = _stated(lines, "Units")
    if unit not in PIXELS:
        raise _problem(path, Message("its unit is {unit!r}: wanted one of {units}", unit=unit, units=", ".join(PIXELS)))
    return PIXELS[unit]


def _value(cells: list[str], column: int) -> float:
    text = cells[column].strip() if column < len(cells) else ""
    return float(text) if text else float("nan")


def _people(points: NDArray[np.float64]) -> tuple[Person, ...]:
    seen = np.isfinite(points).all(axis=1)
    if not seen.any():
        return ()
    keypoints = np.column_stack([np.nan_to_num(points), seen]).astype(np.float32)
    box = np.concatenate([points[seen].min(axis=0), points[seen].max(axis=0)]).astype(np.float32)
    return (Person(1, 1.0, box, keypoints),)


def _problem(path: Path, reason: Message) -> StanceError:
    return StanceError("The file {path} cannot be read as .trc: {reason}.", path=path, reason=reason)
