"""The picture and the people on it, as large and as sharp as the screen allows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PyQt6.QtWidgets import QApplication, QSizePolicy, QWidget

from app.window.viewport import Viewport
from app.window.words import tr

if TYPE_CHECKING:  # they bring OpenCV along, which the window does not wait for
    from app.engine import Result
    from app.overlay import Look, Past
    from app.people import FramePoses, Image
    from app.skeleton import Skeleton
    from app.window.overlay_painter import Glow

SURROUND = QColor(15, 16, 18)
STALL_S = 1.0
SHADOW_COVER = 0.45
NOTCH = 2**0.25
"""One notch of the wheel makes the picture so much larger."""


class VideoView(QWidget):
    """Shows one ``Result``: the frame is scaled to the screen's own pixels, the people are painted on it as vectors.

    The wheel or a pinch zooms, dragging moves what is too large to be seen wholly.
    """

    double_clicked = pyqtSignal()
    zoomed = pyqtSignal(float)  # how many pixels of the screen a pixel of the picture is wide
    person_clicked = pyqtSignal(int, bool)  # the id, and whether Shift or Control was held

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Video"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._result: Result | None = None
        self._skeleton: Skeleton | None = None
        self._look: Look | None = None
        self._past: Past | None = None
        self._heat: Sequence[Glow] = ()
        self._shadow: FramePoses | None = None
        self._painted_s: float | None = None
        self._scaled: tuple[object, Image, QImage] | None = None
        self._viewport = Viewport()
        self._told_scale = 0.0
        self._pressed: QPointF | None = None
        self._dragging = False

    # What is shown.

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """Show another frame; without a ``skeleton`` it has nobody in it."""
        from app.overlay import Past

        self._result, self._skeleton = result, skeleton
        self._scaled = self._painted_s = None
        self._past = self._past or Past()
        self._past.add(result.poses)
        self._measure()
        self.update()

    def show_nothing(self) -> None:
        """Go dark, and see all of what comes next."""
        self._result = self._scaled = self._past = None
        self._heat = ()
        self._viewport.fit()
        self.update()

    def set_look(self, look: Look) -> None:
        """Draw the people another way."""
        self._look = look
        self.update()

    def show_heat(self, heat: Sequence[Glow]) -> None:
        """Lay heatmaps over the picture, this one and the next; nothing to take them away."""
        self._heat = heat
        self.update()

    def show_shadow(self, poses: FramePoses | None) -> None:
        """Lay the people of another moment faintly under those of the shown frame; None takes them away."""
        if poses is not None:
            poses = replace(poses, people=tuple(replace(person, id=0) for person in poses.people))
        self._shadow = poses
        self.update()

    @property
    def age_ms(self) -> float:
        """How old the frame was when it was painted; where no other has come for long, how old it is by now."""
        if self._result is None or self._painted_s is None:
            return 0.0
        now = time.perf_counter()
        return ((now if now - self._painted_s > STALL_S else self._painted_s) - self._result.taken_s) * 1000

    # Nearer and further.

    @property
    def zoom(self) -> float:
        """How many pixels of the screen a pixel of the picture is wide."""
        return self._viewport.scale

    @property
    def fitted(self) -> bool:
        """Whether the picture is as large as fits."""
        return self._viewport.fitted

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Show the picture ``factor`` times as large as now; what is at ``at`` in the widget stays there."""
        self._viewport.zoom_by(factor, at and at * self.devicePixelRatioF())
        self._moved()

    def zoom_fit(self) -> None:
        """Show all of the picture, as large as that goes."""
        self._viewport.fit()
        self._moved()

    def zoom_actual(self) -> None:
        """Show each pixel as one of the screen's."""
        self._viewport.zoom_to(1.0)
        self._moved()

    def to_view(self, x: float, y: float) -> QPointF:
        """Where the middle of the picture's pixel (x, y) is, in the widget's own coordinates, mirror left aside."""
        return self._viewport.transform().map(QPointF(x + 0.5, y + 0.5)) / self.devicePixelRatioF()

    def person_at(self, place: QPoint) -> int | None:
        """The id of the person that is shown at ``place`` in the widget."""
        if self._result is None or self._look is None or self._skeleton is None:
            return None
        from app.overlay import person_at

        spot = self._viewport.transform().inverted()[0].map(QPointF(place) * self.devicePixelRatioF())
        width, height = self._size()
        x = width - spot.x() if self._look.mirror else spot.x()
        return person_at(self._result.poses, (x - 0.5, spot.y() - 0.5), self._look, (width, height))

    # Painting.

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Work in the screen's own pixels, so that nothing is scaled twice."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.fillRect(QRect(0, 0, round(self.width() * ratio) + 1, round(self.height() * ratio) + 1), SURROUND)
        result, look = self._result, self._look
        if result is None or look is None:
            return
        self._measure()
        area = self._viewport.area()
        painter.drawImage(area.topLeft(), self._picture(result, area, look.mirror))
        painter.setClipRect(area)
        self._paint_over(painter, self._viewport.transform(), area)
        if self._painted_s is None:
            self._painted_s = time.perf_counter()

    def screenshot(self, with_overlay: bool) -> QImage:
        """All of the frame in its own size, with what is drawn over it or without; null where nothing is shown."""
        if self._result is None or self._look is None:
            return QImage()
        import numpy as np

        width, height = self._size()
        pixels = np.ascontiguousarray(self._result.frame.image)  # a decoder's rows may lie apart
        plain = _image(pixels).mirrored(self._look.mirror, False)
        picture = plain.convertToFormat(QImage.Format.Format_RGB32)
        if with_overlay:
            painter = QPainter(picture)
            self._paint_over(painter, QTransform(), QRect(0, 0, width, height))
            painter.end()
        return picture

    def _paint_over(self, painter: QPainter, to_screen: QTransform, area: QRect) -> None:
        """Paint the people over the picture, which lies in ``area`` of what is painted on."""
        result, look = self._result, self._look
        if result is None or look is None:
            return
        if look.dim > 0:
            painter.fillRect(area, QColor.fromRgbF(0, 0, 0, look.dim))
        if self._skeleton is None:
            return
        from app.overlay import shapes
        from app.window.overlay_painter import paint_heat, paint_shapes

        if self._heat:
            turned = QTransform(-1, 0, 0, 1, self._size()[0], 0) if look.mirror else QTransform()
            paint_heat(painter, self._heat, turned * to_screen)
        if self._shadow is not None:
            faint = replace(look, cover=SHADOW_COVER)
            paint_shapes(painter, shapes(self._shadow, self._skeleton, faint, self._size()), to_screen)
        past = self._past.frames if self._past else ()
        paint_shapes(painter, shapes(result.poses, self._skeleton, look, self._size(), past), to_screen)

    def _picture(self, result: Result, area: QRect, mirror: bool) -> QImage:
        """What of the frame is seen; kept for as long as that stays."""
        from app.window.scaling import for_screen, resized, seen_part

        to_screen = self._viewport.transform()
        key = (mirror, to_screen, area)
        if self._scaled is None or self._scaled[0] != key:
            if self._viewport.fitted:
                pixels = resized(result.frame.image, area.width(), area.height(), mirror)
            else:
                pixels = seen_part(result.frame.image, to_screen, area, mirror)
            pixels = for_screen(pixels)
            # The QImage only looks at the array, so both are kept.
            self._scaled = (key, pixels, _image(pixels))
        return self._scaled[2]

    # Where things are.

    def _size(self) -> tuple[int, int]:
        """The width and height of the picture."""
        if self._result is None:
            return 1, 1
        height, width = self._result.frame.image.shape[:2]
        return width, height

    def _measure(self) -> None:
        """Fit what is seen to the sizes of the picture and of the widget."""
        ratio = self.devicePixelRatioF()
        self._viewport.view = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        self._viewport.picture = self._size()
        if self._result is not None and self._viewport.scale != self._told_scale:
            self._told_scale = self._viewport.scale
            self.zoomed.emit(self._told_scale)

    def _moved(self) -> None:
        self._measure()
        self.update()

    # The pointer.

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """What fits is another size now."""
        super().resizeEvent(event)
        self._measure()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom about the pointer."""
        if event is not None and event.angleDelta().y():
            self.zoom_by(NOTCH ** (event.angleDelta().y() / 120), event.position())
            event.accept()

    def event(self, event: QEvent | None) -> bool:
        """A pinch zooms too."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self.zoom_by(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Perhaps a click, perhaps the picture is to be moved."""
        if event is not None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._pressed, self._dragging = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Move the picture along, or show what a click would do."""
        if event is None:
            return
        if self._pressed is not None and not self.fitted:
            way = event.position() - self._pressed
            if self._dragging or way.manhattanLength() >= QApplication.startDragDistance():
                self._dragging, self._pressed = True, event.position()
                self._viewport.pan(way.x() * self.devicePixelRatioF(), way.y() * self.devicePixelRatioF())
                self._moved()
        self._point(event.position().toPoint())
        event.ignore()  # whoever is behind it wants to know too that the pointer moves

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Tell of the person who was clicked on."""
        if event is None or self._pressed is None:
            return
        clicked = event.button() == Qt.MouseButton.LeftButton and not self._dragging
        way = event.position() - self._pressed
        self._pressed, self._dragging = None, False
        place = event.position().toPoint()
        self._point(place)
        if clicked and way.manhattanLength() < QApplication.startDragDistance():
            more = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
            if (person := self.person_at(place)) is not None:
                self.person_clicked.emit(person, bool(event.modifiers() & more))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Wish for the full screen."""
        self._pressed = None
        self.double_clicked.emit()

    def _point(self, place: QPoint) -> None:
        if self._dragging:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.person_at(place) is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif not self.fitted:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()


def _image(pixels: Image) -> QImage:
    """A QImage that looks at ``pixels`` (H, W, 3) BGR, or (H, W, 4) with a fourth channel that is not looked at."""
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGB32 if channels == 4 else QImage.Format.Format_BGR888
    return QImage(cast("bytes", pixels.data), width, height, pixels.strides[0], kind)
