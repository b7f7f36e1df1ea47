"""Headless runs of one-stage networks: every output, ids, half rate; options without effect are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.cli.main import main
from app.evaluate.__main__ import main as evaluate
from app.sinks.jsonl_reader import read_recording
from tests.app.evaluate.annotated import annotation, write_folder
from tests.app.pose import one_stage_networks as networks
from tests.plugins.clips import HEIGHT, WIDTH, write_clip

FRAMES = 8
NO_DETECTOR = "net finds people itself: no detector runs."

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return networks.write(tmp_path / "net.onnx", {"output0": networks.raw()})


@pytest.fixture
def run(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the network on a clip with further arguments; returns the exit code and the errors."""
    clip = write_clip(tmp_path / "gray.mp4", [120] * FRAMES)

    def run(*more: object) -> tuple[int, str]:
        command = ["--headless", "--source", clip, "--pose", network, "--device", "cpu", *more]
        return main([str(part) for part in command]), capsys.readouterr().err

    return run


def test_people_have_ids_boxes_and_poses_in_every_frame(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run("--smooth", "none", "--output", out)[0] == 0
    head = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert (head["detector"], head["no_detector"]) == ("none", NO_DETECTOR)
    recording = read_recording(out)
    assert [[person.id for person in poses.people] for poses in recording.poses] == [[1, 2]] * FRAMES
    scale = networks.SIDE / max(WIDTH, HEIGHT)
    shift = np.array([(networks.SIDE - WIDTH * scale) // 2, (networks.SIDE - HEIGHT * scale) // 2], np.float32)
    wanted = (networks.poses_in(networks.PEOPLE[:2], 17)[..., :2] - shift) / scale
    for poses in recording.poses:
        for person, points in zip(poses.people, wanted, strict=True):
            np.testing.assert_allclose(person.keypoints[:, :2], points, atol=0.06)


def test_every_kind_of_file_is_written(run: Run, tmp_path: Path) -> None:
    names = ["out.mp4", "out.csv", "out.json", "out.mmpose.json", "out.trc", "out.mot"]
    outputs = [part for name in names for part in ("--output", tmp_path / name)]
    assert run(*outputs, "--output", f"{tmp_path / 'openpose'}/", "--output", tmp_path / "%04d.png")[0] == 0
    for name in (*names[:4], "0000.png"):
        assert (tmp_path / name).stat().st_size > 0
    assert len(list((tmp_path / "openpose").iterdir())) == FRAMES
    assert len(json.loads((tmp_path / "out.json").read_text())) == 2 * FRAMES


def test_what_is_assumed_of_a_network_without_a_card_is_one_line(run: Run) -> None:
    wanted = (
        "net.onnx has no model card; assumed: RGB, standard deviation 255/255/255, class 0 is a person, "
        "17 keypoints (coco17).\n"
    )
    code, error = run("--limit", 1)
    assert (code, error.count("assumed")) == (0, 1)
    assert wanted in error


def test_half_rate_predicts_every_second_frame(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert run("--half-rate", "--max-people", 1, "--output", out)[0] == 0
    states = [[person.state for person in poses.people] for poses in read_recording(out).poses]
    assert states == [["estimated"], ["predicted"]] * (FRAMES // 2)


def test_options_without_effect_are_refused_with_the_reason(run: Run) -> None:
    for options, sentence in (
        (["--flip-test"], "net has no flip test: wanted no flip test."),
        (["--detect-every", 1], "net finds people itself, in every frame: wanted no detection interval."),
        (["--detector", "yolox-tiny"], "net finds people itself and runs without a detector: wanted no detector."),
    ):
        code, error = run(*options)
        assert (code, sentence in error) == (2, True), error
    assert run("--detector", "none", "--limit", 2)[0] == 0


def test_a_network_of_any_size_tells_its_size_and_takes_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = networks.write_variable(tmp_path / "free.onnx")
    clip = write_clip(tmp_path / "gray.mp4", [60, 80])
    command = ["--headless", "--source", str(clip), "--pose", str(network), "--device", "cpu"]
    assert main(command) == 0
    assert "input size 640x640 (--crop sets another)" in capsys.readouterr().err
    assert main([*command, "--crop", "96x64"]) == 0
    assert "--crop" not in capsys.readouterr().err


def test_the_evaluation_takes_no_boxes(network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, annotations = write_folder(tmp_path, [annotation(1, 1)])
    command = ["coco", "--pose", str(network), "--images", str(images), "--annotations", str(annotations), "--json"]
    for option, wanted in (
        ("--true-boxes", "wanted neither --true-boxes nor --boxes"),
        ("--detector=yolox-tiny", "wanted no detector"),
        ("--flip-test", "wanted no flip test"),
    ):
        assert evaluate([*command, option]) == 2
        assert wanted in capsys.readouterr().err
