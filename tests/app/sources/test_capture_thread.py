"""Frames of a connection, decoded by OpenCV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from app.sources.capture_thread import CaptureThread
from tests.app.sources.clips import numbered, pictures, write_clip


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(64, 45), (256, 144)), (Fraction(10, 11), (180, 158)), (Fraction(1), (180, 144))]
)
def test_non_square_pixels_become_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    frames = pictures([numbered(number, 180, 144) for number in range(10)])
    path = write_clip(tmp_path / "stream.ts", frames, sample_aspect_ratio=aspect)
    thread = CaptureThread(lambda: cv2.VideoCapture(str(path), cv2.CAP_FFMPEG))
    picture = thread.take(20.0)
    assert picture is not None
    assert picture.image.shape[1::-1] == size
    thread.abandon()
    thread.join(20.0)
