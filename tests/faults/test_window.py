"""Faults while the window is open: each is shown, and the rest continues."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.settings import RunOptions, Settings
from app.sources import camera
from app.sources.file import VideoFile
from app.window.core.preferences import Preferences
from app.window.main_window import MainWindow
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.device import plugged_in
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.conftest import clip, no_camera, posing, quiet, small_models, window
from tests.app.window.test_main_window import PATIENCE, play, recorded_s, source_name, until_still
from tests.faults.runs import lines
from tests.faults.test_image import png
from tests.faults.test_model import BROKEN
from tests.faults.test_stream import Odd, recorded

try:
    import resource
except ModuleNotFoundError:  # on Windows
    resource = None  # type: ignore[assignment]

__all__ = ["clip", "no_camera", "posing", "quiet", "small_models", "window"]


def test_unusable_network_leaves_the_old_one(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    before, pipeline = posing.loader.settings, posing.loader.pipeline
    assert before is not None
    for number, name in enumerate(
        ("cut", "not a number", "weights outside", "card with a wrong size", "unknown operator")
    ):
        make, named = BROKEN[name]
        folder = tmp_path / str(number)
        folder.mkdir()
        with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
            posing.panel.changed.emit(replace(before, pose=str(make(folder / "made.onnx"))))
        assert named in posing.video_stack.banner.sentence
        assert (posing.loader.settings, posing.loader.pipeline) == (before, pipeline)
    assert posing.player.pipeline is pipeline
    assert source_name(posing) == str(clip)


def test_disk_full_during_a_recording_is_shown(posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    play(posing, clip, qtbot)
    (tmp_path / "take.mkv").symlink_to("/dev/full")
    posing.record_to([tmp_path / "take.mkv"])
    qtbot.waitUntil(lambda: "take.mkv" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    assert source_name(posing) == str(clip)


@contextmanager
def disk_with(free_bytes: int) -> Iterator[None]:
    """No file can grow beyond ``free_bytes``."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
