"""Frame sources: one class for each kind of source, all with the same interface."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from app.core.address import path_of, quoted
from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.core.people import Frame
from app.core.settings import Rotate
from app.sources.camera_mode import split_mode
from app.sources.picture_format import Format, format_of

STREAM_SCHEMES = ("rtsp", "http", "https", "udp", "rtmp")
PICTURE_ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".avif", ".jp2"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".hif", ".gif"),
)
NUMBERED = re.compile(r"%0?[0-9]*d")
"""The placeholder that other programs use for the number of an image in a sequence."""
MAX_SIDE = 16384
"""Maximum width and height of a frame, in pixels."""
MAX_PIXELS = 2**27
"""Maximum number of pixels of a frame."""


NO_MESSAGE = Message("")


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """An event of a source that does not end it: a camera was lost or is back, a bad image was skipped, or a notice.

    "damaged" carries in ``spans`` all damaged intervals (start, end) found so far, in seconds of the source; its
    message may be empty. ``ongoing`` means that one of them goes on after the last frame: such an event comes when the
    interval begins and as it grows, until its end is reported by an event whose ``replaces`` is the message of these.
    """

    state: Literal["lost", "live", "skipped", "notice", "damaged"]
    message: Message
    spans: tuple[tuple[float, float], ...] = ()
    ongoing: bool = False
    replaces: Message = NO_MESSAGE


Notify = Callable[[SourceEvent], None]


def ignore(event: SourceEvent) -> None:
    """A ``Notify`` that discards events."""


class Source(Protocol):
    """Frames in order of time; used by one thread at a time, except for ``close``.

    ``name`` is what the user typed, ``size`` (width, height) in pixels after rotation, ``fps`` the nominal frame rate
    or None, ``frames`` the number of frames or None if it is not known in advance, ``duration_s`` likewise.
    ``live`` means that the source sets the pace (camera, stream, screen): late frames are dropped and there is no
    seeking. ``still`` means that every frame is a separate image, named by ``frame_name``.
    """

    name: str
    size: tuple[int, int]
    fps: float | None
    frames: int | None
    duration_s: float | None
    live: bool
    still: bool

    def read(self) -> Frame | None:
        """Return the next frame, or None at the end and after ``close``. Raises StanceError for damage."""
        ...

    def seek(self, time_s: float) -> None:
        """Make the next ``read`` return the frame shown at ``time_s`` seconds, clipped to the source."""
        ...

    def seek_index(self, index: int) -> None:
        """Make the next ``read`` return frame number ``index``, clipped to the source.

        If that frame cannot be read, the next ``read`` returns the last readable one before it.
        """
        ...

    def frame_name(self, index: int) -> str:
        """The file name of still image number ``index``; empty for other sources."""
        ...

    def close(self) -> None:
        """Release the source and end a waiting ``read``; idempotent, and callable from any thread."""
        ...


def open_source(text: str, *, rotate: Rotate = "auto", notify: Notify = ignore) -> Source:
    """Open the source that ``text`` names: a camera, a stream, the screen, images or a video file.

    An existing path takes precedence over a glob pattern and over a camera's number or name. A camera can be requested
    with a size and a rate: ``0@1280x720@30`` (see ``app.sources.camera_mode``). ``rotate`` is clockwise in degrees, or
    "auto" for the file's own orientation. ``notify`` is called from the reading thread or from a thread of the source.

    Raises StanceError if nothing of that name can be opened.
    """
    if text == "screen":
        from app.sources.screen import Screen

        return Screen(rotate)
    if text.lower().startswith(tuple(f"{scheme}://" for scheme in STREAM_SCHEMES)):
        from app.sources.camera import Camera

        return Camera(text, rotate, notify)
    path = path_of(text)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise StanceError(
            "{source} cannot be read ({reason}): wanted a source.", source=quoted(text), reason=foreign(error.strerror)
        ) from None
    if is_folder:
        from app.sources.images import Images

        return Images(path, rotate, text, notify)
    return _open_file(path, text, rotate, notify) if is_file else _open_other(text, rotate, notify)


def _open_file(path: Path, text: str, rotate: Rotate, notify: Notify) -> Source:
    """Open an image or a video by its content, or by its file extension if the content is not recognized."""
    kind = format_of(path)
    if kind is not None:
        return _open_picture(kind, path, text, rotate, notify)
    from app.sources.file import VideoFile

    try:
        return VideoFile(path, rotate, text, notify)
    except StanceError:
        if path.suffix.lower() not in PICTURE_ENDINGS:
            raise
    from app.sources.images import Images

    return Images(path, rotate, text, notify)


def _open_picture(kind: Format, path: Path, text: str, rotate: Rotate, notify: Notify) -> Source:
    """Open a still image or an animation."""
    from app.sources.jpeg import is_motion_jpeg
    from app.sources.picture import animation_length

    animated = animation_length(path, kind) > 1
    if animated and kind == "webp":
        from app.sources.animation import AnimatedWebP

        return AnimatedWebP(path, rotate, text)
    if animated or (kind == "jpeg" and path.suffix.lower() not in PICTURE_ENDINGS and is_motion_jpeg(path)):
        from app.sources.file import VideoFile

        return VideoFile(path, rotate, text, notify)
    from app.sources.images import Images

    return Images(path, rotate, text, notify)


def _open_other(text: str, rotate: Rotate, notify: Notify) -> Source:
    """Open a glob pattern, or a camera by number, device path or name."""
    if "://" in text and not text.lower().startswith("file://"):
        raise StanceError(
            "{source} cannot be opened: wanted an address that begins with {known}.",
            source=quoted(text),
            known=", ".join(STREAM_SCHEMES),
        )
    if any(wildcard in text for wildcard in "*?["):
        from app.sources.images import Images

        return Images(text, rotate, text, notify)
    from app.sources.camera import Camera, find_camera

    device = split_mode(text)[0]
    if re.fullmatch(r"[0-9]{1,3}|/dev/video.*", device) or (device.strip() and find_camera(device) is not None):
        return Camera(text, rotate, notify)
    if NUMBERED.search(text):
        raise StanceError(
            "There is no source {source}: wanted numbered images as the pattern {pattern}.",
            source=quoted(text),
            pattern=quoted(NUMBERED.sub("*", text)),
        )
    raise StanceError(
        "There is no source {source}: wanted a video or image file, a folder or pattern of images, a camera "
        "number or name, a stream address or 'screen'.",
        source=quoted(text),
    )


def check_size(width: int, height: int, name: str) -> None:
    """Raise StanceError if a frame of ``width`` x ``height`` pixels is too large to hold in memory.

    ``name`` is the subject of the sentence.
    """
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise StanceError(
            "{name} is {width}x{height} pixels: wanted at most {max_side} per side and {megapixels} megapixels.",
            name=name,
            width=width,
            height=height,
            max_side=MAX_SIDE,
            megapixels=MAX_PIXELS // 10**6,
        )
