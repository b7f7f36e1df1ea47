"""What is saved belongs to the moment of the key press; names are asked for afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.test_main_window import PATIENCE, play, recorded_s

WAIT_MS = 900
"""Time that a user takes to type a name, in milliseconds."""


@pytest.fixture
def camera() -> Iterator[Mjpeg]:
    served = Mjpeg()
    yield served
    served.unplug()


@pytest.fixture
def live(posing: MainWindow, camera: Mjpeg, tmp_path: Path, qtbot: QtBot) -> MainWindow:
    """A camera watched until its replay buffer is full."""
    posing.capture.recorder.folder = tmp_path
    posing.capture.last_seconds.seconds = 0.5
    play(posing, camera.address, qtbot)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: posing.capture.last_seconds.available, timeout=PATIENCE)
    qtbot.waitUntil(lambda: time_s(posing) > 0.8, timeout=PATIENCE)
    return posing


Answer = Callable[[Callable[[], Path | None]], list[Path]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Answer:
    """Set the function called when a name is asked for; the returned list collects the proposed names."""
    proposed: list[Path] = []

    def put(called: Callable[[], Path | None]) -> list[Path]:
        def ask(parent: object, title: str, name: str, kinds: str) -> tuple[str, str]:
            proposed.append(Path(name))
            return str(called() or ""), ""

        monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
        return proposed

    return put


def time_s(window: MainWindow) -> float:
    return window.player.current.frame.time_s if window.player.current is not None else 0.0


def lines(path: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]


def index_of(path: Path) -> list[float]:
    return [line["frame"] for line in lines(path)]


def shown_index(window: MainWindow) -> int:
    return window.player.current.frame.index if window.player.current is not None else -1


def test_the_saved_seconds_end_at_the_key_press(
    live: MainWindow, camera: Mjpeg, answer: Answer, tmp_path: Path, qtbot: QtBot
) -> None:
    sent: list[int] = []

    def slowly() -> Path:
        sent.append(camera.sent)
        qtbot.wait(WAIT_MS)  # longer than the replay buffer
        qtbot.waitUntil(lambda: shown_index(live) > sent[0], timeout=PATIENCE)
        return tmp_path / "last.mp4"

    answer(slowly)
    pressed = shown_index(live)
    live.actions_by_name["save-last"].trigger()
    qtbot.waitUntil(lambda: "last.mp4" in live.video_stack.banner.sentence, timeout=PATIENCE)
    indexes = index_of(tmp_path / "last.jsonl")
    assert indexes[0] < pressed
    assert pressed <= indexes[-1] < sent[0]
    assert len(list(iter(VideoFile(tmp_path / "last.mp4").read, None))) == len(indexes)


def test_cancelling_the_name_saves_no_last_seconds(
    live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot
) -> None:
    answer(lambda: None)
    live.actions_by_name["save-last"].trigger()
    qtbot.wait(200)
    assert list(tmp_path.iterdir()) == []


def test_the_screenshot_is_the_frame_shown_at_the_key_press(
    live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot
) -> None:
    wanted: list[np.ndarray] = []

    def slowly() -> Path:
        qtbot.waitUntil(lambda: shown_index(live) > pressed, timeout=PATIENCE)
        return tmp_path / "now.png"

    answer(slowly)
    assert live.player.current is not None
    pressed = shown_index(live)
    wanted.append(live.player.current.frame.image.copy())
    live.actions_by_name["screenshot"].trigger()
    later = live.player.current.frame.image
    saved = cv2.imread(str(tmp_path / "now.png"))
    assert saved is not None
    at_the_key, afterwards = (np.abs(saved.astype(int) - image).mean() for image in (wanted[0], later))
    assert at_the_key < 1 < afterwards


def test_recording_starts_at_once_and_is_named_afterwards(
    live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = answer(lambda: tmp_path / "chosen.mp4")
    pressed = shown_index(live)
    with qtbot.waitSignal(live.capture.recorder.started, timeout=PATIENCE):
        qtbot.keyClick(live, Qt.Key.Key_R)
    assert asked == []  # it has a free name, so nothing asks whether to overwrite
    qtbot.waitUntil(lambda: recorded_s(live) > 0.4, timeout=PATIENCE)
    ended = shown_index(live)
    qtbot.keyClick(live, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "chosen.mp4" in live.video_stack.banner.sentence, timeout=PATIENCE)
    assert len(asked) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"chosen.mp4", "chosen.jsonl"}
    indexes = index_of(tmp_path / "chosen.jsonl")
    assert pressed <= indexes[0] < ended  # the frame that is shown may be about to be written
    assert indexes[-1] >= ended - 1
    assert len(list(iter(VideoFile(tmp_path / "chosen.mp4").read, None))) == len(indexes)
    assert live.capture.recorder.folder == tmp_path


def recorded(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        qtbot.keyClick(window, Qt.Key.Key_R)
    recording = window.capture.recorder.recording
    assert recording is not None
    qtbot.waitUntil(lambda: recording.frames > 5 and recording.seconds > 0.3, timeout=PATIENCE)
    with qtbot.waitSignal(window.capture.recorder.finished, timeout=PATIENCE):
        qtbot.keyClick(window, Qt.Key.Key_R)


def test_a_recording_without_a_name_stays_where_it_is(
    live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = answer(lambda: None)
    recorded(live, qtbot)
    qtbot.waitUntil(lambda: "was not saved under a name" in live.video_stack.banner.sentence, timeout=PATIENCE)
    assert asked
    assert {path.suffix for path in tmp_path.iterdir()} == {".mp4", ".jsonl"}
    assert all(path.name in live.video_stack.banner.sentence for path in tmp_path.glob("*.mp4"))


@pytest.mark.parametrize("name", ["other.mkv", "people.jsonl", "people.csv"])
def test_a_recording_is_converted_to_the_format_of_its_name(
    live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    answer(lambda: tmp_path / name)
    recorded(live, qtbot)
    qtbot.waitUntil(lambda: name in live.video_stack.banner.sentence, timeout=PATIENCE)
    found = {path.name for path in tmp_path.iterdir()}
    assert found == ({"other.mkv", "other.jsonl"} if name.endswith("mkv") else {name})
    if name.endswith("mkv"):
        assert len(list(iter(VideoFile(tmp_path / name).read, None))) == len(lines(tmp_path / "other.jsonl")) > 5
    elif name.endswith("jsonl"):
        assert len(lines(tmp_path / name)) > 5
    else:
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("frame,time_s")


def test_an_unwritable_name_loses_no_recording(live: MainWindow, answer: Answer, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "nowhere").touch()  # a file, so that it cannot be a folder
    asked = answer(lambda: tmp_path / "nowhere" / "chosen.mp4")
    recorded(live, qtbot)
    qtbot.waitUntil(lambda: "nowhere" in live.video_stack.banner.sentence, timeout=PATIENCE)
    films = list(tmp_path.glob("*.mp4"))
    assert [path.stem for path in tmp_path.glob("*.jsonl")] == [path.stem for path in films]
    assert films[0].stem.startswith(asked[0].stem)
    frames = len(list(iter(VideoFile(films[0]).read, None)))
    assert frames == len(lines(films[0].with_suffix(".jsonl"))) > 5


def test_a_recording_that_ends_with_its_source_can_be_named(
    posing: MainWindow, answer: Answer, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    asked = answer(lambda: None)
    posing.capture.recorder.folder = tmp_path
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.player.open(str(clip), for_recording=True)
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        qtbot.keyClick(posing, Qt.Key.Key_R)  # it plays to its end
    qtbot.waitUntil(lambda: "Saved" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    assert asked == []
    assert {path.suffix for path in tmp_path.iterdir() if path.is_file()} == {".mp4", ".jsonl"}
    assert not [path for path in tmp_path.iterdir() if path.stem.endswith("-recording")]
