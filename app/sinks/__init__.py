"""Sinks for results: one class for each kind of file, all with the same interface."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Frame, FramePoses
from app.overlay import DrawStyle
from app.sinks.header import Header as Header

if TYPE_CHECKING:
    from app.sinks.output import Output

log = logging.getLogger(__name__)

VIDEO_ENDINGS = (".mp4", ".mkv")
PICTURE_ENDINGS = (".png", ".jpg", ".jpeg")
ANIMATION_ENDINGS = (".gif", ".webp")
FILM_ENDINGS = (*VIDEO_ENDINGS, *ANIMATION_ENDINGS, *PICTURE_ENDINGS)
SHOWING_ENDINGS = (*FILM_ENDINGS, ".html")
"""Endings of files in which people can be recognized."""
SPACE_ENDINGS = (".bvh", ".glb")
"""Endings of files for which people need points in three dimensions."""
WHOLE_ENDINGS = (".events.csv", ".xlsx", ".html", ".c3d", *SPACE_ENDINGS)
"""Endings of files that are written at the end of a run, all at once."""
METRIC_ENDINGS = (".csv", ".trc")
"""Endings of files whose coordinates are in meters if there is a scale."""
KINOVEA = ".kinovea.trc"
UNMARKED_ENDINGS = (".trc", KINOVEA, ".mot", ".c3d")
"""Endings of files that have no field for what was filled in."""
TABLE_ENDINGS = (".jsonl", ".csv", ".json", ".mmpose.json", ".trc", KINOVEA, ".mot")
ENDINGS = (*VIDEO_ENDINGS, *TABLE_ENDINGS, *WHOLE_ENDINGS, *ANIMATION_ENDINGS, *PICTURE_ENDINGS)
NUMBER = re.compile(r"%0?(\d*)d")
KEYPOINT_FILES = "%012d_keypoints.json"
"""OpenPose's names for the files in a folder."""


