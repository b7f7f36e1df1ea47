"""Devices that are missing or fail during a run: ``auto`` continues on another one and reports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.cli.main import main
from app.core.settings import Settings
from app.engine.detector_lookahead import MAX_PARALLEL
from app.inference.devices import PROBE, unavailable_reason
from app.inference.onnx_model import open_network
from app.system import log
from app.window.main_window import MainWindow
from tests.app.sources.clips import make_clip, steady
from tests.app.window.conftest import FRAMES as FRAMES_OF_CLIP
from tests.app.window.conftest import clip, no_camera, posing, quiet, small_models, window
from tests.app.window.test_main_window import PATIENCE, play
from tests.faults import made
from tests.faults.failing_card import FAILURES, FailingCard
from tests.faults.runs import Done, Headless, arguments, lines

__all__ = ["clip", "no_camera", "posing", "quiet", "small_models", "window"]

FRAMES = 30
CALLERS = {"poses.onnx": 1, "boxes.onnx": 1 + MAX_PARALLEL}
"""Threads that call a network: the worker, and for the detector its look-ahead threads."""
TWO_BOXES = [(20, 10, 60, 120, 0.9, 0), (70, 10, 110, 120, 0.9, 0)]

without_cuda = pytest.mark.skipif(not unavailable_reason("cuda"), reason="CUDA runs here")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[FailingCard]:
    """A card that fails as the test's parameter says."""
    unavailable_reason.cache_clear()
    yield FailingCard(monkeypatch, FAILURES[getattr(request, "param", "memory full")][0])
    unavailable_reason.cache_clear()


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("networks")
    return made.pose(folder / "poses.onnx"), made.detector(folder / "boxes.onnx", TWO_BOXES)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "a.mp4", steady(FRAMES), size=(128, 128))


def run(headless: Headless, film: Path, networks: tuple[Path, Path], folder: Path, device: str) -> Done:
    folder.mkdir()
    return headless(film, folder / "out.jsonl", folder / "out.mp4", more=options(networks, device))


def options(networks: tuple[Path, Path], device: str) -> tuple[str, ...]:
    pose, detector = networks
    return "--device", device, "--pose", str(pose), "--detector", str(detector), "--max-people", "0"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, film: Path, networks: tuple[Path, Path]) -> list[dict[str, Any]]:
    """The lines of all frames of a run without a failure."""
    out = tmp_path_factory.mktemp("expected") / "out.jsonl"
    assert main(arguments(networks[0], film, (out,), options(networks, "cpu"))) == 0
    return lines(out)[1:]


