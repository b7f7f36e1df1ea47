"""What goes wrong while somebody is looking: it is told, and what was there goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.settings import Job, Settings
from app.sources import camera
from app.sources.file import VideoFile
from app.window.main_window import MainWindow
from app.window.preferences import Preferences
from tests.app.sources.device import plugged_in
from tests.app.sources.mjpeg import Mjpeg
from tests.app.window.conftest import clip, no_camera, posing, quiet, small_models, window
from tests.app.window.test_main_window import PATIENCE, play, recorded_s, source_name
from tests.faults.runs import lines
from tests.faults.test_image import png
from tests.faults.test_model import BROKEN
from tests.faults.test_stream import Odd, recorded

__all__ = ["clip", "no_camera", "posing", "quiet", "small_models", "window"]


def test_a_network_that_cannot_be_used_leaves_the_old_one(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    before, pipeline = posing.loader.settings, posing.loader.pipeline
    assert before is not None
    for number, name in enumerate(("cut", "not a number", "weights anywhere", "lies of its size", "its own operator")):
        make, named = BROKEN[name]
        folder = tmp_path / str(number)
        folder.mkdir()
        with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
            posing.panel.changed.emit(replace(before, pose=str(make(folder / "made.onnx"))))
        assert named in posing.stage.banner.sentence
        assert (posing.loader.settings, posing.loader.pipeline) == (before, pipeline)
    assert posing.player.pipeline is pipeline
    assert source_name(posing) == str(clip)


def test_a_disk_that_is_full_in_mid_recording_is_told(
    posing: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    play(posing, clip, qtbot)
    (tmp_path / "take.mkv").symlink_to("/dev/full")
    posing.record_to([tmp_path / "take.mkv"])
    qtbot.waitUntil(lambda: "take.mkv" in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    assert source_name(posing) == str(clip)


@pytest.fixture
def network() -> Iterator[Odd]:
    """A camera on the network that counts what it sends."""
    served = Odd()
    yield served
    served.unplug()


def watch(window: MainWindow, network: Odd, qtbot: QtBot) -> None:
    """Show what ``network`` sends as it is: nobody is looked for, nothing is drawn."""
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
def test_a_folder_that_is_removed_in_mid_recording_is_told(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    """What goes nowhere is no recording: it ends with a sentence, and the one beside it is whole."""
    away, kept = tmp_path / "away", tmp_path / "kept.jsonl"
    away.mkdir()
    watch(posing, network, qtbot)
    record(posing, [away / name, kept], qtbot)
    os.link(away / name, tmp_path / name)  # so that there is something to look at afterwards
    shutil.rmtree(away)
    qtbot.waitUntil(lambda: name in posing.stage.banner.sentence, timeout=PATIENCE)
    assert "No such file" in posing.stage.banner.sentence
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    frames = len(lines(kept)) - 1
    beside = lines(tmp_path / name)[1:] if name.endswith("jsonl") else list(iter(VideoFile(tmp_path / name).read, None))
    assert frames > 10
    assert len(beside) in (frames, frames + 1)
    shown = shown_index(posing)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 10, timeout=PATIENCE)  # the player goes on
    record(posing, [tmp_path / "next.mp4"], qtbot, 0.2)  # and so does recording
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.capture.recorder.stop()
    assert len(list(iter(VideoFile(tmp_path / "next.mp4").read, None))) > 3


def test_what_a_kill_left_goes_when_the_window_comes(
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
    made.begin(Job(""))
    qtbot.waitUntil(lambda: not left.exists() and not work.exists(), timeout=PATIENCE)
    assert other.exists()
    with qtbot.waitSignal(made.closed, timeout=PATIENCE):
        made.close()


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond a megabyte."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["take.mp4", "take.mkv"])
def test_a_disk_that_fills_up_leaves_a_film_that_plays(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, small_disk: None, name: str
) -> None:
    noise = np.random.default_rng(1)

    def noisy(number: int, data: bytes) -> bytes:
        return cv2.imencode(".jpg", noise.integers(0, 256, (240, 320, 3), np.uint8))[1].tobytes()

    network.spoil = noisy
    watch(posing, network, qtbot)
    record(posing, [tmp_path / name, tmp_path / "kept.jsonl"], qtbot, 0.0)
    qtbot.waitUntil(lambda: name in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    frames = len(lines(tmp_path / "kept.jsonl")) - 1
    seconds = lines(tmp_path / "kept.jsonl")[-1]["time_s"] - lines(tmp_path / "kept.jsonl")[1]["time_s"]
    film = list(iter(VideoFile(tmp_path / name).read, None))
    assert 5 < len(film) <= frames + 1
    assert film[-1].time_s > seconds - 1.0
    assert not list(tmp_path.glob(".stance-*"))
    shown = shown_index(posing)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 10, timeout=PATIENCE)


def test_a_stream_that_is_lost_and_comes_back_goes_on_in_the_same_recording(
    posing: MainWindow, network: Odd, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))
    posing.deeds["record-clean"].setChecked(True)
    paths = [tmp_path / "out.mkv", tmp_path / "out.jsonl"]
    watch(posing, network, qtbot)
    record(posing, paths, qtbot)
    recording = posing.capture.recorder.recording
    network.unplug()
    qtbot.waitUntil(lambda: "is lost" in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.wait(500)  # the last frame may still have been worked on
    shown = shown_index(posing)
    qtbot.wait(1000)
    assert shown_index(posing) == shown  # nothing is shown again as if it were new
    assert posing.capture.recorder.recording is recording
    back = Odd(network.port)
    qtbot.waitUntil(lambda: "is back" in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: shown_index(posing) > shown + 20, timeout=PATIENCE)
    assert posing.capture.recorder.recording is recording
    with qtbot.waitSignal(posing.capture.recorder.finished, timeout=PATIENCE):
        posing.deeds["record"].trigger()
    back.unplug()
    frames = recorded(tmp_path)
    assert len(frames) <= network.sent + back.sent
    gaps = np.diff([frame.time_s for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 0.9
    told = [line["time_s"] for line in lines(paths[1])[1:]]
    assert [frame.time_s + told[0] for frame in frames] == pytest.approx(told, abs=0.002)


@pytest.mark.parametrize("name", ["bomb.png", "cut.mp4", "words.jpg"])
def test_a_source_that_cannot_be_shown_leaves_the_old_one(
    window: MainWindow, clip: Path, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    play(window, clip, qtbot)
    whole = clip.read_bytes()
    spoilt = {"bomb.png": png(60_000, 60_000), "cut.mp4": whole[: len(whole) // 2], "words.jpg": b"no picture"}
    (tmp_path / name).write_bytes(spoilt[name])
    window.open(str(tmp_path / name))
    qtbot.waitUntil(lambda: name in window.stage.banner.sentence, timeout=PATIENCE)
    assert source_name(window) == str(clip)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to wait for a camera waits less."""
    monkeypatch.setattr(camera, "SILENCE_S", 0.6)
    monkeypatch.setattr(camera, "PAUSES_S", (0.1, 0.2))


