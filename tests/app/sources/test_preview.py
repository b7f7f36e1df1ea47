from __future__ import annotations

import time

import pytest

from app.errors import StanceError
from app.sources import glimpse
from app.sources.glimpse import glimpses, sizes_of
from tests.app.sources.clips import number_of
from tests.app.sources.device import FakeDevice, plugged_in


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    return plugged_in(monkeypatch)


def test_a_camera_is_glimpsed_at_twice_a_second_and_let_go(device: type[FakeDevice]) -> None:
    begun = time.monotonic()
    pictures: list[int] = []
    for picture in glimpses(0, 160, lambda: len(pictures) == 3):
        assert picture is not None
        assert picture.shape == (120, 160, 3)
        pictures.append(number_of(picture))
    assert time.monotonic() - begun > 0.9
    assert pictures[1] - pictures[0] > 10  # the newest, not the next
    assert device.held == []


def test_a_camera_that_others_have_is_told_once(device: type[FakeDevice]) -> None:
    device.taken.add(0)
    assert list(glimpses(0, 160, lambda: False)) == [None]
    assert device.held == []


def test_a_camera_is_asked_which_sizes_it_has(device: type[FakeDevice], monkeypatch: pytest.MonkeyPatch) -> None:
    assert sizes_of(0) == [(640, 480), (1280, 720)]
    assert device.held == []
    monkeypatch.setattr(glimpse, "PAUSE_S", 0.01)
    device.taken.add(0)
    with pytest.raises(StanceError, match="Camera 0 does not open: another program seems to be using it"):
        sizes_of(0)
