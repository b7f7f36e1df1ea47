"""A password in the address of a stream opens it, and is seen nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.settings import Settings
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from tests.app.sources.mjpeg import Mjpeg
from tests.conftest import ROOT

PASSWORD = "hunter2"
PATIENCE = 60_000


@pytest.fixture
def stream() -> Iterator[Mjpeg]:
    """A camera on the network whose address holds a password."""
    camera = Mjpeg()
    camera.address = camera.address.replace("://", f"://anna:{PASSWORD}@")
    yield camera
    camera.unplug()


def written(folder: Path) -> str:
    """Whatever was written below ``folder``, names and contents."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files)


def headless(address: str, shared: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Three frames of ``address`` into every kind of table; all that is written goes below ``folder``."""
    models = shared / "models"
    folder.mkdir(exist_ok=True)
    outputs = [text for ending in ("jsonl", "csv", "json") for text in ("--output", str(folder / f"people.{ending}"))]
    command = [sys.executable, "main.py", "--source", address, "--headless", "--limit", "3", *outputs]
    networks = ["--pose", str(models / "tinypose_128x96.onnx"), "--detector", str(models / "rtmdet_nano_person.onnx")]
    environment = os.environ | {"STANCE_HOME": str(folder / "home")}
    return subprocess.run(
        [*command, *networks], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_password_of_a_stream_is_not_shown_without_a_window(stream: Mjpeg, shared: Path, tmp_path: Path) -> None:
    done = headless(stream.address, shared, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    output = done.stdout + done.stderr + written(tmp_path / "run")
    assert f"127.0.0.1:{stream.port}" in (tmp_path / "run" / "people.jsonl").read_text(encoding="utf-8")
    assert (tmp_path / "run" / "home" / "log" / "stance.log").is_file()
    assert PASSWORD not in output
    assert "anna" not in output


def test_password_of_an_unreachable_stream_is_not_shown(shared: Path, tmp_path: Path) -> None:
    done = headless(f"http://anna:{PASSWORD}@127.0.0.1:1", shared, tmp_path / "run")
    assert done.returncode == 2
    assert "The stream http://127.0.0.1:1 sends no video" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr + written(tmp_path / "run")


def test_password_in_a_misplaced_address_is_not_shown(tmp_path: Path) -> None:
    command = [sys.executable, "main.py", "--source", "demo", f"rtsp://anna:{PASSWORD}@127.0.0.1/a"]
    environment = os.environ | {"STANCE_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert PASSWORD not in done.stdout + done.stderr + written(tmp_path)


def shown(window: QWidget) -> str:
    """All that can be read in the window."""
    texts = [label.text() for label in window.findChildren(QLabel)]
    tips = [part.toolTip() + part.accessibleName() for part in window.findChildren(QWidget)]
    return "\n".join([window.windowTitle(), *texts, *tips])


def test_password_of_a_stream_is_not_shown_in_the_window(
    stream: Mjpeg, qtbot: QtBot, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    preferences = Preferences(tmp_path / "stance.ini")
    window = MainWindow(Settings(), preferences=preferences)
    window.show()
    titles = [""]
    window.windowTitleChanged.connect(titles.append)
    window.player.activity_changed.connect(titles.append)
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(stream.address)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)
    assert f"127.0.0.1:{stream.port}" in window.windowTitle()
    stream.unplug()
    qtbot.waitUntil(lambda: "is lost" in window.video_stack.banner.sentence, timeout=PATIENCE)
    texts = shown(window) + window.video_stack.banner.sentence
    with qtbot.waitSignal(window.closed, timeout=PATIENCE):
        window.close()
    said = capfd.readouterr()
    everything = "\n".join([*titles, texts, said.out, said.err, caplog.text, *preferences.recent, written(tmp_path)])
    assert PASSWORD not in everything
    assert "anna" not in everything