def test_a_stream_that_breaks_off_is_told_and_its_recording_goes_on(
    posing: MainWindow, tmp_path: Path, eager: None, qtbot: QtBot
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
    qtbot.waitUntil(lambda: "is lost" in posing.stage.banner.sentence, timeout=PATIENCE)
    shown = engine.statistics.frames
    qtbot.wait(700)
    assert engine.statistics.frames == shown  # nothing is made up meanwhile
    assert posing.player.playing
    again = Mjpeg(network.port)
    qtbot.waitUntil(lambda: "is back" in posing.stage.banner.sentence, timeout=PATIENCE)
    qtbot.waitUntil(lambda: engine.statistics.frames > shown + 10, timeout=PATIENCE)
    assert (posing.player.source, posing.player.engine) == (source, engine)
    posing.capture.recorder.stop()
    qtbot.waitUntil(lambda: posing.capture.recorder.recording is None, timeout=PATIENCE)
    again.unplug()
    frames = lines(tmp_path / "take.jsonl")[1:]
    gaps = np.diff([frame["time_s"] for frame in frames])
    assert (gaps > 0).all()
    assert gaps.max() > 0.7  # one recording, with the silence in it
    with av.open(str(tmp_path / "take.mkv")) as video:
        assert sum(1 for _ in video.decode(video=0)) == len(frames)


def test_a_camera_that_another_window_has_is_told_and_both_go_on_with_what_they_show(
    window: MainWindow, clip: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    plugged_in(monkeypatch)
    monkeypatch.setattr(camera, "HANDOVER_S", (0.05,))
    monkeypatch.setattr(camera, "list_cameras", lambda: [camera.CameraInfo(0, "one", "")])
    play(window, clip, qtbot)
    other = MainWindow(Settings())
    other.show()
    with qtbot.waitSignal(other.player.opened, timeout=PATIENCE):
        other.open("0")
    qtbot.waitUntil(lambda: other.player.current is not None, timeout=PATIENCE)
    window.open("0")
    qtbot.waitUntil(lambda: "another program seems to be using it" in window.stage.banner.sentence, timeout=PATIENCE)
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
def test_a_source_that_is_not_there_leaves_the_old_one(window: MainWindow, clip: Path, qtbot: QtBot, text: str) -> None:
    play(window, clip, qtbot)
    window.open(text)
    qtbot.waitUntil(lambda: text in window.stage.banner.sentence, timeout=PATIENCE)
    assert source_name(window) == str(clip)
