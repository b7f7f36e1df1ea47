"""The bare networks run on exactly the pipeline's inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.bench.bare import recorded
from app.bench.cpu_clock import CpuClock
from app.bench.passes import run_pass, walk
from app.detection.detector import Detector
from app.pipeline import Pipeline


def test_all_inputs_of_the_networks_are_recorded(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    before = pipeline.pose_model.network
    with recorded(pipeline) as (pose, detector):
        walk(str(demo), pipeline, 20)
    assert pipeline.pose_model.network is before
    done = run_pass(str(demo), CpuClock(lambda: pipeline), 20, tmp_path)
    # The pose network also runs a second time for new people, so it has more runs than frames.
    assert len(detector.feeds) == len(done.stages["detect"]) >= 2
    assert len(pose.feeds) > done.frames == len(done.stages["pose"]) == 20
    with recorded(pipeline) as again:
        walk(str(demo), pipeline, 20)
    for first, second in zip(pose.feeds, again[0].feeds, strict=True):
        np.testing.assert_array_equal(first[0], second[0])


def test_pass_draws_and_writes_every_frame(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    assert isinstance(pipeline.proposer.detector, Detector)
    done = run_pass(str(demo), CpuClock(lambda: pipeline), 5, tmp_path)
    assert len(done.stages["draw"]) == len(done.stages["write"]) == 5
    assert len((tmp_path / "pass.jsonl").read_text().splitlines()) == 1 + 5