@pytest.mark.skipif(resource is None, reason="needs a limit of the file size")
def test_recording_on_a_full_disk_says_how_much_is_whole(posing: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    play(posing, make_clip(tmp_path / "noise.mp4", steady(250), size=(320, 240), image=noise), qtbot)
    posing.actions_by_name["loop"].trigger()
    folder, banner = tmp_path / "films", posing.video_stack.banner
    folder.mkdir()
    for free_bytes, kept in (
        (300_000, r"The first (\d+) frames are kept\."),
        (3000, "Nothing of it is kept."),
        (100, ""),
    ):
        posing.capture.recorder.folder = folder
        known = set(folder.iterdir())
        with disk_with(free_bytes):
            qtbot.keyClick(posing.view, Qt.Key.Key_R)
            qtbot.waitUntil(lambda: "File too large" in banner.sentence, timeout=PATIENCE)
            qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
        made = set(folder.iterdir()) - known
        whole = re.search(rf"cannot be written: File too large\. ?{kept}$", banner.sentence)
        assert whole is not None
        films = [path for path in made if path.suffix == ".mp4"]
        assert len(films) == whole.re.groups
        assert all(len(list(iter(VideoFile(path).read, None))) == int(whole[1]) > 5 for path in films)
        assert bool(made) == (free_bytes > 100)
        assert all(path.stat().st_size for path in made)
        assert not posing.capture.recording
        with qtbot.waitSignal(posing.player.shown, timeout=PATIENCE):
            pass
        qtbot.keyClick(posing.view, Qt.Key.Key_Escape)
        assert banner.sentence == ""


@pytest.fixture
def network() -> Iterator[Odd]:
    """A network camera that counts its pictures."""
    served = Odd()
    yield served
    served.unplug()


def watch(window: MainWindow, network: Odd, qtbot: QtBot) -> None:
    """Open the camera ``network`` and wait for its first frame."""
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open(network.address)
    qtbot.waitUntil(lambda: window.player.current is not None, timeout=PATIENCE)


def record(window: MainWindow, paths: list[Path], qtbot: QtBot, until_s: float = 1.0) -> None:
    with qtbot.waitSignal(window.capture.recorder.started, timeout=PATIENCE):
        window.record_to(paths)
    qtbot.waitUntil(lambda: recorded_s(window) > until_s, timeout=PATIENCE)


def shown_index(window: MainWindow) -> int:
    assert window.player.current is not None
    return window.player.current.frame.index


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder with an open file cannot be removed")
@pytest.mark.parametrize("name", ["take.mp4", "take.mkv", "take.jsonl"])
def test_folder_removed_during_a_recording_is_shown(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    """The recording into the removed folder ends with a message; its other output is complete."""
    away, kept = tmp_path / "away", tmp_path / "kept.jsonl"
    away.mkdir()
    watch(posing, network, qtbot)
    record(posing, [away / name, kept], qtbot)
    os.link(away / name, tmp_path / name)  # keeps the content readable after the removal
    shutil.rmtree(away)
    qtbot.waitUntil(lambda: name in posing.video_stack.banner.sentence, timeout=PATIENCE)
    assert "No such file" in posing.video_stack.banner.sentence
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    frames = len(lines(kept)) - 1
    beside = lines(tmp_path / name)[1:] if name.endswith("jsonl") else list(iter(VideoFile(tmp_path / name).read, None))
    assert frames > 2
    assert len(beside) in (frames, frames + 1)
    shown = shown_index(posing)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 10, timeout=PATIENCE)  # the player continues
    record(posing, [tmp_path / "next.mp4"], qtbot, 0.2)  # and a new recording starts
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.capture.recorder.stop()
    assert list(iter(VideoFile(tmp_path / "next.mp4").read, None))


def test_files_left_by_a_kill_are_removed_when_the_window_opens(
    tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STANCE_HOME", str(tmp_path / "home"))
    work, left, other = (
        tmp_path / "home" / "zoo" / ".work-0a1b2c3d",
        tmp_path / ".stance-0a1b.plain",
        tmp_path / "a.mp4",
    )
    work.mkdir(parents=True)
    left.touch()
    other.touch()
    preferences = Preferences()
    preferences.recordings = tmp_path
    made = MainWindow(Settings(), preferences=preferences)
    made.show()
    made.run(RunOptions(""))
    qtbot.waitUntil(lambda: not left.exists() and not work.exists(), timeout=PATIENCE)
    assert other.exists()
    with qtbot.waitSignal(made.closed, timeout=PATIENCE):
        made.close()


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Files are limited to one megabyte."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["take.mp4", "take.mkv"])
def test_disk_that_fills_up_leaves_a_video_that_plays(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, small_disk: None, name: str
) -> None:
    noise = np.random.default_rng(1)

    def noisy(number: int, data: bytes) -> bytes:
        return cv2.imencode(".jpg", noise.integers(0, 256, (240, 320, 3), np.uint8))[1].tobytes()

    network.spoil = noisy
    watch(posing, network, qtbot)
    record(posing, [tmp_path / name, tmp_path / "kept.jsonl"], qtbot, 0.0)
    qtbot.waitUntil(lambda: name in posing.video_stack.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    frames = len(lines(tmp_path / "kept.jsonl")) - 1
    seconds = lines(tmp_path / "kept.jsonl")[-1]["time_s"] - lines(tmp_path / "kept.jsonl")[1]["time_s"]
    video = list(iter(VideoFile(tmp_path / name).read, None))
    assert 5 < len(video) <= frames + 1
    assert video[-1].time_s > seconds - 1.0
    assert not list(tmp_path.glob(".stance-*"))
    shown = shown_index(posing)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 10, timeout=PATIENCE)


def test_lost_stream_continues_in_the_same_recording(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    posing.actions_by_name["record-clean"].setChecked(True)
    paths = [tmp_path / "out.mkv", tmp_path / "out.jsonl"]
    watch(posing, network, qtbot)
    record(posing, paths, qtbot)
    recording = posing.capture.recorder.recording
    network.unplug()
    qtbot.waitUntil(lambda: "is lost" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    shown = until_still(lambda: shown_index(posing), qtbot, 1000)  # no old frame is shown as new
    assert posing.capture.recorder.recording is recording
    back = Odd(network.port)
    qtbot.waitUntil(lambda: "is back" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 20, timeout=PATIENCE)
    assert posing.capture.recorder.recording is recording
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.actions_by_name["record"].trigger()
    back.unplug()
    frames = recorded(tmp_path)
    assert len(frames) <= network.sent + back.sent
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 0.9
    times = [line["time_s"] for line in lines(paths[1])[1:]]
    assert [frame.time_s + times[0] for frame in frames] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("name", ["bomb.png", "cut.mp4", "words.jpg"])
def test_unreadable_source_leaves_the_old_one(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    play(window, clip, qtbot)
    whole = clip.read_bytes()
    broken = {"bomb.png": png(60_000, 60_000), "cut.mp4": whole[: len(whole) // 2], "words.jpg": b"no picture"}
    (tmp_path / name).write_bytes(broken[name])
    window.open(str(tmp_path / name))
    qtbot.waitUntil(lambda: name in window.video_stack.banner.sentence, timeout=PATIENCE)
    assert source_name(window) == str(clip)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter pauses before reconnecting."""
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))


def test_lost_stream_is_shown_and_its_recording_continues(
    posing: MainWindow, tmp_path: Path, short_pauses: None, qtbot: QtBot
) -> None:
    network = Mjpeg()
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open(network.address)
    qtbot.waitUntil(lambda: posing.player.current is not None, timeout=PATIENCE)
    source, engine = posing.player.source, posing.player.engine
    assert engine is not None
    posing.record_to([tmp_path / "take.mkv", tmp_path / "take.jsonl"])
    qtbot.waitUntil(lambda: recorded_s(posing) > 0.3, timeout=PATIENCE)
    network.unplug()
    qtbot.waitUntil(lambda: "is lost" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    shown = until_still(lambda: engine.statistics.frames, qtbot, 700)  # no frame is invented meanwhile
    assert posing.player.playing
    again = Mjpeg(network.port)
    qtbot.waitUntil(lambda: "is back" in posing.video_stack.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: engine.statistics.frames > shown + 10, timeout=PATIENCE)
    assert (posing.player.source, posing.player.engine) == (source, engine)
    posing.capture.recorder.stop()
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    again.unplug()
    frames = lines(tmp_path / "take.jsonl")[1:]
    gaps = np.diff([frame["time_s"] for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 0.7  # one recording that contains the gap
    with av.open(str(tmp_path / "take.mkv")) as video:
        assert sum(1 for _ in video.decode(video=0)) == len(frames)


def test_camera_in_use_by_another_window_is_shown_and_both_windows_continue(
    window: MainWindow, clip: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    plugged_in(monkeypatch)
    monkeypatch.setattr(camera, "RELEASE_WAIT_S", (0.05,))
    monkeypatch.setattr(camera, "list_cameras", lambda: [camera.CameraInfo(0, "one", "")])
    play(window, clip, qtbot)
    other = MainWindow(Settings())
    other.show()
    with qtbot.waitSignal(other.player.opened, timeout=PATIENCE):
        other.open("0")
    qtbot.waitUntil(lambda: other.player.current is not None, timeout=PATIENCE)
    window.open("0")
    qtbot.waitUntil(
        lambda: "another program seems to be using it" in window.video_stack.banner.sentence, timeout=PATIENCE
    )
    assert source_name(window) == str(clip)
    engine = other.player.engine
    assert engine is not None
    shown = engine.statistics.frames
    qtbot.waitUntil(lambda: engine.statistics.frames > shown + 5, timeout=PATIENCE)
    with qtbot.waitSignal(other.closed, timeout=PATIENCE):
        other.close()
    with qtbot.waitSignal(window.player.opened, timeout=PATIENCE):
        window.open("0")
    assert source_name(window) == "0"


@pytest.mark.parametrize(
    "text", ["7", "http://127.0.0.1:9/none.mjpg", "~nobody-is-called-so/a.mp4", r"\\host\share\a.mp4"]
)
def test_missing_source_leaves_the_old_one(window: MainWindow, clip: Path, qtbot: QtBot, text: str) -> None:
    play(window, clip, qtbot)
    window.open(text)
    qtbot.waitUntil(lambda: text in window.video_stack.banner.sentence, timeout=PATIENCE)
    assert source_name(window) == str(clip)
