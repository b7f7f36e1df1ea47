"""The pictures of a film and their times: slow motion, freezes, fast films with fewer frames."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from app.core.film_note import FilmNote
from app.core.film_options import FilmOptions
from app.core.people import Frame, FramePoses, Image
from app.overlay import DrawStyle
from app.sinks.film_clock import FilmClock, Freezes
from app.sinks.film_picture import FilmPicture
from app.sinks.header import Header


class FilmFrames:
    """Turns frames into the pictures of the film of ``header``; ``clock`` has their times.

    A picture comes again while it is frozen, so that the film's rate stays even.
    """

    def __init__(self, header: Header, style: DrawStyle) -> None:
        self.clock = FilmClock(header.fps, header.film.speed)
        self._picture = FilmPicture(header, style)
        self._freezes = Freezes(header.film.freezes)
        self._last: Image | None = None

    def add(self, frame: Frame, poses: FramePoses) -> Iterator[tuple[Image, int]]:
        """Yield the pictures up to that of ``frame``, and their timestamps in ticks of ``TIME_BASE``.

        Raises StanceError for a person or an angle that is not in the clip.
        """
        yield from self._frozen(frame.time_s)
        if self._last is not None and self.clock.is_crowded(frame.time_s):
            return
        image = self._picture.draw(frame, poses)
        self._last = image
        yield image, self.clock.place(frame.time_s)

    def rest(self) -> Iterator[tuple[Image, int]]:
        """Yield what comes after the last frame: that frame, where it is frozen."""
        return self._frozen(inf)

    def _frozen(self, time_s: float) -> Iterator[tuple[Image, int]]:
        for freeze in self._freezes.due(time_s):
            if self._last is not None:
                for ticks in self.clock.hold(freeze.seconds):
                    yield self._last, ticks


def film_note(style: DrawStyle, film: FilmOptions, data: str = "") -> FilmNote:
    """The note in a film of people drawn in ``style``; ``data`` is the name of the JSON lines beside it."""
    drawn = film.overlay and (style.skeleton or style.boxes or style.ids or style.trails > 0)
    is_edited = not (film.keeps_time and film.keeps_picture)
    return FilmNote("drawn" if drawn else "clean", style.mirror, "" if is_edited else data, is_edited)
