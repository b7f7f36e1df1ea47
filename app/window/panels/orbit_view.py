"""The view of people in three dimensions, which is turned by dragging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QNativeGestureEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from app.window.core.shortcut_filter import ShortcutFilter
from app.window.i18n.tr import tr
from app.window.style.theme import colors

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.core.skeleton import Skeleton
    from app.overlay import DrawStyle
    from app.overlay.orbit_camera import OrbitCamera
    from app.overlay.space_placement import PlacedPerson
    from app.overlay.space_scene import SpaceShape

ZOOM_PER_NOTCH = 2**0.25
"""Zoom factor per notch of the mouse wheel."""
KEY_STEP = 25.0
"""An arrow key turns the view as a drag over so many pixels does."""
ARROWS = {
    Qt.Key.Key_Left: (KEY_STEP, 0.0),
    Qt.Key.Key_Right: (-KEY_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, KEY_STEP),
    Qt.Key.Key_Down: (0.0, -KEY_STEP),
}
GLIDE = 0.25
"""The part of the way to a followed person that the view goes in each frame."""
RETURN = 0.15
"""By what this part is multiplied where the view comes nearer again."""
MARGIN = 10


@dataclass(slots=True)
class _Drag:
    """A pressed button, where the pointer was last, and whether it moves the picture instead of turning it."""

    button: Qt.MouseButton
    place: QPointF
    pans: bool


class OrbitView(QWidget):
    """Shows placed people. A drag turns the view, a right or middle drag or one with Shift moves it, the wheel zooms.

    A double click frames the people again. With the keyboard focus, arrow keys turn and + and - zoom. ``style`` gives
    the style of the overlay. ``moved`` is emitted after every change of the ``camera`` by the user, ``panned`` when the
    user has moved the picture.
    """

    moved = pyqtSignal()
    panned = pyqtSignal()

    def __init__(self, style: Callable[[], DrawStyle | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("3-D view"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 140)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.installEventFilter(ShortcutFilter((*ARROWS, Qt.Key.Key_Plus, Qt.Key.Key_Minus), self))
        self._style = style
        self._camera: OrbitCamera | None = None
        self._start: tuple[float, float, bool] | None = None
        self._placed: Sequence[PlacedPerson] = ()
        self._followed: Sequence[PlacedPerson] = ()
        self._skeleton: Skeleton | None = None
        self._drag: _Drag | None = None
        self._framed = self._zoomed = False
        self._framed_m = 0.0

    def sizeHint(self) -> QSize:
        """Room for a person who stands."""
        return QSize(320, 300)

    # Content.

    @property
    def camera(self) -> OrbitCamera:
        """From where the people are seen."""
        if self._camera is None:
            from app.overlay.orbit_camera import OrbitCamera

            self._camera = OrbitCamera()
            if self._start is not None:
                azimuth, elevation, parallel = self._start
                self._camera = replace(self._camera, azimuth=azimuth, elevation=elevation, parallel=parallel)
        return self._camera

    def start_at(self, azimuth: float, elevation: float, parallel: bool) -> None:
        """Begin with this direction of view, in degrees, as it was saved."""
        self._start = azimuth, min(max(elevation, -90.0), 90.0), parallel

    @property
    def people(self) -> Sequence[PlacedPerson]:
        """The people that are shown."""
        return self._placed

    def show_people(
        self, placed: Sequence[PlacedPerson], skeleton: Skeleton | None, followed: Sequence[PlacedPerson], glide: bool
    ) -> None:
        """Show the people of another frame, and follow the middle of the ``followed``.

        ``glide``: the frame is the next one, so that the view moves smoothly. The first people that are shown are
        framed; until the user zooms, the view steps back where followed people would be outside it, and comes back
        slowly. Whoever is far from the others is not followed (see ``gathered``).
        """
        from app.overlay.space_placement import gathered

        self._placed, self._skeleton = placed, skeleton
        self._followed = gathered(followed)
        if placed and not self._framed:
            self.frame_people()
        elif self._followed:
            share = GLIDE if glide else 1.0
            self._follow(self._followed, share)
            if not self._zoomed:
                self._change_distance(share)
        self.update()

    def frame_people(self) -> None:
        """Look at the middle of the followed people, or of all, from where they fit into the view."""
        from app.overlay.space_placement import gathered

        people = self._followed or gathered(self._placed)
        if not people:
            return
        self._follow(people, 1.0)
        self._set_camera(self._framing(people))
        self._framed, self._zoomed = True, False
        self._framed_m = self.camera.distance

    def forget(self) -> None:
        """Show nobody; the next people are framed."""
        self._placed, self._followed = (), ()
        self._framed = self._zoomed = False
        self.update()

    def _framing(self, people: Sequence[PlacedPerson]) -> OrbitCamera:
        """The camera with all of ``people`` in the view."""
        import numpy as np

        return self.camera.framing(np.concatenate([one.points for one in people]), (self.width(), self.height()))

    def _change_distance(self, share: float) -> None:
        """Go this share of the way to where the followed people fit into the view, nearer only slowly.

        The view comes no nearer than it was when people were framed.
        """
        wanted, (x, y, z), distance = self._framing(self._followed), self.camera.target, self.camera.distance
        distance_m = max(wanted.distance, self._framed_m)
        if distance_m < distance:
            share *= RETURN
        target = x, y + share * (wanted.target[1] - y), z
        if abs(distance_m - distance) > 1e-6:
            self._camera = replace(self.camera, target=target, distance=distance + share * (distance_m - distance))

    def _follow(self, followed: Sequence[PlacedPerson], share: float) -> None:
        """Go this share of the way to the middle of the ``followed``, on the level."""
        count, (x, y, z) = len(followed), self.camera.target
        x += share * (float(sum(one.pelvis[0] for one in followed)) / count - x)
        z += share * (float(sum(one.pelvis[2] for one in followed)) / count - z)
        self._camera = replace(self.camera, target=(x, y, z))

    # Turning.

    def turn_to(self, camera: OrbitCamera) -> None:
        """See the people from ``camera``, as if the user had turned the view."""
        self._set_camera(camera)
        self.moved.emit()

    def _set_camera(self, camera: OrbitCamera) -> None:
        self._camera = camera
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Start to turn or to move the view."""
        if event is None or self._drag is not None:
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._drag = _Drag(event.button(), event.position(), shift or event.button() != Qt.MouseButton.LeftButton)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Turn or move the view."""
        if event is None or self._drag is None:
            return
        way, self._drag.place = event.position() - self._drag.place, event.position()
        if self._drag.pans:
            self._set_camera(self.camera.panned(way.x(), way.y(), (self.width(), self.height())))
            self.panned.emit()
        else:
            self._set_camera(self.camera.orbited(way.x(), way.y()))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the drag."""
        if event is not None and self._drag is not None and event.button() == self._drag.button:
            self._drag = None
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.moved.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Frame the people."""
        self.frame_people()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom."""
        if event is not None and event.angleDelta().y():
            self._zoom(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120))
            event.accept()

    def event(self, event: QEvent | None) -> bool:
        """Zoom on a pinch gesture."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self._zoom(1 + event.value())
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Turn by the arrow keys, zoom by + and -."""
        if event is None:
            return
        if (way := ARROWS.get(Qt.Key(event.key()))) is not None:
            self.turn_to(self.camera.orbited(*way))
        elif event.text() in ("+", "-"):
            self._zoom(ZOOM_PER_NOTCH if event.text() == "+" else 1 / ZOOM_PER_NOTCH)
        else:
            super().keyPressEvent(event)

    def _zoom(self, factor: float) -> None:
        self._zoomed = True
        self.turn_to(self.camera.zoomed(factor))

    # Painting.

    def changeEvent(self, event: QEvent | None) -> None:
        """Repaint for another theme or font."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the people and the floor; without people, the floor as it was last."""
        from app.overlay.space_scene import grid_step
        from app.window.panels.space_painter import paint_space, space_colors

        painter = QPainter(self)
        chosen = space_colors()
        painter.fillRect(self.rect(), QColor(*chosen.background[:3]))
        paint_space(painter, self._shapes(), chosen.outline)
        if self._framed:
            self._caption(painter, tr("Grid: {meters} m", meters=f"{grid_step(self.camera):g}"), self._direction())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colors().accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _caption(self, painter: QPainter, grid: str, direction: str) -> None:
        """Write below left and below right; a direction that is too long for the view above."""
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(colors().faint))
        inner = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        low, left, right = Qt.AlignmentFlag.AlignBottom, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(inner, low | left, grid)
        metrics = painter.fontMetrics()
        if metrics.horizontalAdvance(grid) + MARGIN + metrics.horizontalAdvance(direction) <= inner.width():
            painter.drawText(inner, low | right, direction)
        else:
            painter.drawText(inner, Qt.AlignmentFlag.AlignTop | left, direction)

    def _shapes(self) -> list[SpaceShape]:
        from app.overlay.space_scene import floor_shapes, people_shapes
        from app.window.panels.space_painter import space_colors

        style, size, chosen = self._style(), (self.width(), self.height()), space_colors()
        if style is None or not self._framed:
            return []
        floor = floor_shapes(self.camera, size, chosen, tr("Camera"))
        if self._skeleton is None:
            return floor
        return [*floor, *people_shapes(self._placed, self._skeleton, style, self.camera, size, chosen)]

    def _direction(self) -> str:
        """The name of the direction of view; empty for a turned one."""
        names = {
            (0, 0): tr("From the front"),
            (90, 0): tr("From the right of the picture"),
            (-90, 0): tr("From the left of the picture"),
            (180, 0): tr("From behind"),
            (0, 90): tr("From above"),
            (0, -90): tr("From below"),
        }
        camera = self.camera
        azimuth, elevation = (round(camera.azimuth) + 180) % 360 - 180, round(camera.elevation)
        if abs(azimuth - camera.azimuth) % 360 > 1e-6 or abs(elevation - camera.elevation) > 1e-6:
            return ""
        return names.get((abs(azimuth) if azimuth == -180 else azimuth, elevation), "")
