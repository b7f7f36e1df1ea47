"""Which part of a picture is seen, and how large."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QRectF
from PyQt6.QtGui import QTransform

MOST = 16.0
"""A pixel of the picture is shown at most so large."""
NEAR = 1.001
"""What is larger by less is as large."""
HAIR = 1e-6
"""So much of a pixel is the arithmetic's."""


class Viewport:
    """A picture of ``picture`` (width, height) seen through a view of ``view``, in the screen's own pixels.

    It is as large as fits and in the middle, until a person wants it another way.
    """

    def __init__(self) -> None:
        self.view = (1, 1)
        self.picture = (1, 1)
        self._zoom: float | None = None
        self._middle = (0.5, 0.5)  # what of the picture is in the middle of the view

    @property
    def fitted(self) -> bool:
        """Whether the picture is as large as fits."""
        return self._zoom is None

    @property
    def scale(self) -> float:
        """How many pixels of the screen a pixel of the picture is wide."""
        return self._zoom or self._fit

    def transform(self) -> QTransform:
        """From the picture, whose first pixel reaches from 0 to 1, to the view."""
        (width, height), (wide, high) = self.picture, self.view
        if self._zoom is not None:
            x, y = (self._start(axis) for axis in (0, 1))
            return QTransform(self._zoom, 0, 0, self._zoom, x, y)
        shown = max(1, round(width * self._fit)), max(1, round(height * self._fit))  # begins and ends on whole pixels
        x, y = (wide - shown[0]) // 2, (high - shown[1]) // 2
        return QTransform(shown[0] / width, 0, 0, shown[1] / height, x, y)

    def area(self) -> QRect:
        """The pixels of the view that the picture touches."""
        shown = self.transform().mapRect(QRectF(0, 0, *self.picture)).adjusted(HAIR, HAIR, -HAIR, -HAIR)
        return shown.toAlignedRect() & QRect(0, 0, *self.view)

    def fit(self) -> None:
        """Show all of it, as large as that goes."""
        self._zoom, self._middle = None, (0.5, 0.5)

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Show it ``scale`` times as large as it is; what is at ``at`` (None: in the middle) stays there."""
        if abs(scale - self._fit) <= (NEAR - 1) * self._fit:
            self.fit()
            return
        at = at or QPointF(self.view[0] / 2, self.view[1] / 2)
        held = self.transform().inverted()[0].map(at)
        self._zoom = scale
        self._put(at.x() - held.x() * scale, at.y() - held.y() * scale)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Show it ``factor`` times as large as now, within what fits and ``MOST``."""
        scale, fit = self.scale, self._fit
        wanted = min(max(scale * factor, min(fit, scale)), max(MOST, fit))
        past_fit = scale < fit < wanted or wanted < fit < scale
        self.zoom_to(fit if past_fit else wanted, at)

    def pan(self, x: float, y: float) -> None:
        """Move the picture by so many pixels of the screen, where more of it is left."""
        if self._zoom is not None:
            self._put(self._start(0) + x, self._start(1) + y)

    @property
    def _fit(self) -> float:
        return min(self.view[0] / self.picture[0], self.view[1] / self.picture[1])

    def _start(self, axis: int) -> float:
        """Where the picture begins in the view: in the middle where it has room, else without a gap at its edges."""
        length, room = self.picture[axis] * self.scale, self.view[axis]
        if length <= room:
            return (room - length) / 2
        return min(max(room / 2 - self._middle[axis] * length, room - length), 0.0)

    def _put(self, *starts: float) -> None:
        """Let the picture begin there, or as near to it as ``_start`` allows."""
        for _ in ("as wished", "as allowed"):
            lengths = [side * self.scale for side in self.picture]
            x, y = ((room / 2 - start) / length for room, start, length in zip(self.view, starts, lengths, strict=True))
            self._middle = (x, y)
            starts = (self._start(0), self._start(1))
