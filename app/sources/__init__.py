"""Where frames come from: one small class a kind of source, all of the same shape."""

from __future__ import annotations

from typing import Protocol

from app.people import Frame


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
