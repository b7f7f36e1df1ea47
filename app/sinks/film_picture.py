"""The pictures of a film: the part that it shows, in its size, with the people drawn and curves below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.analysis import Analysis
from app.core.people import Frame, FramePoses, Image
from app.overlay import DrawStyle, PoseHistory, painted
from app.overlay.angle_readout import AngleReadout
from app.overlay.frame_painter import FramePainter
from app.overlay.marks import NO_MARKS
from app.sinks.film_curves import FilmCurves, curves_of, no_person
from app.sinks.film_fit import framed, scaled
from app.sinks.film_window import FollowingWindow, Window
from app.sinks.header import Header

MOST_CURVES = 0.5
"""The largest share of a film's height that curves take."""
LEAST_WIDTH = 480
"""Width in pixels that the part around a person is enlarged to, if it is smaller and no size is wanted."""
SHOWN_S = 0.5
"""The curves of a film of one frame span this time, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The film's ``size`` (width, height) in pixels; the curves and the window that follows a person, if any."""

    size: tuple[int, int]
    curves: FilmCurves | None
    follows: FollowingWindow | None


class FilmPicture:
    """Draws frames as the film of ``header`` shows them: cropped and scaled first, so that lines keep their width.

    Where the film needs them, the people of the whole clip must be known by the first frame.
    """

    def __init__(self, header: Header, style: DrawStyle) -> None:
        self._header = header
        self._film = header.film
        self._style = style
        if not self._film.overlay:
            self._style = replace(style, skeleton=False, boxes=False, ids=False, trails=0.0, marks=NO_MARKS)
        self._painter = FramePainter(header.skeleton, self._style, header.facing)
        self._history = PoseHistory(style.trails)
        self._angles = AngleReadout(header.skeleton, self._style, header.facing)
        self._layout: _Layout | None = None

    def draw(self, frame: Frame, poses: FramePoses) -> Image:
        """The picture (H, W, 3) uint8 BGR of the next frame; of the same size for all frames of a film.

        Raises StanceError for a person or an angle that is not in the clip.
        """
        if self._film.keeps_picture:
            return self._painter.paint(frame.image, poses)
        self._history.add(poses)
        layout = self._layout
        if layout is None or self._header.still:
            layout = self._layout = self._lay_out(frame)
        below = layout.curves.height if layout.curves is not None else 0
        room = layout.size[0], layout.size[1] - below
        window = self._window(frame, layout, room)
        part = frame.image[window.y : window.y + window.height, window.x : window.x + window.width]
        image = scaled(part, *window.shown_size)
        past = [window.moved(other) for other in self._history.frames] if self._style.trails > 0 else ()
        style = replace(self._style, marks=window.moved_marks(self._style.marks))
        readings = self._angles.read(poses)
        image = painted(image, window.moved(poses), self._header.skeleton, style, past, readings)
        image = framed(image, *room)
        return image if layout.curves is None else np.concatenate([image, layout.curves.draw(frame.time_s)])

    def _window(self, frame: Frame, layout: _Layout, room: tuple[int, int]) -> Window:
        """The part of ``frame`` that is shown, so large that it fills ``room`` (width, height) in one direction."""
        window = Window(0, 0, *frame.size) if layout.follows is None else layout.follows.at(frame.time_s)
        return window._replace(scale=min(room[0] / window.width, room[1] / window.height))

    def _lay_out(self, frame: Frame) -> _Layout:
        film, people, size = self._film, self._header.people, self._film.size
        analysis = people.analysis if people is not None else None
        follows = None
        if film.crop_to is not None and analysis is not None:
            follows = self._following(analysis, film.crop_to, frame.size, None)
        width, height = size or _even(frame.size if follows is None else _enlarged(follows.size))
        curves = None
        if film.curves and analysis is not None:
            most = int(MOST_CURVES * height) if size is not None else height
            curves = self._curves(analysis, width, most)
            height = height if size is not None else height + curves.height
        if follows is not None and film.crop_to is not None and analysis is not None and size is not None:
            room = height - (curves.height if curves is not None else 0)
            follows = self._following(analysis, film.crop_to, frame.size, width / room)
        return _Layout((width, height), curves, follows)

    def _following(
        self, people: Analysis, number: int, frame_size: tuple[int, int], aspect: float | None
    ) -> FollowingWindow:
        track = people.track(number)
        if not len(track.times_s):
            raise no_person(people, number)
        return FollowingWindow(track, frame_size, aspect)

    def _curves(self, people: Analysis, width: int, most: int) -> FilmCurves:
        curves = curves_of(people, self._film.curves, self._film.crop_to, self._style.threshold)
        start_s, end_s = self._header.people.span_s if self._header.people is not None else (0.0, SHOWN_S)
        return FilmCurves(curves, (start_s, max(end_s, start_s + SHOWN_S)), width, most, self._header.language)


def _enlarged(size: Sequence[int]) -> tuple[int, int]:
    """``size`` (width, height) in pixels, enlarged to a width that can be watched."""
    width, height = size
    scale = max(LEAST_WIDTH / width, 1.0)
    return round(width * scale), round(height * scale)


def _even(size: Sequence[int]) -> tuple[int, int]:
    """``size`` (width, height) with odd sides made even, as encoders want them."""
    width, height = size
    return width + width % 2, height + height % 2
