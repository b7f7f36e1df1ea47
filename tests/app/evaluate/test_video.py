"""The commands on real clips and on a saved scene; replayed smoothing equals the pipeline's."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.settings import Settings
from app.detection.detector import open_detector
from app.evaluate.__main__ import main
from app.evaluate.moving import moving_photos
from app.evaluate.smoothing_replay import replay, run
from app.evaluate.video import _save
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import open_estimator
from app.sinks.jsonl_reader import read_recording
from app.sources.file import VideoFile

SIGNING = "webcam_signing_upper_body_640x480.mp4"


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    settings = Settings(smooth="none")
    return make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), settings)


@pytest.mark.slow
def test_replayed_smoothing_equals_the_pipeline(pipeline: Pipeline, shared: Path) -> None:
    source = VideoFile(shared / "data" / "videos" / SIGNING)
    frames = list(itertools.islice(iter(source.read, None), 30))
    source.close()
    raw = run(pipeline, frames)
    for before, after in zip(raw, replay(raw, "none", 0.3), strict=True):
        assert [p.keypoints.tobytes() for p in before.people] == [p.keypoints.tobytes() for p in after.people]
    pipeline.adjust(Settings(smooth="one-euro"))
    smoothed = run(pipeline, frames)
    pipeline.adjust(Settings(smooth="none"))
    for theirs, ours in zip(smoothed, replay(raw, "one-euro", 0.3), strict=True):
        for one, other in zip(theirs.people, ours.people, strict=True):
            np.testing.assert_array_equal(one.keypoints, other.keypoints)


@pytest.fixture(scope="module")
def saved(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene as written by ``--save``."""
    folder = shared / "data" / "coco-val-dev"
    scenes = moving_photos(folder / "images", folder / "annotations.json", people=1, fps=15)
    scene = next(scene for scene in scenes if scene.kind == "pan")
    place = tmp_path_factory.mktemp("saved")
    _save(place, scene, scene.skeleton)
    source = VideoFile(next(place.glob("*.mkv")))
    for frame in scene.frames():
        again = source.read()
        assert again is not None
        np.testing.assert_array_equal(again.image, frame.image)
    source.close()
    return place


@pytest.mark.slow
def test_saved_scene_is_measured_against_its_truth(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, truth = next(saved.glob("*.mkv")), next(saved.glob("*.jsonl"))
    assert len(read_recording(truth).poses) == 45
    plot = tmp_path / "plot.png"
    assert main(["video", "--source", str(clip), "--truth", str(truth), "--json", "--plot", str(plot)]) == 0
    results = json.loads(capsys.readouterr().out)
    assert results["frames"] == 45
    identity = results["identity"]["all"]  # others in the photo are false alarms: the ground truth has one person
    assert (identity["truth_ids"], identity["switches"], identity["misses"]) == (1, 0, 0)
    errors = {name: figures["error"] for name, figures in results["smoothers"].items()}
    assert 0 < errors["none"] < 5
    assert errors["one-euro"] < errors["none"] + 0.1
    accelerations = {name: figures["acceleration_error"] for name, figures in results["smoothers"].items()}
    assert accelerations["one-euro"] < accelerations["none"]
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_one_euro_reduces_jitter_of_still_people(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["video", "--source", str(shared / "data" / "videos" / SIGNING), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["smoothers"]
    assert figures["one-euro"]["jitter"] < 0.4 * figures["none"]["jitter"]
    assert figures["one-euro"]["lag_ms"] < 5
    assert figures["none"]["lag_ms"] == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--source", "nowhere.mp4"], "nowhere.mp4"),
        (["--source", "{clip}", "--truth", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--source", "{clip}", "--plot", "nowhere/plot.png"], "nowhere/plot.png"),
        (["--source", "{clip}", "--plot", "plot.txt"], "plot.txt"),
        (["--source", "{folder}"], "not a video file"),
    ],
)
def test_bad_input_gives_one_sentence(
    saved: Path, shared: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    places = {"clip": next(saved.glob("*.mkv")), "folder": shared / "data" / "coco-val-dev" / "images"}
    assert main(["video", *(argument.format(**places) for argument in arguments)]) == 2
    results = capsys.readouterr()
    assert not results.out
    assert why in results.err
    assert results.err.count("\n") == 1


def test_unwritable_scene_is_refused(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "coco-val-dev"
    scene = next(moving_photos(folder / "images", folder / "annotations.json", people=1))
    with pytest.raises(StanceError, match="cannot be written"):
        _save(tmp_path / "nowhere", scene, scene.skeleton)
