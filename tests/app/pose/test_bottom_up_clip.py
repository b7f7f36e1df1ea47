"""Bottom-up networks on a clip, headless: who is found keeps the id."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli.headless import run_headless
from app.cli.main import main
from app.core.people import Frame
from app.core.settings import RunOptions, Settings
from app.inference.bottom_up_card import AssociativeEmbedding, BottomUpCard, CenterOffsets, PartAffinity
from app.pipeline import open_pipeline
from app.sinks.jsonl_reader import read_recording
from tests.app.pose import painted

FRAMES = 12
OPENPOSE = BottomUpCard(
    "fields", painted.BASE, PartAffinity(), "openpose18", resize="height", multiple=8, place="corner"
)


def centers(frame: int) -> list[tuple[int, int]]:
    """Two people who walk toward each other."""
    return [(60 + 5 * frame, 64), (260 - 5 * frame, 60)]


@pytest.fixture(params=["ae", "dekr", "paf"])
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.onnx"
    if request.param == "ae":
        card = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), painted.POINTS)
        return painted.higher_hrnet(path, card)
    if request.param == "dekr":
        return painted.dekr(path, BottomUpCard("offsets", painted.BASE, CenterOffsets(), painted.POINTS))
    return painted.openpose(path, OPENPOSE, PartAffinity())


def test_people_keep_their_ids_over_a_clip(network: Path, tmp_path: Path) -> None:
    keypoints = 18 if network.stem == "paf" else 17
    clip = painted.write_clip(
        tmp_path / "walk.mkv", [painted.paint(centers(frame), keypoints) for frame in range(FRAMES)]
    )
    out = tmp_path / "out.jsonl"
    settings = Settings(pose=str(network), device="cpu", smooth="none")
    assert run_headless(settings, RunOptions(str(clip), (out,))) == 0
    recording = read_recording(out)
    assert [len(poses.people) for poses in recording.poses] == [2] * FRAMES
    ids = [[person.id for person in sorted(poses.people, key=lambda one: one.box[0])] for poses in recording.poses]
    assert all(pair == ids[0] for pair in ids)
    for frame, poses in enumerate(recording.poses):
        found: Any = sorted(poses.people, key=lambda one: one.box[0])
        for person, center in zip(found, centers(frame), strict=True):
            wanted = painted.shape_of(keypoints) + np.array(center)
            assert np.abs(person.keypoints[:, :2] - wanted).mean() < 4


def test_a_detector_is_refused_and_the_flip_test_is_not(network: Path, tmp_path: Path) -> None:
    clip = painted.write_clip(tmp_path / "still.mkv", [painted.paint(centers(0), 17)] * 2)
    command = ["--headless", "--source", str(clip), "--pose", str(network), "--device", "cpu"]
    assert main([*command, "--detector", "yolox-tiny"]) == 2
    assert main([*command, "--flip-test", "--nms", "pose"]) == 0


@pytest.mark.parametrize("kind", ["ae", "dekr"])
def test_people_are_shown_though_the_network_has_low_scores(kind: str, tmp_path: Path) -> None:
    # Keypoints have a heat of about 0.4: seen well, but a product of two such scores, or the mean over keypoints of
    # which half are missing, is low.
    path, missing = tmp_path / f"{kind}.onnx", range(8, 17)
    if kind == "ae":
        card = BottomUpCard("tags", painted.BASE, AssociativeEmbedding(), painted.POINTS)
        painted.higher_hrnet(path, card, strength=0.55)
    else:
        card = BottomUpCard("offsets", painted.BASE, CenterOffsets(), painted.POINTS)
        painted.dekr(path, card, strength=0.65)
    pipeline = open_pipeline(Settings(pose=str(path), device="cpu", smooth="none"))
    image = painted.paint(centers(0)[:1], missing=missing if kind == "ae" else ())
    (person,) = pipeline.process(Frame(0, 0.0, image)).people
    assert 0.3 < np.median(person.keypoints[:8, 2]) < 0.5
    nobody = painted.paint([])
    assert pipeline.process(Frame(1, 1.0, nobody)).people == ()
