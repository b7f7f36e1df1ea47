"""The pictures of a report."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.core.people import Frame
from app.overlay import DrawStyle
from app.sinks.report.picture_strip import COUNT, WIDTH, PictureStrip
from tests.app.sinks.people import header, poses


@pytest.mark.parametrize("frames", [1, 3, 6, 7, 12, 13, 100, 1000])
def test_pictures_are_evenly_spread_over_a_run_of_any_length(frames: int) -> None:
    strip = PictureStrip(header().skeleton, DrawStyle())
    for index in range(frames):
        frame = Frame(index, index / 10, np.full((6, 8, 3), index % 200, np.uint8))
        strip.add(frame, poses(frame))
    pictures = strip.pictures()
    assert len(pictures) == min(frames, COUNT)
    times = [picture.time_s for picture in pictures]
    assert times[0] == 0
    assert times == sorted(set(times))
    assert times[-1] >= (frames - 1) / 10 * 0.8
    if frames > COUNT:
        assert np.diff(times).max() <= 2.1 * np.diff(times).min() + 0.1
    for picture in pictures:
        image = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert abs(float(image.mean()) - round(picture.time_s * 10) % 200) < 4


def test_large_pictures_are_reduced_and_keep_their_shape() -> None:
    strip = PictureStrip(header().skeleton, DrawStyle())
    frame = Frame(0, 0.0, np.zeros((1080, 1920, 3), np.uint8))
    strip.add(frame, poses(frame))
    image = cv2.imdecode(np.frombuffer(strip.pictures()[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[1] == WIDTH
    assert image.shape[0] == pytest.approx(WIDTH * 9 / 16, abs=1)
