"""Fixtures shared by tests of the welcome page and of the dialogs: fake cameras instead of OpenCV's, and helpers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from app.sources import camera
from app.sources.camera import CameraInfo
from app.window.core.tasks import TaskRunner
from tests.app.sources.device import FakeDevice, plugged_in

PATIENCE = 60_000


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> type[FakeDevice]:
    """Cameras 0 and 1 are connected; ``plug`` changes that."""
    plug(monkeypatch, "HD Webcam", "Desk View")
    return plugged_in(monkeypatch)


@pytest.fixture
def background() -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close(5.0)
    made.deleteLater()


def plug(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Connect cameras of these ``names``, and no others."""
    monkeypatch.setattr(
        camera, "list_cameras", lambda: [CameraInfo(index, name, "") for index, name in enumerate(names)]
    )


def texts(widget: QWidget) -> list[str]:
    """All visible texts of ``widget``."""
    labels = [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget)]
    return labels + [button.text() for button in widget.findChildren(QPushButton) if button.isVisibleTo(widget)]
