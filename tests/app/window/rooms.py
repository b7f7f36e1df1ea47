"""What the tests of the start page and of the dialogs share: cameras at the boundary to OpenCV, and small steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from app.sources import camera
from app.sources.camera import CameraInfo
from app.window.background import Background
from tests.app.sources.device import FakeDevice, plugged_in

PATIENCE = 20_000


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    """Cameras 0 and 1 are plugged in; ``plug`` changes that."""
    plug(monkeypatch, "HD Webcam", "Desk View")
    return plugged_in(monkeypatch)


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close(5.0)
    made.deleteLater()


def plug(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Cameras of these ``names`` are there from now on, and no others."""
    monkeypatch.setattr(
        camera, "list_cameras", lambda: [CameraInfo(index, name, "") for index, name in enumerate(names)]
    )


def texts(widget: QWidget) -> list[str]:
    """What can be read on ``widget``."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return labels + [button.text() for button in widget.findChildren(QPushButton) if button.isVisibleTo(widget)]
