"""Devices that are not there, or that fail in mid-run: any other will do where that was asked for, and it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app import journal
from app.cli import main
from app.engine.scout import ABREAST
from app.runtime import PROBE, open_network, why_not
from app.settings import Settings
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
ASKERS = {"poses.onnx": 1, "boxes.onnx": 1 + ABREAST}
"""So many threads ask a network: the worker, and for the detector those of the scout beside it."""
TWO = [(20, 10, 60, 120, 0.9, 0), (70, 10, 110, 120, 0.9, 0)]

without_cuda = pytest.mark.skipif(not why_not("cuda"), reason="CUDA runs here")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[FailingCard]:
    """A card that fails in the way that the test names."""
    why_not.cache_clear()
    yield FailingCard(monkeypatch, FAILURES[getattr(request, "param", "memory full")][0])
    why_not.cache_clear()


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("networks")
    return made.pose(folder / "poses.onnx"), made.detector(folder / "boxes.onnx", TWO)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "a.mp4", steady(FRAMES), size=(128, 128))


def run(headless: Headless, film: Path, networks: tuple[Path, Path], folder: Path, device: str) -> Done:
    folder.mkdir()
    return headless(film, folder / "out.jsonl", folder / "out.mp4", more=wished(networks, device))


def wished(networks: tuple[Path, Path], device: str) -> tuple[str, ...]:
    pose, detector = networks
    return "--device", device, "--pose", str(pose), "--detector", str(detector), "--max-people", "0"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, film: Path, networks: tuple[Path, Path]) -> list[dict[str, Any]]:
    """What comes out where nothing fails, frame by frame."""
    out = tmp_path_factory.mktemp("whole") / "out.jsonl"
    assert main(arguments(networks[0], film, (out,), wished(networks, "cpu"))) == 0
    return lines(out)[1:]


def frames_of(path: Path) -> int:
    with av.open(str(path)) as video:
        return sum(1 for _ in video.decode(video=0))


@without_cuda
def test_a_device_that_is_not_there_is_refused_with_the_reason_or_passed_over_with_it(
    tmp_path: Path, headless: Headless, film: Path, networks: tuple[Path, Path]
) -> None:
    run(headless, film, networks, tmp_path / "cuda", "cuda").refused("'cuda' does not run here", why_not("cuda"))
    assert not list((tmp_path / "cuda").iterdir())
    done = run(headless, film, networks, tmp_path / "auto", "auto")
    done.played(FRAMES)
    (told,) = [line for line in done.out.splitlines() if line.startswith("device: auto -> cpu")]
    assert "cuda" not in told or f"cuda: {why_not('cuda')}" in told
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
def test_auto_goes_on_elsewhere_with_the_same_people(
    tmp_path: Path,
    stance_home: Path,
    headless: Headless,
    film: Path,
    networks: tuple[Path, Path],
    whole: list[dict[str, Any]],
    failing: FailingCard,
    names: tuple[str, ...],
    request: pytest.FixtureRequest,
) -> None:
    failing.bears = dict.fromkeys(names, 6)
    done = run(headless, film, networks, tmp_path / "broken", "auto")
    done.played(FRAMES)
    # Asked no more after it failed, but by those who were about to.
    assert all(-ASKERS[name] <= failing.bears[name] < 0 for name in names)
    assert lines(tmp_path / "broken" / "out.jsonl")[1:] == whole
    assert {1, 2} <= {person["id"] for person in whole[-1]["people"]}
    assert frames_of(tmp_path / "broken" / "out.mp4") == FRAMES
    reason = FAILURES[request.node.callspec.params["failing"]][1]
    where = {1: "cpu+cuda" if "poses.onnx" in names else "cuda+cpu", 2: "cpu"}[len(names)]
    assert f"device: auto -> {where} (cuda: {names[-1]} failed in mid-run: {reason})" in done.out
    for name in names:
        told = f"{name} failed in mid-run: {reason}; it goes on on cpu."
        assert sum(told in trouble for trouble in journal.last_troubles(9)) == 1
    assert "annas-pc" not in done.out + done.err + str(journal.last_troubles(9))


@pytest.mark.parametrize("failing", FAILURES, indirect=True)
def test_a_device_that_was_asked_for_stops_with_the_reason_and_what_was_recorded_is_whole(
    tmp_path: Path,
    headless: Headless,
    film: Path,
    networks: tuple[Path, Path],
    failing: FailingCard,
    request: pytest.FixtureRequest,
) -> None:
    failing.bears = {"poses.onnx": 12}
    done = run(headless, film, networks, tmp_path / "out", "cuda")
    done.refused("poses.onnx failed on cuda", FAILURES[request.node.callspec.params["failing"]][1])
    assert "annas-pc" not in done.err
    count = len(lines(tmp_path / "out" / "out.jsonl")) - 1
    assert 0 < count < FRAMES
    assert frames_of(tmp_path / "out" / "out.mp4") == count


def test_a_feed_that_no_device_takes_moves_nothing(failing: FailingCard) -> None:
    network = open_network(PROBE, "auto", lambda network: [np.ones((1, 3, 16, 16), np.float32)])
    with pytest.raises(Exception, match=r"probe\.onnx failed on cuda"):
        network.run([np.ones((1, 3, 8, 8), np.float32)])
    assert network.device == "cuda"


def load(window: MainWindow, settings: Settings, qtbot: QtBot) -> None:
    window.panel.show_settings(settings)
    with qtbot.waitSignal(window.loader.loaded, timeout=PATIENCE):
        window.load()


def test_the_window_goes_on_elsewhere_and_tells_why(
    window: MainWindow, small_models: Settings, clip: Path, failing: FailingCard, qtbot: QtBot
) -> None:
    load(window, replace(small_models, device="auto"), qtbot)
    assert window.status.badge.text() == "auto → CUDA"
    failing.bears = {Path(small_models.detector).name: 2}
    play(window, clip, qtbot)
    qtbot.waitUntil(lambda: window.status.badge.text() == "auto → CUDA + CPU", timeout=PATIENCE)
    assert "CUDA failure 2: out of memory" in window.stage.banner.sentence
    assert "CUDA failure 2: out of memory" in window.status.badge.toolTip()
    assert window.engine_panel.device.text() == "auto → CUDA + CPU"
    with qtbot.waitSignal(window.player.ended, timeout=PATIENCE):
        window.player.play()
    assert window.player.current is not None
    assert window.player.current.frame.index == FRAMES_OF_CLIP - 1


def test_the_window_stops_with_the_reason_where_that_device_was_asked_for(
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
    failing.bears = {Path(small_models.detector).name: 0}
    qtbot.waitUntil(lambda: "failed on cuda" in window.stage.banner.sentence, timeout=PATIENCE)
    assert not window.player.playing
    qtbot.waitUntil(lambda: window.capture.recorder.recording is None, timeout=PATIENCE)
    assert frames_of(tmp_path / "take.mkv") >= 3


@without_cuda
def test_a_device_that_cannot_be_had_leaves_the_old_one(posing: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    before = posing.loader.settings
    with qtbot.waitSignal(posing.loader.failed, timeout=PATIENCE):
        posing.panel.changed.emit(replace(before, device="cuda"))
    assert why_not("cuda") in posing.stage.banner.sentence
    assert posing.status.badge.text() == "CPU → CPU"
    assert posing.loader.settings == before


@without_cuda
def test_a_window_that_is_asked_for_a_device_that_is_not_there_shows_the_picture_and_tells_why(
    window: MainWindow, small_models: Settings, clip: Path, qtbot: QtBot
) -> None:
    window.panel.show_settings(replace(small_models, device="cuda"))
    with qtbot.waitSignal(window.loader.failed, timeout=PATIENCE):
        window.load()
    assert why_not("cuda") in window.stage.banner.sentence
    play(window, clip, qtbot)
    assert why_not("cuda") in window.stage.banner.sentence  # as long as nobody can be looked for
