"""The picture and the people on it, as large and as sharp as the screen allows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from PyQt6.QtCore import QPointF, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QTransform
from PyQt6.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:  # they bring OpenCV along, which the window does not wait for
    from cv2.typing import MatLike

    from app.engine import Result
    from app.overlay import Look
    from app.people import Image
    from app.skeleton import Skeleton

SURROUND = QColor(15, 16, 18)
STALL_S = 1.0


class VideoView(QWidget):
    """Shows one ``Result``: the frame is scaled to the screen's own pixels, the people are painted on it as vectors."""

    double_clicked = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Video")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._result: Result | None = None
        self._skeleton: Skeleton | None = None
        self._look: Look | None = None
        self._painted_s: float | None = None
        self._scaled: tuple[object, Image, QImage] | None = None

    def show_result(self, result: Result, skeleton: Skeleton | None) -> None:
        """Show another frame; without a ``skeleton`` it has nobody in it."""
        self._result, self._skeleton = result, skeleton
        self._scaled = self._painted_s = None
        self.update()

    def show_nothing(self) -> None:
        """Go dark."""
        self._result = self._scaled = None
        self.update()

    def set_look(self, look: Look) -> None:
        """Draw the people another way."""
        self._look = look
        self.update()

    @property
    def age_ms(self) -> float:
        """How old the frame was when it was painted; where no other has come for long, how old it is by now."""
        if self._result is None or self._painted_s is None:
            return 0.0
        now = time.perf_counter()
        return ((now if now - self._painted_s > STALL_S else self._painted_s) - self._result.taken_s) * 1000

    def to_view(self, x: float, y: float) -> QPointF:
        """Where the middle of the picture's pixel (x, y) is, in the widget's own coordinates, mirror left aside."""
        return self._to_screen().map(QPointF(x + 0.5, y + 0.5)) / self.devicePixelRatioF()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Work in the screen's own pixels, so that nothing is scaled twice."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.fillRect(QRect(0, 0, round(self.width() * ratio) + 1, round(self.height() * ratio) + 1), SURROUND)
        result, look = self._result, self._look
        if result is None or look is None:
            return
        painter.drawImage(self._target().topLeft(), self._picture(result, look.mirror))
        if self._skeleton is not None:
            from app.overlay import shapes
            from app.window.overlay_painter import paint_shapes

            height, width = result.frame.image.shape[:2]
            painter.setClipRect(self._target())
            paint_shapes(painter, shapes(result.poses, self._skeleton, look, (width, height)), self._to_screen())
        if self._painted_s is None:
            self._painted_s = time.perf_counter()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Wish for the full screen."""
        self.double_clicked.emit()

    def _target(self) -> QRect:
        """Where the picture goes, in the screen's pixels: as large as it fits, in the middle."""
        if self._result is None:
            return QRect()
        ratio = self.devicePixelRatioF()
        high, wide = round(self.height() * ratio), round(self.width() * ratio)
        height, width = self._result.frame.image.shape[:2]
        fit = min(wide / width, high / height)
        width, height = max(1, round(width * fit)), max(1, round(height * fit))
        return QRect((wide - width) // 2, (high - height) // 2, width, height)

    def _to_screen(self) -> QTransform:
        target = self._target()
        if self._result is None:
            return QTransform()
        height, width = self._result.frame.image.shape[:2]
        return QTransform(target.width() / width, 0, 0, target.height() / height, target.x(), target.y())

    def _picture(self, result: Result, mirror: bool) -> QImage:
        """The frame at the size of the target; kept for as long as that stays."""
        target = self._target()
        key = (mirror, target.width(), target.height())
        if self._scaled is None or self._scaled[0] != key:
            pixels = _resized(result.frame.image, target.width(), target.height(), mirror)
            # The QImage only looks at the array, so both are kept.
            data = cast("bytes", pixels.data)
            image = QImage(data, target.width(), target.height(), pixels.strides[0], QImage.Format.Format_BGR888)
            self._scaled = (key, pixels, image)
        return self._scaled[2]


def _resized(image: Image, width: int, height: int, mirror: bool) -> Image:
    """``image`` (H, W, 3) at another size; first halved as often as it goes, so that fine lines do not flicker."""
    import cv2
    import numpy as np

    scaled: MatLike = image
    while scaled.shape[1] >= 2 * width and scaled.shape[0] >= 2 * height:
        scaled = cv2.resize(scaled, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    if scaled.shape[:2] != (height, width):
        scaled = cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(cv2.flip(scaled, 1) if mirror else scaled, dtype=np.uint8)
