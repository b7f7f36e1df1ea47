"""A lost camera is shown as lost whatever else is notified, and a recording of it waits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.core.people import Frame, FramePoses
from app.engine import Result
from app.overlay import DrawStyle
from app.sources import camera
from app.window.main_window import MainWindow
from app.window.video.video_view import VideoView
from app.window.widgets.notification import Notice
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.rooms import texts
from tests.app.window.test_main_window import PATIENCE, play, recorded_s


class Plug:
    """A network camera that can be disconnected and reconnected at the same address."""

    def __init__(self) -> None:
        self._served: Mjpeg | None = Mjpeg()
        self.address, self._port = self._served.address, self._served.port

    def pull(self) -> None:
        if self._served is not None:
            self._served.unplug()
        self._served = None

    def put_back(self) -> None:
        self._served = Mjpeg(self._port)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plug]:
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    made = Plug()
    yield made
    made.pull()


@pytest.fixture
def live(posing: MainWindow, plug: Plug, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    posing.capture.recorder.folder = tmp_path
    play(posing, plug.address, qtbot)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    return posing


def lost(window: MainWindow, plug: Plug, qtbot: QtBot) -> None:
    plug.pull()
    qtbot.waitUntil(lambda: window.loss.lost, timeout=PATIENCE)


def back(window: MainWindow, plug: Plug, qtbot: QtBot) -> None:
    plug.put_back()
    qtbot.waitUntil(lambda: not window.loss.lost, timeout=PATIENCE)


def colorful(picture: QImage) -> int:
    """Number of sampled pixels that are not gray."""
    points = [(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)]
    colors = [picture.pixelColor(x, y) for x, y in points]
    return sum(max(c.red(), c.green(), c.blue()) - min(c.red(), c.green(), c.blue()) > 24 for c in colors)


def test_a_lost_stream_is_grey_and_shows_since_when(live: MainWindow, plug: Plug, qtbot: QtBot) -> None:
    live.panel.display.switches["skeleton"].setChecked(True)
    before = live.view.grab().toImage()
    lost(live, plug, qtbot)
    assert re.match(r"Stream lost \d:\d\d after its start", live.view.accessibleDescription())
    after = live.view.grab().toImage()
    assert after != before
    waited = re.compile(r"Stream lost \d:\d\d after its start, reconnecting for ([2-9]|\d\d) s")
    qtbot.waitUntil(lambda: bool(waited.fullmatch(live.view.accessibleDescription())), timeout=PATIENCE)
    live.notify(Notice("info", "Something else."))
    live.video_stack.banner.hide()
    assert "Stream lost" in live.view.accessibleDescription()
    assert colorful(live.view.grab().toImage()) == 0
    assert "Lost" in texts(live.controls)
    assert "Live" not in texts(live.controls)
    back(live, plug, qtbot)
    assert live.view.accessibleDescription() == ""


def test_the_frame_is_grey_until_the_camera_is_back(qtbot: QtBot) -> None:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.set_draw_style(DrawStyle())
    image = np.tile(np.array([200, 60, 20], np.uint8), (240, 320, 1))
    view.show_result(Result(Frame(0, 0.0, image), FramePoses(0, 0.0, ()), 0.0, {}), None)
    before = view.grab().toImage()
    assert colorful(before) > 100
    view.show_lost("Camera lost 0:12 after its start, reconnecting for 3 s")
    assert colorful(view.grab().toImage()) == 0
    view.show_lost("")
    assert view.grab().toImage() == before


def test_a_recording_waits_for_a_lost_stream_with_a_notice(
    live: MainWindow, plug: Plug, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(live.capture.recorder.started, timeout=PATIENCE):
        live.record_to([tmp_path / "take.mp4", tmp_path / "take.jsonl"])
    qtbot.waitUntil(lambda: recorded_s(live) > 0.2, timeout=PATIENCE)
    lost(live, plug, qtbot)
    qtbot.waitUntil(lambda: "Recording continues" in live.video_stack.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "waiting" in live.video_stack.recorded.text(), timeout=PATIENCE)
    so_far = recorded_s(live)
    back(live, plug, qtbot)
    qtbot.waitUntil(lambda: recorded_s(live) > so_far + 1.0, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "waiting" not in live.video_stack.recorded.text(), timeout=PATIENCE)
    with qtbot.waitSignal(live.capture.recorder.finished, timeout=PATIENCE):
        live.capture.recorder.stop()
    lines = (tmp_path / "take.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    frames = [json.loads(line) for line in lines]
    assert all("people" in frame for frame in frames)
    assert frames[-1]["time_s"] - frames[0]["time_s"] > so_far + 1.0


def test_a_recording_of_a_lost_stream_leaves_no_partial_file(
    live: MainWindow, plug: Plug, tmp_path: Path, qtbot: QtBot
) -> None:
    lost(live, plug, qtbot)
    with qtbot.waitSignal(live.capture.recorder.started, timeout=PATIENCE):
        live.record_to([tmp_path / "take.mp4", tmp_path / "take.jsonl"])
    qtbot.waitUntil(lambda: "starts when the video is back" in live.video_stack.banner.sentence, timeout=PATIENCE)
    with qtbot.waitSignal(live.capture.recorder.finished, timeout=PATIENCE):
        live.capture.recorder.stop()
    qtbot.waitUntil(lambda: "Nothing was recorded" in live.video_stack.banner.sentence, timeout=PATIENCE)
    assert not list(tmp_path.glob("take*"))


def test_opening_another_source_ends_the_lost_state(live: MainWindow, plug: Plug, clip: Path, qtbot: QtBot) -> None:
    lost(live, plug, qtbot)
    play(live, clip, qtbot)
    assert not live.loss.lost
    assert live.view.accessibleDescription() == ""
