"""What a person asks for becomes a source: for a thread that may wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app.settings import Rotate
from app.window.fetching import located
from app.window.recorded import is_recording, video_of

if TYPE_CHECKING:  # these bring OpenCV and ONNX Runtime along, which the window does not wait for
    from app.engine import Engine
    from app.sinks.recorded import Recording
    from app.sources import Notify, Source

DEMO = "demo"


class Opened(NamedTuple):
    """``source`` is what ``text`` means, read from ``film``; ``people`` were recorded of it before."""

    text: str
    film: str
    source: Source
    people: Recording | None


def open_text(
    text: str,
    rotate: Rotate,
    shown: str,
    live: Engine | None,
    notify: Notify,
    doing: Callable[[str], None],
    stale: Callable[[], bool],
) -> Opened:
    """Open what ``text`` means while ``shown`` is shown, by the engine ``live`` where that is a camera.

    Raises StanceError where it cannot be had, CancelledError where it has become ``stale``.
    """
    import app.engine  # noqa: F401 - takes a while, and not the window's
    from app.sinks.recorded import read_recording
    from app.sources import open_source
    from app.sources.kept import Kept
    from app.sources.mode import split_mode

    if live is not None and split_mode(shown)[0] == split_mode(text)[0]:
        live.stop()  # a camera is had once: the same one in another size has to be let go first
    people = read_recording(Path(text)) if is_recording(text) else None
    meant = video_of(people, Path(text), "" if live is not None else shown) if people is not None else text
    film = str(located(meant, doing, stale)) if meant == DEMO else meant
    source = open_source(film, rotate=rotate, notify=notify)
    return Opened(meant, film, source if source.live or source.still else Kept(source), people)
