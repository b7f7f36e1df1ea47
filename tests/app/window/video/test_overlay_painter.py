"""Shapes are painted by Qt as by OpenCV, on any screen."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtGui import QColor, QImage, QPainter, QTransform
from PyQt6.QtWidgets import QApplication

from app.overlay import Arc, Arrow, Color, Line, Shape, paint
from app.window.video.overlay_painter import paint_shapes

SIZE = (200, 120)
WHITE, FAINT = Color(255, 255, 255), Color(255, 255, 255, 0.5)


def by_qt(shapes: list[Shape], ratio: float = 1.0) -> NDArray[np.uint8]:
    """The shapes on black, as a screen with ``ratio`` device pixels per pixel shows them: (H, W)."""
    width, height = round(SIZE[0] * ratio), round(SIZE[1] * ratio)
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 0))
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.scale(1 / ratio, 1 / ratio)
    paint_shapes(painter, shapes, QTransform.fromScale(ratio, ratio))
    painter.end()
    bits = image.constBits()
    assert bits is not None
    rows = np.frombuffer(cast("bytes", bits.asarray(image.sizeInBytes())), np.uint8)
    return rows.reshape(height, -1)[:, : 4 * width : 4].copy()


@pytest.mark.parametrize(
    "shape",
    [
        Arc((100.0, 60.0), 40.0, 0.3, 1.9, 6.0, WHITE),
        Arc((100.0, 60.0), 40.0, 0.3, -4.5, 3.0, WHITE),
        Arrow((20.0, 100.0), (170.0, 30.0), 4.0, 20.0, WHITE),
        Arrow((170.0, 30.0), (20.0, 30.0), 3.0, 15.0, FAINT),
    ],
)
def test_arcs_and_arrows_look_the_same_in_window_and_film(qapp: QApplication, shape: Arc | Arrow) -> None:
    film = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    paint(film, [shape])
    window = by_qt([shape])
    assert window.any()
    assert np.abs(window.astype(int) - film[..., 0]).mean() < 0.02 * window[window > 0].mean()
    assert window.sum() == pytest.approx(film[..., 0].sum(), rel=0.12)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_translucent_shapes_are_whole_on_any_screen(qapp: QApplication, ratio: float) -> None:
    lines: list[Shape] = [Line((10, 20), (190, 100), 4, FAINT), Line((190, 20), (10, 100), 4, FAINT)]
    shown = by_qt(lines, ratio)
    for x, y in ((20, 25), (180, 95), (180, 25), (20, 95), (100, 60)):
        near = shown[round(y * ratio) - 2 : round(y * ratio) + 3, round(x * ratio) - 2 : round(x * ratio) + 3]
        assert near.max() == pytest.approx(128, abs=2)
