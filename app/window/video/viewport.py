"""Visible part and scale of a picture."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRect, QRectF
from PyQt6.QtGui import QTransform

MAX_SCALE = 16.0
"""Maximum scale, in screen pixels per picture pixel."""
FIT_TOLERANCE = 1.001
"""Zoom ratios this close to 1 count as fitted."""
EPSILON = 1e-6
"""Rounding tolerance, in pixels."""


class Viewport:
    """A picture of size ``picture`` (width, height) seen through a view of size ``view``, in device pixels.

    It is fitted and centered by default.
    """

    def __init__(self) -> None:
        self.view = (1, 1)
        self.picture = (1, 1)
        self._zoom: float | None = None
        self._center = (0.5, 0.5)  # point of the picture at the center of the view, as fractions of its size

    @property
    def fitted(self) -> bool:
        """Whether the picture is scaled to fit the view."""
        return self._zoom is None

    @property
    def scale(self) -> float:
        """Screen pixels per picture pixel."""
        return self._zoom or self._fit

    def transform(self) -> QTransform:
        """Transform from the picture, whose first pixel spans 0 to 1, to the view."""
        (width, height), (wide, high) = self.picture, self.view
        if self._zoom is not None:
            x, y = (self._offset(axis) for axis in (0, 1))
            return QTransform(self._zoom, 0, 0, self._zoom, x, y)
        shown = max(1, round(width * self._fit)), max(1, round(height * self._fit))  # whole pixels
        x, y = (wide - shown[0]) // 2, (high - shown[1]) // 2
        return QTransform(shown[0] / width, 0, 0, shown[1] / height, x, y)

    def area(self) -> QRect:
        """Rectangle of the view that the picture covers."""
        shown = self.transform().mapRect(QRectF(0, 0, *self.picture)).adjusted(EPSILON, EPSILON, -EPSILON, -EPSILON)
        return shown.toAlignedRect() & QRect(0, 0, *self.view)

    def fit(self) -> None:
        """Scale the picture to fit the view."""
        self._zoom, self._center = None, (0.5, 0.5)

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Set the scale; the point ``at`` of the view (None: its center) stays in place."""
        if abs(scale - self._fit) <= (FIT_TOLERANCE - 1) * self._fit:
            self.fit()
            return
        at = at or QPointF(self.view[0] / 2, self.view[1] / 2)
        anchor = self.transform().inverted()[0].map(at)
        self._zoom = scale
        self._set_offset(at.x() - anchor.x() * scale, at.y() - anchor.y() * scale)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Multiply the scale by ``factor``, limited to the fitted scale and ``MAX_SCALE``."""
        scale, fit = self.scale, self._fit
        wanted = min(max(scale * factor, min(fit, scale)), max(MAX_SCALE, fit))
        past_fit = scale < fit < wanted or wanted < fit < scale
        self.zoom_to(fit if past_fit else wanted, at)

    def pan(self, x: float, y: float) -> None:
        """Move the picture by screen pixels, as far as its edges allow."""
        if self._zoom is not None:
            self._set_offset(self._offset(0) + x, self._offset(1) + y)

    @property
    def _fit(self) -> float:
        return min(self.view[0] / self.picture[0], self.view[1] / self.picture[1])

    def _offset(self, axis: int) -> float:
        """Offset of the picture in the view: centered if it is smaller, else without a gap at its edges."""
        length, view_length = self.picture[axis] * self.scale, self.view[axis]
        if length <= view_length:
            return (view_length - length) / 2
        return min(max(view_length / 2 - self._center[axis] * length, view_length - length), 0.0)

    def _set_offset(self, *offsets: float) -> None:
        """Set the offsets of the picture, limited as in ``_offset``."""
        for _ in ("requested", "limited"):
            lengths = [side * self.scale for side in self.picture]
            x, y = (
                (view_length / 2 - start) / length
                for view_length, start, length in zip(self.view, offsets, lengths, strict=True)
            )
            self._center = (x, y)
            offsets = (self._offset(0), self._offset(1))
