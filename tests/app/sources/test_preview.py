"""Previews of cameras."""

from __future__ import annotations

import time

import pytest

from app.core.errors import StanceError
from app.sources import preview
from app.sources.preview import camera_sizes, preview_frames
from tests.app.sources.clips import number_of
from tests.app.sources.device import FakeDevice, plugged_in


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    return plugged_in(monkeypatch)


def test_preview_shows_two_images_per_second_and_releases_the_camera(device: type[FakeDevice]) -> None:
    started = time.monotonic()
    pictures: list[int] = []
    for picture in preview_frames(0, 160, lambda: len(pictures) == 3):
        assert picture is not None
        assert picture.shape == (120, 160, 3)
        pictures.append(number_of(picture))
    assert time.monotonic() - started > 0.9
    assert pictures[1] - pictures[0] > 10  # the newest frame, not the next
    assert device.held == []


def test_busy_camera_gives_none_once(device: type[FakeDevice]) -> None:
    device.taken.add(0)
    assert list(preview_frames(0, 160, lambda: False)) == [None]
    assert device.held == []


def test_camera_sizes_are_found_by_requesting_them(device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    assert camera_sizes(0) == [(640, 480), (1280, 720)]
    assert device.held == []
    monkeypatch.setattr(preview, "PAUSE_S", 0.01)
    device.taken.add(0)
    with pytest.raises(StanceError, match="Camera 0 cannot be opened: another program seems to be using it"):
        camera_sizes(0)
