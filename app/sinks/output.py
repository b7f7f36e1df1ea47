"""Keeps count of what an output holds, so that one that fails is left readable and says how much of it is whole."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import av
import av.error

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Frame, FramePoses
from app.sinks import VIDEO_ENDINGS, WHOLE_ENDINGS, Sink, catching_errors, unwritten

LINES = (".jsonl", ".csv")
State = tuple[int, int, int]
"""What changes when a file is written or replaced: its number, size in bytes and time of change."""
NOTHING: Mapping[Path, State] = MappingProxyType({})


class Output:
    """Passes frames to ``sink`` until that fails; then the files are cut to what is whole, and empty ones removed.

    ``frames`` is the number of frames written. ``reason`` is the error of the sink, None if it has not failed;
    ``failure`` also says how many frames are kept. Files that are still as in ``earlier``, the states from before
    ``sink`` was opened, are not its own and stay as they are.
    """

    def __init__(self, sink: Sink, earlier: Mapping[Path, State] = NOTHING) -> None:
        self.frames = 0
        self.reason: StanceError | None = None
        self.failure: StanceError | None = None
        self._sink = sink
        self._earlier = earlier

    @property
    def paths(self) -> Sequence[Path]:
        """The files created so far; after a failure those that are kept."""
        return self._sink.paths if self.failure is None else [path for path in self._sink.paths if path.exists()]

    @property
    def unwritten(self) -> Message:
        """Why the sink created no file although nothing failed; empty if it did."""
        found = () if self.failure else unwritten([self._sink])
        return next(iter(found), Message(""))

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Write one frame. Raises StanceError if the file cannot be written; then it is closed."""
        with catching_errors(self._sink, self._fail):
            self._sink.write(frame, poses, name)
        if self.failure is not None:
            raise self.failure
        self.frames += 1

    def close(self) -> None:
        """Finish the file; idempotent. Raises StanceError if that fails for the first time."""
        if self.failure is not None:
            return
        with catching_errors(self._sink, self._fail):
            self._sink.close()
        if self.failure is not None:
            raise self.failure

    def _fail(self, error: StanceError) -> None:
        self.reason = error
        with suppress(Exception):  # the same fault again
            self._sink.close()
        own = [path for path in self._sink.paths if path not in self._earlier or state_of(path) != self._earlier[path]]
        is_earlier = bool(self._sink.paths) and not own
        self.frames = 0 if is_earlier else keep_whole(own, self.frames)
        nothing = Message("The earlier file was not changed.") if is_earlier else Message("Nothing of it is kept.")
        kept = {0: nothing, 1: Message("The first frame is kept.")}
        outcome = kept.get(self.frames) or Message("The first {count} frames are kept.", count=self.frames)
        self.failure = with_outcome(error.message, outcome)


def states_of(paths: Iterable[Path]) -> dict[Path, State]:
    """The states of those ``paths`` that are files with content."""
    found = {path: state_of(path) for path in paths}
    return {path: state for path, state in found.items() if state is not None and state[1]}


def state_of(path: Path) -> State | None:
    """The state of the file ``path``; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if path.is_file() else None


def with_outcome(error: Message, outcome: Message) -> StanceError:
    """The sentence ``error``, followed by the sentence ``outcome``, which says what is left of the file."""
    return StanceError("{error} {outcome}", error=error, outcome=outcome)


def keep_whole(paths: Iterable[Path], frames: int) -> int:
    """Cut unfinished files to what is whole, and remove those without a frame; returns the number of frames held.

    ``frames`` is the number of frames that were written to each of ``paths``; none is held if none of these is left.
    """
    paths = list(paths)
    for path in paths:
        with suppress(OSError):
            if not path.is_file():  # a device
                continue
            if path.suffix.lower() in VIDEO_ENDINGS:
                frames = _cut_video(path)
            elif path.suffix.lower() in WHOLE_ENDINGS and not path.stat().st_size:
                frames = 0
            elif path.suffix.lower() in LINES:
                _cut_after_last_line(path)
            if not frames or not path.stat().st_size:
                path.unlink()
    return frames if any(path.exists() for path in paths) else 0


def _cut_after_last_line(path: Path) -> None:
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.truncate(data.rfind(b"\n") + 1)


def _cut_video(path: Path) -> int:
    """Cut an unfinished video after its last whole fragment; returns the number of frames that can be read."""
    if path.suffix.lower() == ".mp4":
        _cut_after_last_fragment(path)
    frames = 0
    with suppress(av.error.FFmpegError), av.open(f"file:{path}") as container:
        for packet in container.demux(video=0):
            frames += bool(packet.size) and not packet.is_corrupt
    return frames


def _cut_after_last_fragment(path: Path) -> None:
    """Cut an MP4 after its last whole box; a fragment's index (``moof``) without its data (``mdat``) is not whole."""
    size, at, whole = path.stat().st_size, 0, 0
    with path.open("r+b") as file:
        while at + 16 <= size:
            file.seek(at)
            length, kind, long_length = struct.unpack(">I4sQ", file.read(16))
            at += long_length if length == 1 else length or size
            if at <= size and kind != b"moof":
                whole = at
        file.truncate(whole)
