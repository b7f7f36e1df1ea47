"""The bare runs are the very runs of the pipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.bench.bare import recorded
from app.bench.passes import run_pass, walk
from app.detect.detector import Detector
from app.pipeline import Pipeline


def test_everything_that_the_networks_are_fed_is_noted(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    before = pipeline.estimator.network
    with recorded(pipeline) as (pose, detector):
        walk(str(demo), pipeline, 40)
    assert pipeline.estimator.network is before
    done = run_pass(str(demo), pipeline, 40, tmp_path)
    # The engine may look ahead in vain; what counts is what the pipe needs, and newcomers are looked at once more.
    assert len(detector.fed) == len(done.stages["detect"]) >= 2
    assert len(pose.fed) > done.frames == len(done.stages["pose"]) == 40
    with recorded(pipeline) as again:
        walk(str(demo), pipeline, 40)
    for first, second in zip(pose.fed, again[0].fed, strict=True):
        np.testing.assert_array_equal(first[0], second[0])


def test_a_pass_draws_and_writes_every_frame(pipeline: Pipeline, demo: Path, tmp_path: Path) -> None:
    assert isinstance(pipeline.detector, Detector)
    done = run_pass(str(demo), pipeline, 5, tmp_path)
    assert len(done.stages["draw"]) == len(done.stages["write"]) == 5
    assert len((tmp_path / "pass.jsonl").read_text().splitlines()) == 1 + 5
