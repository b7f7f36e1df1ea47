"""A one-stage network, a codec and a lifter that the app does not contain run headless and in the window."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import stance
from app.cli.main import main
from app.core.errors import StanceError
from app.core.settings import Settings
from app.inference.registry import LIFTERS
from app.sinks.jsonl_reader import read_recording
from app.window.main_window import MainWindow
from tests.plugins import codec, lifter, one_stage
from tests.plugins.clips import HEIGHT, run, write_clip

FRAMES = 6
REASON = "toy-one-stage finds people itself: no detector runs."
REFUSAL = "toy-one-stage finds people itself and runs without a detector: wanted no detector."


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "gray.mp4", [120] * FRAMES)


@pytest.fixture(params=["one-stage", "codec"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    plugin = {"one-stage": one_stage, "codec": codec}[request.param]
    network = plugin.write_network(tmp_path / f"{request.param}.onnx")
    # The one-stage network finds people itself: the detector is neither located nor opened.
    detector = "no such file.onnx" if plugin is one_stage else "none"
    return Settings(pose=str(network), detector=detector, device="cpu", smooth="none", lifter="toy-plane")


def people_wanted(settings: Settings) -> int:
    return len(one_stage.BOXES) if "one-stage" in settings.pose else 1


def test_plugins_run_headless(settings: Settings, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    recording = run(settings, clip, out)
    assert recording.pose_model.startswith("toy-")
    head = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert head["detector"] == "none"
    assert head.get("no_detector") == (REASON if "one-stage" in settings.pose else None)
    assert [len(poses.people) for poses in recording.poses] == [people_wanted(settings)] * FRAMES
    depths = []
    for poses in recording.poses:
        for person in poses.people:
            assert person.points_3d is not None
            # The flip test of new people mixes mirrored keypoints: left and right have the same y.
            steps = np.diff(person.keypoints[:, 1])
            assert (steps >= 0).all()
            np.testing.assert_allclose(person.keypoints[:, 2], 0.8, atol=1e-3)
            np.testing.assert_allclose(person.points_3d[:, :2], person.keypoints[:, :2] * 2 / HEIGHT, atol=1e-3)
            depths.append(float(person.points_3d[0, 2]))
    wanted = [1, 2, 3, 3, 3, 3]
    assert depths == [depth for depth in wanted for _ in range(people_wanted(settings))]


def test_a_registered_rule_recognizes_a_network_without_a_card(clip: Path, tmp_path: Path) -> None:
    network = one_stage.write_network(tmp_path / "foreign.onnx", with_card=False)
    recording = run(Settings(pose=str(network), device="cpu"), clip, tmp_path / "out.jsonl")
    assert recording.pose_model == "foreign"
    assert [len(poses.people) for poses in recording.poses] == [len(one_stage.BOXES)] * FRAMES


def test_plugins_run_in_the_window(window: MainWindow, settings: Settings, clip: Path, qtbot: QtBot) -> None:
    window.player.open(str(clip))

    def people_are_shown() -> None:
        analysis = window.player.analysis
        assert analysis is not None
        poses = analysis.get(FRAMES - 1)
        assert poses is not None
        assert [person.points_3d is not None for person in poses.people] == [True] * people_wanted(settings)

    qtbot.waitUntil(people_are_shown, timeout=60_000)
    is_one_stage = "one-stage" in settings.pose
    assert window.status.no_detector.isVisible() == is_one_stage
    if is_one_stage:
        assert window.status.no_detector.toolTip() == window.engine_panel.detector.text() == REASON


def test_lifters_are_chosen_by_name_on_the_command_line(
    settings: Settings, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert LIFTERS["toy-plane"] is lifter.ToyPlane
    out = tmp_path / "out.jsonl"
    command = ["--headless", "--source", str(clip), "--pose", settings.pose, "--detector", "none", "--device", "cpu"]
    assert main([*command, "--lift", "toy-plane", "--output", str(out)]) == 0
    assert all(person.points_3d is not None for poses in read_recording(out).poses for person in poses.people)
    assert main([*command, "--lift", "toy-cube"]) == 2
    assert (
        "Unknown lifter 'toy-cube': wanted one of stance-lifter, blazepose-full, toy-plane, or an ONNX file."
        in capsys.readouterr().err
    )
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "toy-plane" in " ".join(capsys.readouterr().out.split())


def test_a_detector_named_on_the_command_line_is_refused_if_the_network_finds_people_itself(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = one_stage.write_network(tmp_path / "one-stage.onnx")
    command = ["--headless", "--source", str(clip), "--pose", str(network), "--device", "cpu", "--limit", "2"]
    assert main([*command, "--detector", "yolox-tiny"]) == 2
    assert REFUSAL in capsys.readouterr().err
    assert main(command) == 0
    assert main([*command, "--detector", "none"]) == 0


def test_the_window_refuses_the_detector_of_the_command_line_once(tmp_path: Path, qtbot: QtBot) -> None:
    network = one_stage.write_network(tmp_path / "one-stage.onnx")
    window = MainWindow(Settings(pose=str(network), detector="no such file.onnx", device="cpu"))
    window.loader.detector_is_requested = True
    window.show()
    with qtbot.waitSignal(window.loader.failed, timeout=60_000):
        window.load()
    assert window.video_stack.banner.sentence == REFUSAL
    with qtbot.waitSignal(window.loader.loaded, timeout=60_000):
        window.load()
    with qtbot.waitSignal(window.closed, timeout=60_000):
        window.close()


def test_the_library_refuses_a_detector_if_the_network_finds_people_itself(tmp_path: Path) -> None:
    network = one_stage.write_network(tmp_path / "one-stage.onnx")
    with pytest.raises(StanceError, match=re.escape(REFUSAL)):
        stance.Pose(network, detector="yolox-tiny", device="cpu")
    image = np.zeros((HEIGHT, 2 * HEIGHT, 3), np.uint8)
    for pose in (stance.Pose(network, device="cpu"), stance.Pose(network, detector="none", device="cpu")):
        assert len(pose(image)) == len(one_stage.BOXES)
