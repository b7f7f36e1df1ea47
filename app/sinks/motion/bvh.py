"""Animations of a body as most programs of animators import them (.bvh, Biovision Hierarchy), one file per person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.analysis.track_builder import TrackBuilder
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks import Header, write_whole
from app.sinks.motion.moving import frame_rate, people_in_space
from app.sinks.motion.people_file import check_depth, needs_depth, needs_hips
from app.sinks.motion.rig import Rig, make_rig
from app.sinks.motion.rotations import Values, euler_zxy
from app.sinks.person_files import PersonFiles

CM_PER_M = 100.0
BEGINNING = rb"HIERARCHY\nROOT Hips\n\{\n\tOFFSET 0\.0000 0\.0000 0\.0000\n"
ROTATIONS = "Zrotation Xrotation Yrotation"


class Bvh(PersonFiles):
    """Writes ``path``, or one file per person (see ``PersonFiles``), when it is closed.

    The unit is cm, y up; angles are in degrees, R = Rz Rx Ry. Frames follow each other at one rate. All files begin
    with the first frame of the run, so that people who are imported together stay in step. Until a person is seen, and
    where a person or a keypoint is not seen, the body stays as it is.

    Raises StanceError if a file is locked or cannot be written, and if nobody has points in three dimensions or hips.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self._header = header
        self._style = style
        self._people = TrackBuilder(header.skeleton)
        self._is_closed = False
        super().__init__(path, BEGINNING, style.names)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Remember one frame's people. Raises StanceError if they have no depth."""
        self._people.add(poses)
        check_depth(self._path, self._people, poses)

    def close(self) -> None:
        """Write the files; idempotent. Raises StanceError if that fails."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._write_people()
        except BaseException:
            self._lock.close()
            raise
        super().close()

    def _write_people(self) -> None:
        seen, start_s = self._people, self._people.first_s
        tracks = seen.tracks()
        people = people_in_space(tracks, self._header, self._style)
        if tracks and not people:
            raise needs_depth(self._path)
        rate = frame_rate(self._header, seen.frames, seen.last_s - start_s)
        rigs = 0
        for person in people:
            count = round((float(person.times_s[-1]) - start_s) * rate) + 1
            rig = make_rig(person.regular(start_s, rate, count), self._header.skeleton)
            if rig is not None:
                rigs += 1
                write_whole(self._path_of(person.id), "".join(bvh_lines(rig, rate)).encode())
        if people and not rigs:
            raise needs_hips(self._path, self._header.skeleton)


def bvh_lines(rig: Rig, rate: float) -> Iterator[str]:
    """The lines of a file of the animation ``rig`` with ``rate`` frames per second."""
    yield "HIERARCHY\n"
    order: list[int] = []
    yield from _joint_lines(rig, 0, order)
    yield f"MOTION\nFrames: {len(rig.roots)}\nFrame Time: {1 / rate:.8f}\n"
    angles = [euler_zxy(rig.rotations[:, number]) for number in order]
    rows = np.concatenate([rig.roots * CM_PER_M, *angles], axis=1)
    for row in rows.tolist():
        yield " ".join(f"{value:z.4f}" for value in row) + "\n"


def _joint_lines(rig: Rig, number: int, order: list[int], depth: int = 0) -> Iterator[str]:
    """The lines of a joint and all below it; ``order`` gets the numbers of the joints with rotations."""
    children = [row for row, joint in enumerate(rig.joints) if joint.parent == number]
    tabs = "\t" * depth
    title = "ROOT" if depth == 0 else "JOINT"
    yield f"{tabs}{title} {rig.joints[number].name}\n{tabs}{{\n" if children else f"{tabs}End Site\n{tabs}{{\n"
    yield f"{tabs}\tOFFSET {_offset(rig.offsets[number])}\n"
    if children:
        order.append(number)
        places = "6 Xposition Yposition Zposition " if depth == 0 else "3 "
        yield f"{tabs}\tCHANNELS {places}{ROTATIONS}\n"
    for row in children:
        yield from _joint_lines(rig, row, order, depth + 1)
    yield f"{tabs}}}\n"


def _offset(offset: Values) -> str:
    return " ".join(f"{value:z.4f}" for value in (offset * CM_PER_M).tolist())
