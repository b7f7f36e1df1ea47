"""The video view: a frame with its overlay, drawn in device pixels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
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

from app.window.i18n.tr import tr
from app.window.video.lost_picture import paint_lost
from app.window.video.private_picture import PrivatePicture
from app.window.video.scene import Blended, Scene, paint_legend, paint_mark, paint_overlay, without_ids
from app.window.video.side_legend import SideLegend
from app.window.video.view_tool import ViewTools
from app.window.video.viewport import Viewport

if TYPE_CHECKING:  # these import OpenCV, which must not delay the start of the window
    from app.core.people import FramePoses, Image
    from app.core.skeleton import Skeleton
    from app.engine import Result
    from app.overlay import DrawStyle
    from app.window.video.overlay_painter import HeatmapImage

BACKGROUND = QColor(15, 16, 18)
STALL_S = 1.0
"""Without a new frame for this many seconds, the age of the frame counts up."""
ZOOM_PER_NOTCH = 2**0.25
"""Zoom factor per notch of the mouse wheel."""


@dataclass(slots=True)
class _Press:
    """A pressed button: where it was pressed or dragged to, and whether the frame is being dragged."""

    place: QPointF
    dragging: bool = False


class VideoView(QWidget):
    """Shows one ``Result``: the frame scaled to device pixels, and the people painted over it as vectors.

    The wheel or a pinch zooms; dragging moves a frame larger than the view. ``tools`` may take the mouse instead.
    """

    double_clicked = pyqtSignal()
    zoomed = pyqtSignal(float)  # screen pixels per frame pixel
    background_clicked = pyqtSignal()  # a click on no person
    person_clicked = pyqtSignal(int, bool)  # the id, and whether Shift or Control was held

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Video"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 120)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._scene = Scene()
        self.private = PrivatePicture()
        self._painted_s: float | None = None
        self._scaled: tuple[object, Image, QImage] | None = None
        self._viewport = Viewport()
        self.legend = SideLegend(self)
        self._emitted_scale = 0.0
        self._lost = ""
        self._press: _Press | None = None
        self.tools = ViewTools(self, self._find)

    # Content.

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """Show another frame; without a ``skeleton`` no people are drawn."""
        self._scene.show(result, skeleton)
        self._scaled = self._painted_s = None
        self.legend.show_for(result.poses, skeleton, self.draw_style)
        self._update_viewport()
        self.update()

    def show_nothing(self) -> None:
        """Show an empty view and reset the zoom."""
        self._scene.clear()
        self._scaled = None
        self.legend.hide()
        self._viewport.fit()
        self.update()

    def show_lost(self, words: str) -> None:
        """Show the frame in gray with the text ``words``, for a lost source; an empty text ends this."""
        self._lost = words
        self.setAccessibleDescription(words)
        self.update()

    def set_draw_style(self, style: DrawStyle) -> None:
        """Set how people are drawn."""
        self._scene.restyle(style)
        self.legend.show_for(self.shown.poses if self.shown else None, self.skeleton, style)
        self.update()

    def show_heat(self, heat: Sequence[HeatmapImage]) -> None:
        """Show heatmaps over this and the following frames; an empty sequence removes them."""
        self._scene.heat = heat
        self.update()

    def show_shadow(self, poses: FramePoses | None) -> None:
        """Draw the people of another frame faintly under those of the shown one; None removes them."""
        self._scene.shadow = without_ids(poses) if poses is not None else None
        self.update()

    def show_compared(self, poses: FramePoses | None, skeleton: Skeleton | None) -> None:
        """Draw the people of this frame in another analysis, with its ``skeleton``, likewise."""
        compared = (without_ids(poses), skeleton) if poses is not None and skeleton is not None else None
        if compared is not self._scene.compared:
            self._scene.compared = compared
            self.update()

    def show_blended(self, blended: Blended | None) -> None:
        """Show the picture of another clip over this and the following frames; None removes it."""
        if blended is not self._scene.blended:
            self._scene.blended = blended
            self.update()

    def mark_person(self, number: int | None) -> None:
        """Paint corners around the person with this id, on the screen only; None removes them."""
        if number != self._scene.marked:
            self._scene.marked = number
            self.update()

    @property
    def age_ms(self) -> float:
        """Age of the frame when it was painted, in milliseconds; after a stall, its current age."""
        if self.shown is None or self._painted_s is None:
            return 0.0
        now = time.perf_counter()
        return ((now if now - self._painted_s > STALL_S else self._painted_s) - self.shown.taken_s) * 1000

    @property
    def shown(self) -> Result | None:
        """The frame that is shown, and its people."""
        return self._scene.result

    @property
    def pixels(self) -> Image | None:
        """The pixels (H, W, 3) of the shown frame, without what privacy hides; None without a frame."""
        return self.private.of(self._scene) if self.shown is not None else None

    @property
    def skeleton(self) -> Skeleton | None:
        """The skeleton of the people that are shown."""
        return self._scene.skeleton

    @property
    def draw_style(self) -> DrawStyle | None:
        """How people are drawn; None before the first source is open."""
        return self._scene.style

    # Zoom.

    @property
    def zoom(self) -> float:
        """Screen pixels per frame pixel."""
        return self._viewport.scale

    @property
    def fitted(self) -> bool:
        """Whether the frame is scaled to fit the view."""
        return self._viewport.fitted

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Multiply the zoom by ``factor``; the point ``at`` of the widget stays in place."""
        self._viewport.zoom_by(factor, at and at * self.devicePixelRatioF())
        self._on_moved()

    def zoom_fit(self) -> None:
        """Scale the frame to fit the view."""
        self._viewport.fit()
        self._on_moved()

    def zoom_actual(self) -> None:
        """Show one frame pixel per screen pixel."""
        self._viewport.zoom_to(1.0)
        self._on_moved()

    def to_view(self, x: float, y: float) -> QPointF:
        """The center of frame pixel (x, y) in widget coordinates, without mirroring."""
        return self._viewport.transform().map(QPointF(x + 0.5, y + 0.5)) / self.devicePixelRatioF()

    def to_picture(self, place: QPointF) -> QPointF:
        """The pixel of the source's picture at ``place`` in the widget; centers of pixels are integers."""
        return self._source_to_screen().inverted()[0].map(place * self.devicePixelRatioF())

    def at(self, x: float, y: float) -> QPointF:
        """The place in the widget of (x, y) of the source's picture, the inverse of ``to_picture``."""
        return self._source_to_screen().map(QPointF(x, y)) / self.devicePixelRatioF()

    def _find(self, place: QPointF) -> tuple[float, float, float] | None:
        """x and y of ``to_picture``, and the length of a logical pixel there; None if no frame is shown."""
        if self.shown is None:
            return None
        point = self.to_picture(place)
        return point.x(), point.y(), self.devicePixelRatioF() / self.zoom

    def _source_to_screen(self) -> QTransform:
        """From pixels of the source's picture, whose centers are integers, to device pixels."""
        mirrored = self.draw_style is not None and self.draw_style.mirror
        flip = QTransform(-1, 0, 0, 1, self._scene.size[0], 0) if mirrored else QTransform()
        return QTransform.fromTranslate(0.5, 0.5) * flip * self._viewport.transform()

    def person_at(self, place: QPoint) -> int | None:
        """The id of the person drawn at ``place`` in the widget, or None."""
        if self.shown is None or self.draw_style is None or self.skeleton is None:
            return None
        from app.overlay import person_at

        point = self.to_picture(QPointF(place))
        return person_at(self.shown.poses, (point.x(), point.y()), self.draw_style, self._scene.size)

    # Painting.

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint in device pixels, so that nothing is scaled twice."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.fillRect(QRect(0, 0, round(self.width() * ratio) + 1, round(self.height() * ratio) + 1), BACKGROUND)
        result, style = self.shown, self.draw_style
        if result is None or style is None:
            return
        self._update_viewport()
        area = self._viewport.area()
        picture = self._visible_image(area, style.mirror)
        if self._lost:
            paint_lost(painter, picture, area, self._lost, ratio)
        else:
            painter.drawImage(area.topLeft(), picture)
            painter.setClipRect(area)
            paint_overlay(painter, self._scene, self._viewport.transform(), area)
            paint_mark(painter, self._scene, self._viewport.transform(), ratio)
            self.tools.paint(painter, self._source_to_screen(), ratio)
        if self._painted_s is None:
            self._painted_s = time.perf_counter()

    def screenshot(self, with_overlay: bool) -> QImage:
        """The whole frame at its own size, with or without the overlay; a null image if nothing is shown."""
        if self.shown is None or self.draw_style is None:
            return QImage()
        import numpy as np

        width, height = self._scene.size
        pixels = np.ascontiguousarray(self.private.of(self._scene))  # rows of a decoded frame may be padded
        plain = _image(pixels).mirrored(self.draw_style.mirror, False)
        picture = plain.convertToFormat(QImage.Format.Format_RGB32)
        if with_overlay:
            painter = QPainter(picture)
            paint_overlay(painter, self._scene, QTransform(), QRect(0, 0, width, height))
            paint_legend(painter, self._scene)
            painter.end()
        return picture

    def _visible_image(self, area: QRect, mirror: bool) -> QImage:
        """The visible part of the frame, cached until frame, viewport or privacy changes."""
        from app.window.video.scaling import for_screen, resized, seen_part

        to_screen = self._viewport.transform()
        picture = self.private.of(self._scene)
        key = (mirror, to_screen, area, self._scene.style and self._scene.style.privacy)
        if self._scaled is None or self._scaled[0] != key:
            if self._viewport.fitted:
                pixels = resized(picture, area.width(), area.height(), mirror)
            else:
                pixels = seen_part(picture, to_screen, area, mirror)
            pixels = for_screen(pixels)
            # The QImage does not own the array's memory, so both are kept.
            self._scaled = (key, pixels, _image(pixels))
        return self._scaled[2]

    # Geometry.

    def _update_viewport(self) -> None:
        """Update the viewport with the sizes of frame and widget."""
        ratio = self.devicePixelRatioF()
        self._viewport.view = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        self._viewport.picture = self._scene.size
        if self.shown is not None and self._viewport.scale != self._emitted_scale:
            self._emitted_scale = self._viewport.scale
            self.zoomed.emit(self._emitted_scale)

    def _on_moved(self) -> None:
        self._update_viewport()
        self.update()

    # Mouse and wheel.

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Update the viewport for the new size."""
        super().resizeEvent(event)
        self.legend.fit()
        self._update_viewport()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom around the pointer."""
        if event is not None and event.angleDelta().y():
            self.zoom_by(ZOOM_PER_NOTCH ** (event.angleDelta().y() / 120), event.position())
            event.accept()

    def event(self, event: QEvent | None) -> bool:
        """Zoom on a pinch gesture."""
        pinch = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == pinch:
            self.zoom_by(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Start a click or a drag."""
        if event is not None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press = _Press(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag the frame, and update the cursor."""
        if event is None:
            return
        press = self._press
        if press is not None and not self.fitted:
            delta = event.position() - press.place
            if press.dragging or delta.manhattanLength() >= QApplication.startDragDistance():
                press.dragging, press.place = True, event.position()
                self._viewport.pan(delta.x() * self.devicePixelRatioF(), delta.y() * self.devicePixelRatioF())
                self._on_moved()
        self._update_cursor(event.position().toPoint())
        event.ignore()  # the parent needs mouse moves too

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Emit which person was clicked, if any."""
        press, self._press = self._press, None
        if event is None or press is None:
            return
        clicked = event.button() == Qt.MouseButton.LeftButton and not press.dragging
        delta = event.position() - press.place
        place = event.position().toPoint()
        self._update_cursor(place)
        if clicked and delta.manhattanLength() < QApplication.startDragDistance():
            more = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
            if (person := self.person_at(place)) is not None:
                self.person_clicked.emit(person, bool(event.modifiers() & more))
            else:
                self.background_clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Emit ``double_clicked``."""
        self._press = None
        self.double_clicked.emit()

    def _update_cursor(self, place: QPoint) -> None:
        if self._press is not None and self._press.dragging:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self.person_at(place) is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif not self.fitted:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.unsetCursor()


def _image(pixels: Image) -> QImage:
    """A QImage that shares the memory of ``pixels``: (H, W, 3) BGR, or (H, W, 4) with an ignored fourth channel."""
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_RGB32 if channels == 4 else QImage.Format.Format_BGR888
    return QImage(cast("bytes", pixels.data), width, height, pixels.strides[0], kind)