class Sink(Protocol):
    """Receives every frame with its people in order; used by one thread. ``paths`` are the files created so far."""

    @property
    def paths(self) -> Sequence[Path]:
        """The files created so far."""
        ...

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame; ``name`` is the file name of a still image, relative to the source's folder.

        Raises StanceError if the file cannot be written.
        """
        ...

    def close(self) -> None:
        """Finish the file so that any reader can open it; idempotent."""
        ...


@contextmanager
def catching_errors(sink: Sink, failed: Callable[[StanceError], None]) -> Iterator[None]:
    """Pass every exception of ``sink`` to ``failed`` as a StanceError that names the sink, instead of raising it.

    The name is the sink's first file, or its ``name`` attribute if it has no file. Unexpected exceptions are logged
    with their traceback.
    """
    try:
        yield
    except StanceError as error:
        failed(error)
    except Exception as error:
        log.exception("a sink failed")
        paths = list(sink.paths)
        fallback = Message("The output of {kind}", kind=type(sink).__name__)
        name = Message("The output {path}", path=paths[0]) if paths else getattr(sink, "name", fallback)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        reason = foreign(" ".join(reason.split()).rstrip("."))
        failed(StanceError("{name} cannot be written: {reason}.", name=name, reason=reason))


def unwritten(sinks: Sequence[Sink]) -> list[Message]:
    """The sentences of closed ``sinks`` that created no file although nothing failed."""
    found = (getattr(sink, "unwritten", None) for sink in sinks)
    return [sentence for sentence in found if sentence]


def check_outputs(
    paths: Sequence[Path],
    *,
    source_file: Path | None = None,
    still: bool = False,
    pictures: int = 1,
    new_folders: bool = False,
) -> None:
    """Check before anything is opened that all of ``paths`` can be written for a source.

    ``source_file`` is the file that is read; ``still`` means that the source consists of ``pictures`` images.
    ``new_folders``: the folder of a file need not exist, only the folder that contains it.
    Raises StanceError for an unknown file extension, a missing folder, a file named twice, or the source itself.
    """
    taken: set[Path] = set()
    for path in map(in_folder, paths):
        ending = ending_of(path)
        if ending not in (*ENDINGS, KEYPOINT_FILES):
            known = ", ".join(ENDINGS)
            raise StanceError(
                "The output {path} has an unknown file extension: wanted one of {known}, or a folder name and /.",
                path=path,
                known=known,
            )
        _check_folder(path, may_be_new=ending == KEYPOINT_FILES or new_folders)
        if path.is_dir():
            raise StanceError("The output {path} is a folder: wanted the name of a file.", path=path)
        place = path.resolve()
        if place in taken:
            raise StanceError("The output {path} is given twice: wanted a different file for each.", path=path)
        taken.add(place)
        if source_file is not None and (place == source_file.resolve() or _same_file(path, source_file)):
            raise StanceError("The output {path} is the source itself: wanted another file.", path=path)
        if ending in PICTURE_ENDINGS and not NUMBER.search(path.name):
            example = Message("a number in its name, as in {stem}-%04d{suffix}", stem=path.stem, suffix=ending)
            if not still:
                raise StanceError(
                    "The output {path} is an image, but the source is not: wanted .mp4 or .mkv, or {example}.",
                    path=path,
                    example=example,
                )
            if pictures > 1:
                raise StanceError(
                    "The output {path} is one image for {pictures} source images: wanted {example}.",
                    path=path,
                    pictures=pictures,
                    example=example,
                )


def _check_folder(path: Path, *, may_be_new: bool) -> None:
    """Raise StanceError if the folder of the output ``path`` does not exist, or is no folder.

    ``may_be_new``: it need not exist if the folder that contains it does.
    """
    folder = path.parent
    shown = folder if path.name == KEYPOINT_FILES else path
    if may_be_new and not folder.exists():
        folder = folder.parent
    if folder.is_dir():
        return
    if folder == shown and folder.exists():
        raise StanceError("The output {path} is a file: wanted the name of a folder.", path=shown)
    for above in (folder, *folder.parents):
        if above.is_file():
            raise StanceError(
                "The output {path} cannot be in {file}, which is a file: wanted a folder.", path=shown, file=above
            )
    raise StanceError("The folder of the output {path} does not exist: wanted an existing folder.", path=shown)


def open_sinks(paths: Sequence[Path], header: Header, style: DrawStyle) -> list[Output]:
    """Open a sink for every path, chosen by its file extension.

    ``style`` is the drawing style of images and videos; its threshold decides which keypoints count as visible in files
    without scores. Temporary files that killed processes left in the folders are removed.

    Raises StanceError as ``check_outputs`` does, and if a file cannot be created; then no sink is left open, and no
    file that was opened before it is kept.
    """
    from app.sinks.opening import open_sink
    from app.sinks.output import Output, keep_whole, states_of
    from app.sinks.output_lock import sweep

    check_outputs(paths, source_file=header.source_file, still=header.still)
    for folder in {path.parent for path in paths}:
        sweep(folder)
    for path in map(in_folder, paths):
        _check_place(path)
    data = next((path for path in paths if ending_of(path) == ".jsonl"), None)
    earlier = states_of(paths)
    sinks: list[Output] = []
    try:
        for path in map(in_folder, paths):
            sinks.append(Output(open_sink(path, header, style, data), earlier))
    except BaseException:
        for sink in sinks:
            sink.close()
            keep_whole(sink.paths, 0)
        raise
    return sinks


def _check_place(path: Path) -> None:
    """Raise StanceError if no file can be created beside a new output ``path``, as in ``/proc``.

    The system calls that a missing file. Any other error, such as a missing permission, is left to the sink.
    """
    from app.sinks.output_lock import hold_temporary

    folder = path.parent if path.parent.is_dir() else path.parent.parent
    if path.exists():
        return
    try:
        temporary, release = hold_temporary(folder / path.name)
    except FileNotFoundError:
        raise StanceError(
            "The output {path} cannot be written: no file can be created in {folder}; wanted another folder.",
            path=path.parent if path.name == KEYPOINT_FILES else path,
            folder=folder,
        ) from None
    except OSError:
        return
    temporary.unlink()
    release()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Convert an OSError to a StanceError that names ``path``."""
    try:
        yield
    except OSError as error:
        raise StanceError(
            "The output {path} cannot be written: {reason}.", path=path, reason=foreign(error.strerror or error)
        ) from None


def ending_of(path: Path) -> str:
    """The kind of output: the file extension, a known double extension, or ``KEYPOINT_FILES``."""
    name = path.name.lower()
    if name.endswith("_keypoints.json") and NUMBER.search(name):
        return KEYPOINT_FILES
    both = "".join(path.suffixes[-2:]).lower()
    return both if both in ENDINGS else path.suffix.lower()


def is_film(path: Path) -> bool:
    """Whether the output ``path`` is made of pictures with people drawn on them."""
    return ending_of(path) in FILM_ENDINGS


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, which has its name only when it is whole.

    Raises StanceError if that fails; then an existing file stays as it was. Devices are written in place.
    """
    from app.sinks.disk_time import waiting_for_disk
    from app.sinks.output_lock import hold_temporary

    with waiting_for_disk(), writing(path):
        target = Path(os.path.realpath(path))  # a link stays a link
        if target.exists() and not target.is_file():
            _write(target, data)
            return
        temporary, release = hold_temporary(target)
        try:
            _write(temporary, data)
            os.replace(temporary, target)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            release()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        while data:
            data = data[file.write(data) :]


def in_folder(path: Path) -> Path:
    """``path``, or the pattern of OpenPose's files in it if it is a folder."""
    with writing(path):  # the name may be too long for the file system
        return path / KEYPOINT_FILES if path.is_dir() and path.suffix.lower() not in ENDINGS else path


def _same_file(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)
