"""Where frames come from: one small class a kind of source, all of the same shape."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from app.address import path_of, quoted
from app.errors import StanceError
from app.people import Frame
from app.settings import Rotate
from app.sources.mode import split_mode

STREAM_SCHEMES = ("rtsp", "http", "https", "udp", "rtmp")
PICTURE_ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".avif", ".jp2"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
MAX_SIDE = 16384
MAX_PIXELS = 2**27


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """What happened to a source while it goes on: a camera was lost or is back, a bad picture was skipped."""

    state: Literal["lost", "live", "skipped"]
    message: str


Notify = Callable[[SourceEvent], None]


def ignore(event: SourceEvent) -> None:
    """The ``Notify`` that tells nobody."""


class Source(Protocol):
    """Frames in order of time; used by one thread at a time, except for ``close``.

    ``name`` is what the person typed; ``size`` (width, height) in pixels after rotation; ``fps`` the nominal rate or
    None; ``frames`` the number of frames or None where it is not known beforehand; ``duration_s`` likewise.
    ``live`` says that frames come when they come (camera, stream, screen): late ones are dropped and ``seek``
    is not had. ``still`` says that every frame is a picture of its own (images, with ``frame_name`` telling which).
    """

    name: str
    size: tuple[int, int]
    fps: float | None
    frames: int | None
    duration_s: float | None
    live: bool
    still: bool

    def read(self) -> Frame | None:
        """The next frame, or None at the end and after ``close``. Raises StanceError for damage."""
        ...

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` give the frame that is shown at ``time_s`` (clipped to the source)."""
        ...

    def frame_name(self, index: int) -> str:
        """The file name of a still picture; empty for others."""
        ...

    def close(self) -> None:
        """Let go of the source; any thread may call it, any number of times, and a waiting ``read`` returns."""
        ...


def open_source(text: str, *, rotate: Rotate = "auto", notify: Notify = ignore) -> Source:
    """The source that ``text`` means: camera, stream, screen, pictures or video file.

    A path that exists wins over a glob pattern and over a camera's name. A camera may be asked for a size and a rate:
    ``0@1280x720@30`` (see ``app.sources.mode``). ``notify`` is called from the thread that reads or from one of the
    source's own. Raises StanceError where nothing of that name can be opened.
    """
    device = split_mode(text)[0]
    if text == "screen":
        from app.sources.screen import Screen

        return Screen(rotate)
    if re.fullmatch(r"[0-9]{1,3}|/dev/video.*", device) or text.lower().startswith(
        tuple(f"{scheme}://" for scheme in STREAM_SCHEMES)
    ):
        from app.sources.camera import Camera

        return Camera(text, rotate, notify)
    path = path_of(text)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise StanceError(f"{quoted(text)} cannot be read ({error.strerror}): wanted a source.") from None
    if is_folder or (is_file and path.suffix.lower() in PICTURE_ENDINGS):
        from app.sources.images import Images

        return Images(path, rotate, text, notify)
    if is_file:
        from app.sources.file import VideoFile

        return VideoFile(path, rotate, text)
    return _open_other(text, rotate, notify)


def _open_other(text: str, rotate: Rotate, notify: Notify) -> Source:
    """A glob pattern or a camera's name."""
    if "://" in text and not text.lower().startswith("file://"):
        raise StanceError(f"{quoted(text)} cannot be opened: wanted an address of {', '.join(STREAM_SCHEMES)}.")
    if any(letter in text for letter in "*?["):
        from app.sources.images import Images

        return Images(text, rotate, text, notify)
    from app.sources.camera import Camera, find_camera

    device = split_mode(text)[0]
    if device.strip() and find_camera(device) is not None:
        return Camera(text, rotate, notify)
    raise StanceError(
        f"There is no source {quoted(text)}: wanted a video or picture file, a folder or pattern of pictures, "
        "a camera's number or name, a stream's address or 'screen'."
    )


def check_size(width: int, height: int, name: str) -> None:
    """Raises StanceError where a picture of that size would take the machine's memory."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise StanceError(
            f"{name} is {width}x{height} pixels large: "
            f"wanted at most {MAX_SIDE} a side and {MAX_PIXELS // 10**6} megapixels."
        )
