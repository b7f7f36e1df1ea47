"""``--limit``, ``--start`` and ``--end`` in the window: the part is used as a clip of that length; a camera ends."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.core.settings import RunOptions
from app.sources.file import VideoFile
from app.window.dialogs.export_dialog import ExportDialog
from app.window.main_window import MainWindow
from tests.app.sources.clips import torn_clip
from tests.app.sources.device import FakeDevice
from tests.app.window.rooms import device
from tests.app.window.test_main_window import PATIENCE

__all__ = ["device"]


def run(window: MainWindow, qtbot: QtBot, options: RunOptions) -> None:
    """Open the source of ``options`` as the command line does, and wait for its end."""
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE), qtbot.waitSignal(window.player.opened):
        window.run(options)


def shown(window: MainWindow) -> int:
    assert window.player.current is not None
    return window.player.current.frame.index


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key, expected: int) -> None:
    qtbot.keyClick(window.view, key)
    qtbot.waitUntil(lambda: shown(window) == expected and not window.player.playing, timeout=PATIENCE)


def frames_of(file: Path) -> list[int]:
    """The frame numbers in a file of JSON lines."""
    return [json.loads(line)["frame"] for line in file.read_text(encoding="utf-8").splitlines()[1:]]


def export_all(window: MainWindow, folder: Path, qtbot: QtBot) -> list[int]:
    """Export the video and JSON lines to ``folder``; returns the frame numbers in the data."""
    window.preferences.recordings = folder
    window.actions_by_name["export"].trigger()
    dialog = window.dialogs.shown["export"]
    assert isinstance(dialog, ExportDialog)
    dialog.targets.name.setText("out")
    with qtbot.waitSignal(dialog.exported, timeout=PATIENCE):
        dialog.start.click()
    dialog.close()
    data = frames_of(folder / "out.jsonl")
    film = VideoFile(folder / "out.mp4")
    assert len(list(iter(film.read, None))) == len(data)
    film.close()
    return data


@pytest.mark.parametrize(
    ("bounds", "part"),
    [
        ({"limit": 12}, range(12)),
        ({"start_s": 0.5, "limit": 12}, range(10, 22)),
        ({"start_s": 0.5, "end_s": 1.5}, range(10, 30)),
    ],
)
def test_a_part_of_a_clip_is_used_as_a_clip_of_that_length(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot, bounds: dict[str, float], part: range
) -> None:
    window = posing
    run(window, qtbot, RunOptions(str(clip), **bounds))  # type: ignore[arg-type]
    first, last = part[0], part[-1]
    assert shown(window) == last
    qtbot.waitUntil(
        lambda: window.player.analysis is not None and window.player.analysis.covers(part), timeout=PATIENCE
    )
    assert window.controls.position.last.text() == f"/ {last}"
    assert window.controls.timeline.maximum() == (last + 1) * 50
    press(window, qtbot, Qt.Key.Key_Home, first)
    press(window, qtbot, Qt.Key.Key_Right, first + 1)
    press(window, qtbot, Qt.Key.Key_Left, first)
    press(window, qtbot, Qt.Key.Key_Left, first)
    press(window, qtbot, Qt.Key.Key_End, last)
    press(window, qtbot, Qt.Key.Key_Right, last)
    press(window, qtbot, Qt.Key.Key_Left, last - 1)
    line = window.controls.timeline
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(line.width() - 1, line.height() // 2))
    qtbot.waitUntil(lambda: shown(window) == last, timeout=PATIENCE)
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE):
        qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert shown(window) == last
    assert window.actions_by_name["record"].isEnabled()
    assert not window.status.reason.isVisible()
    assert export_all(window, tmp_path, qtbot) == list(part)
    analysis = window.player.analysis
    assert analysis is not None
    assert [poses.index for poses in analysis.frames()] == list(part)


def test_a_limit_counts_the_frames_that_can_be_read(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    """As headless does; the length shown grows as lost frames are found."""
    window, indices = posing, [*range(14), *range(21, 27)]
    output = tmp_path / "take.jsonl"
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.player.open(str(torn_clip(tmp_path)), limit=20, for_recording=True)
    with qtbot.waitSignal(window.capture.recorder.finished, timeout=PATIENCE):
        window.record_to([output])  # plays to the end
    assert frames_of(output) == indices
    analysis = window.player.analysis
    assert analysis is not None
    qtbot.waitUntil(lambda: [poses.index for poses in analysis.frames()] == indices, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.controls.position.last.text() == "/ 26", timeout=PATIENCE)
    assert window.controls.timeline.maximum() == 27 * 40
    press(window, qtbot, Qt.Key.Key_Home, 0)
    press(window, qtbot, Qt.Key.Key_End, 26)
    press(window, qtbot, Qt.Key.Key_Right, 26)
    assert export_all(window, tmp_path, qtbot) == indices


def test_a_part_of_a_clip_is_looped_and_recorded(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    window = posing
    run(window, qtbot, RunOptions(str(clip), limit=6))
    window.actions_by_name["loop"].trigger()
    indices: list[int] = []
    window.player.shown.connect(lambda result: indices.append(result.frame.index))
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        window.record_to([tmp_path / "take.jsonl"])
    window.player.play()
    qtbot.waitUntil(lambda: sum(after < before for before, after in pairwise(indices)) > 2, timeout=PATIENCE)
    with qtbot.waitSignal(window.capture.recorder.finished, timeout=PATIENCE):
        window.capture.recorder.stop()
    frames = frames_of(tmp_path / "take.jsonl")
    assert max(indices) == max(frames) == 5
    assert frames.count(0) > 1


def test_a_camera_with_a_limit_ends_and_says_so(
    posing: MainWindow, device: type[FakeDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    window = posing
    assert window.player.pipeline is not None
    run(window, qtbot, RunOptions("0", limit=12))
    engine = window.player.engine
    assert engine is not None
    qtbot.waitUntil(lambda: engine.state == "ended", timeout=PATIENCE)
    assert engine.statistics.frames == 12
    assert not window.player.playing
    assert "has ended after 12 frames" in window.video_stack.banner.sentence
    assert window.controls.position.word.text() == "Ended"
    assert not window.actions_by_name["record"].isEnabled()
    assert "has ended" in window.status.reason.text()
    assert window.status.reason.isVisible()
    assert not window.actions_by_name["virtual-camera"].isEnabled()
    window.record_to([tmp_path / "take.jsonl"])  # as if it was requested just before the end
    qtbot.waitUntil(lambda: "can no longer be recorded" in window.video_stack.banner.sentence, timeout=PATIENCE)
    assert not window.capture.recording
    assert not list(tmp_path.glob("take*"))
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE), qtbot.waitSignal(window.player.opened):
        qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert window.player.engine is not engine
    assert window.player.engine is not None
    assert window.player.engine.statistics.frames == 12


def test_a_limit_ends_a_recording_of_a_camera(
    posing: MainWindow, device: type[FakeDevice], tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open("0", limit=12, for_recording=True)
    engine = posing.player.engine
    assert engine is not None
    with (
        qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE),
        qtbot.waitSignal(posing.capture.recorder.started, timeout=PATIENCE),
    ):
        posing.record_to([tmp_path / "take.jsonl"])
    statistics = engine.statistics
    assert statistics.frames == 12
    lines = (tmp_path / "take.jsonl").read_text(encoding="utf-8").splitlines()
    # A camera does not wait for a machine that is too slow to write: such frames are counted.
    assert len(lines) - 1 + statistics.unrecorded == 12
