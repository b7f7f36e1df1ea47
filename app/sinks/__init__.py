"""Where results go: one small class a kind of file, all of the same shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.errors import StanceError
from app.overlay import Look
from app.people import Frame, FramePoses
from app.skeleton import Skeleton

VIDEO_ENDINGS = (".mp4", ".mkv")
PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")
ENDINGS = (*VIDEO_ENDINGS, ".jsonl", ".csv", ".json", ".mmpose.json", ".trc", ".mot", *PICTURE_ENDINGS)
NUMBER = re.compile(r"%0?(\d*)d")
KEYPOINT_FILES = "%012d_keypoints.json"
"""What OpenPose calls the files in a folder."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is known before the first frame; written at the head of the files that have one.

    ``size`` is (width, height) in pixels, ``fps`` the nominal rate or None, ``source_file`` the video whose
    sound goes along (None where there is none).
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


class Sink(Protocol):
    """Takes every frame's people in order; used by one thread. ``paths`` are the files that it has made so far."""

    @property
    def paths(self) -> Sequence[Path]: ...

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame; ``name`` is the file name of a still picture. Raises StanceError where the disk refuses."""
        ...

    def close(self) -> None:
        """Finish the file so that any reader opens it; idempotent."""
        ...


def check_outputs(
    paths: Sequence[Path], *, source_file: Path | None = None, still: bool = False, pictures: int = 1
) -> None:
    """Whether all of ``paths`` can be written side by side for a source, before anything is opened.

    ``source_file`` is the file that is read, ``still`` says that the source is ``pictures`` pictures.
    Raises StanceError for an unknown ending, a missing folder, a file named twice, or the source itself.
    """
    taken: set[Path] = set()
    for path in map(_in_folder, paths):
        ending = _ending(path)
        if ending not in (*ENDINGS, KEYPOINT_FILES):
            known = ", ".join(ENDINGS)
            raise StanceError(
                f"The output {path} has an unknown ending: wanted one of {known}, or a folder's name and /."
            )
        if not (path.parent.parent if ending == KEYPOINT_FILES else path.parent).is_dir():
            raise StanceError(f"The folder of the output {path} does not exist: wanted an existing folder.")
        if path.is_dir():
            raise StanceError(f"The output {path} is a folder: wanted the name of a file.")
        place = path.resolve()
        if place in taken:
            raise StanceError(f"The output {path} is named twice: wanted a file for each.")
        taken.add(place)
        if source_file is not None and (place == source_file.resolve() or _same_file(path, source_file)):
            raise StanceError(f"The output {path} is the source itself: wanted another file.")
        if ending in PICTURE_ENDINGS and not NUMBER.search(path.name):
            example = f"a number in its name, as in {path.stem}-%04d{ending}"
            if not still:
                raise StanceError(
                    f"The output {path} is a picture, but the source is not: wanted .mp4 or .mkv, or {example}."
                )
            if pictures > 1:
                raise StanceError(f"The output {path} is one picture for {pictures}: wanted {example}.")


def open_sinks(paths: Sequence[Path], header: Header, look: Look) -> list[Sink]:
    """A sink for every path, by its ending; ``look`` is how pictures and videos are drawn, and which keypoints count
    as seen where there is no place for a score.

    What killed processes left in their folders goes. Raises StanceError as ``check_outputs`` does, and where a file
    cannot be made; then none is left open.
    """
    from app.sinks.held import sweep

    check_outputs(paths, source_file=header.source_file, still=header.still)
    for folder in {path.parent for path in paths}:
        sweep(folder)
    sinks: list[Sink] = []
    try:
        for path in map(_in_folder, paths):
            sinks.append(_open_sink(path, header, look))
    except BaseException:
        for sink in sinks:
            sink.close()
        raise
    return sinks


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a disk that refuses into a StanceError that names ``path``."""
    try:
        yield
    except OSError as error:
        raise StanceError(f"The output {path} cannot be written: {error.strerror or error}.") from None


def _open_sink(path: Path, header: Header, look: Look) -> Sink:
    ending = _ending(path)
    if ending == ".jsonl":
        from app.sinks.jsonl import JsonLines

        return JsonLines(path, header)
    if ending == ".csv":
        from app.sinks.csv import Csv

        return Csv(path, header)
    if ending == ".json":
        from app.sinks.coco import Coco

        return Coco(path, header)
    if ending == ".mmpose.json":
        from app.sinks.mmpose import MMPose

        return MMPose(path, header)
    if ending == KEYPOINT_FILES:
        from app.sinks.openpose import OpenPose

        return OpenPose(path, header)
    if ending == ".trc":
        from app.sinks.trc import Trc

        return Trc(path, header, look)
    if ending == ".mot":
        from app.sinks.mot import Mot

        return Mot(path, header, look)
    if ending in PICTURE_ENDINGS:
        from app.sinks.image import Pictures

        return Pictures(path, header, look)
    from app.sinks.video import Video

    return Video(path, header, look)


def _ending(path: Path) -> str:
    """What tells the kind of output: the last ending, both where there are two, or ``KEYPOINT_FILES``."""
    name = path.name.lower()
    if name.endswith("_keypoints.json") and NUMBER.search(name):
        return KEYPOINT_FILES
    both = "".join(path.suffixes[-2:]).lower()
    return both if both in ENDINGS else path.suffix.lower()


def _in_folder(path: Path) -> Path:
    """``path``, or OpenPose's files in it where it is a folder."""
    with writing(path):  # a name may be too long to ask for
        return path / KEYPOINT_FILES if path.is_dir() and path.suffix.lower() not in ENDINGS else path


def _same_file(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)