def frames_of(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


@without_cuda
def test_missing_device_is_refused_by_name_and_skipped_by_auto(
    tmp_path: Path, headless: Headless, film: Path, networks: tuple[Path, Path]
) -> None:
    run(headless, film, networks, tmp_path / "cuda", "cuda").refused(
        "'cuda' is not available", unavailable_reason("cuda")
    )
    assert not list((tmp_path / "cuda").iterdir())
    done = run(headless, film, networks, tmp_path / "auto", "auto")
    done.played(FRAMES)
    (line,) = [text for text in done.out.splitlines() if text.startswith("device: auto -> cpu")]
    assert "cuda" not in line or f"cuda: {unavailable_reason('cuda')}" in line
    assert lines(tmp_path / "auto" / "out.jsonl")[0]["device"] == {"requested": "auto", "actual": "cpu"}


@pytest.mark.parametrize(
    ("failing", "names"),
    [
        *((failure, ("poses.onnx",)) for failure in FAILURES),
        ("memory full", ("boxes.onnx",)),
        ("memory full", ("poses.onnx", "boxes.onnx")),
    ],
    indirect=["failing"],
)
def test_auto_continues_on_another_device_with_the_same_people(
    tmp_path: Path,
    stance_home: Path,
    headless: Headless,
    film: Path,
    networks: tuple[Path, Path],
    expected: list[dict[str, Any]],
    failing: FailingCard,
    names: tuple[str, ...],
    request: pytest.FixtureRequest,
) -> None:
    failing.runs_left = dict.fromkeys(names, 6)
    done = run(headless, film, networks, tmp_path / "broken", "auto")
    done.played(FRAMES)
    # Not called after the failure, except by threads that were just about to.
    assert all(-CALLERS[name] <= failing.runs_left[name] < 0 for name in names)
    assert lines(tmp_path / "broken" / "out.jsonl")[1:] == expected
    assert {1, 2} <= {person["id"] for person in expected[-1]["people"]}
    assert frames_of(tmp_path / "broken" / "out.mp4") == FRAMES
    reason = FAILURES[request.node.callspec.params["failing"]][1]
    devices = {1: "cpu+cuda" if "poses.onnx" in names else "cuda+cpu", 2: "cpu"}[len(names)]
    assert f"device: auto -> {devices} (cuda: {names[-1]} failed while running: {reason})" in done.out
    for name in names:
        warning = f"{name} failed while running: {reason}; it continues on cpu."
        assert sum(warning in text for text in log.last_warnings(9)) == 1
    assert "annas-pc" not in done.out + done.err + str(log.last_warnings(9))


@pytest.mark.parametrize("failing", FAILURES, indirect=True)
def test_failure_of_a_requested_device_ends_the_run_with_complete_files(
    tmp_path: Path,
    headless: Headless,
    film: Path,
    networks: tuple[Path, Path],
    failing: FailingCard,
    request: pytest.FixtureRequest,
) -> None:
    failing.runs_left = {"poses.onnx": 12}
    done = run(headless, film, networks, tmp_path / "out", "cuda")
    done.refused("poses.onnx failed on cuda", FAILURES[request.node.callspec.params["failing"]][1])
    assert "annas-pc" not in done.err
    count = len(lines(tmp_path / "out" / "out.jsonl")) - 1
    assert 0 < count < FRAMES
    assert frames_of(tmp_path / "out" / "out.mp4") == count


def test_input_that_no_device_accepts_does_not_change_the_device(failing: FailingCard) -> None:
    network = open_network(PROBE, "auto", lambda network: [np.ones((1, 3, 16, 16), np.float32)])
    with pytest.raises(Exception, match=r"probe\.onnx failed on cuda"):
        network.run([np.ones((1, 3, 8, 8), np.float32)])
    assert network.device == "cuda"


def load(window: MainWindow, settings: Settings, qtbot: QtBot) -> None:
    window.panel.show_settings(settings)
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()


def test_window_continues_on_another_device_and_shows_the_reason(
    window: MainWindow, small_models: Settings, clip: Path, failing: FailingCard, qtbot: QtBot
) -> None:
    load(window, replace(small_models, device="auto"), qtbot)
    assert window.status.badge.text() == "auto → CUDA"
    failing.runs_left = {Path(small_models.detector).name: 2}
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: window.status.badge.text() == "auto → CUDA + CPU", timeout=PATIENCE)
    assert "CUDA failure 2: out of memory" in window.video_stack.banner.sentence
    assert "CUDA failure 2: out of memory" in window.status.badge.toolTip()
    assert window.engine_panel.device.text() == "auto → CUDA + CPU"
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE):
        window.player.play()
    assert window.player.current is not None
    assert window.player.current.frame.index == FRAMES_OF_CLIP - 1


def test_window_stops_with_the_reason_if_a_requested_device_fails(
    window: MainWindow, small_models: Settings, clip: Path, tmp_path: Path, failing: FailingCard, qtbot: QtBot
) -> None:
    load(window, replace(small_models, device="cuda"), qtbot)
    play(window, clip, qtbot)
    window.record_to([tmp_path / "take.mkv"])
    qtbot.waitUntil(lambda: window.capture.recorder.recording is not None, timeout=PATIENCE)
    engine = window.player.engine
    assert engine is not None
    before = engine.statistics.frames
    qtbot.waitUntil(lambda: engine.statistics.frames > before + 5, timeout=PATIENCE)
    failing.runs_left = {Path(small_models.detector).name: 0}
    window.player.analyse_again()  # the clip is short: its analysis may be complete by now
    qtbot.waitUntil(lambda: "failed on cuda" in window.video_stack.banner.sentence, timeout=PATIENCE)
    # The analysis in the background may meet the failing device before the player does.
    qtbot.waitUntil(lambda: not window.player.playing, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.capture.recorder.recording is None, timeout=PATIENCE)
    assert frames_of(tmp_path / "take.mkv") >= 3


@without_cuda
def test_unavailable_device_leaves_the_old_one(posing: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    before = posing.loader.settings
    with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
        posing.panel.changed.emit(replace(before, device="cuda"))
    assert unavailable_reason("cuda") in posing.video_stack.banner.sentence
    assert posing.status.badge.text() == "CPU → CPU"
    assert posing.loader.settings == before


@without_cuda
def test_window_with_a_missing_device_shows_the_video_and_the_reason(
    window: MainWindow, small_models: Settings, clip: Path, qtbot: QtBot
) -> None:
    window.panel.show_settings(replace(small_models, device="cuda"))
    with qtbot.waitSignal(window.loader.failed, timeout=PATIENCE):
        window.load()
    assert unavailable_reason("cuda") in window.video_stack.banner.sentence
    play(window, clip, qtbot)
    assert unavailable_reason("cuda") in window.video_stack.banner.sentence  # as long as no network can run
