"""A part of a clip into files, with the people that are kept or found anew."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis import Analysis
from app.detect.detector import open_detector
from app.engine.export import Span, export
from app.errors import StanceError
from app.estimate.estimator import open_estimator
from app.overlay import Look
from app.people import Floats, FramePoses, Image, Person
from app.pipeline import Pipeline
from app.settings import Settings
from app.sinks import KEYPOINT_FILES
from app.sinks.recorded import read_recording
from tests.app.sources.clips import make_clip, steady
from tests.conftest import ROOT

LOOK = Look()


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return Pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings(device="cpu"))


class Blind:
    """A detector that must not be asked."""

    name = "blind"

    def __call__(self, image: Image, threshold: float) -> Floats:
        raise AssertionError("a network ran")


@pytest.fixture
def blind(pipeline: Pipeline) -> Pipeline:
    return Pipeline(Blind(), pipeline.estimator, Settings(detect_every=0))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """40 plain frames, 25 a second."""
    folder = tmp_path / "clips"
    folder.mkdir()
    return make_clip(folder / "clip.mp4", steady(40))


def somebody(index: int) -> Person:
    keypoints: NDArray[np.float32] = np.full((26, 3), 0.9, np.float32)
    keypoints[:, 0] = np.arange(26) + index
    return Person(7, 0.5, np.array([1, 2, 3, 4], np.float32), keypoints)


def kept(pipeline: Pipeline, frames: range) -> Analysis:
    """Person 7 in each of these frames."""
    found = Analysis(pipeline.skeleton)
    for index in frames:
        found.add(FramePoses(index, index / 25, (somebody(index),)))
    return found


def test_what_was_not_analysed_is_found_as_without_a_window(tmp_path: Path, pipeline: Pipeline, demo: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--headless", "--source", str(demo), "--device", "cpu"]
        + ["--start", "1", "--end", "2.5", "--output", str(tmp_path / "headless.jsonl")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told: list[tuple[int, int | None]] = []
    written = export(
        str(demo),
        [tmp_path / "export.jsonl", tmp_path / "export.mp4"],
        pipeline,
        LOOK,
        Span(1.0, 2.5),
        analysis=kept(pipeline, range(30, 60)),  # a part of it is not enough
        progress=lambda done, total: told.append((done, total)),
    )
    assert written == [tmp_path / "export.jsonl", tmp_path / "export.mp4"]
    assert written[0].read_bytes() == (tmp_path / "headless.jsonl").read_bytes()
    assert told[-1] == (45, 45)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with av.open(str(written[1])) as video:
        assert sum(1 for _ in video.decode(video=0)) == 45


def test_two_run_at_once_with_the_same_networks(tmp_path: Path, pipeline: Pipeline, demo: Path) -> None:
    """As when the window plays on: each has its own memory."""
    outputs = [tmp_path / f"{number}.jsonl" for number in range(2)]
    threads = [
        threading.Thread(target=export, args=(str(demo), [path], pipeline, LOOK, Span(0, 0.5))) for path in outputs
    ]
    timed = pipeline.estimator.timed
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert len(read_recording(outputs[0]).poses) == 15
    assert pipeline.estimator.timed is timed


@pytest.mark.parametrize(
    ("span", "frames"),
    [
        (Span(), range(40)),
        (Span(0.4, 0.8), range(10, 20)),
        (Span(1.0), range(25, 40)),
        (Span(0.41, 9.0), range(10, 40)),
    ],
)
def test_what_was_analysed_is_written_as_it_is(
    tmp_path: Path, blind: Pipeline, clip: Path, span: Span, frames: range
) -> None:
    out = tmp_path / "out.jsonl"
    assert export(str(clip), [out], blind, LOOK, span, analysis=kept(blind, frames)) == [out]
    recording = read_recording(out)
    assert [poses.index for poses in recording.poses] == list(frames)
    for poses in recording.poses:
        (found,) = poses.people
        assert found.id == 7
        np.testing.assert_allclose(found.keypoints, somebody(poses.index).keypoints, atol=1e-4)


@pytest.mark.parametrize("missing", [0, 17, 39])
def test_one_frame_that_is_missing_is_reason_enough_to_look_at_all(
    tmp_path: Path, blind: Pipeline, clip: Path, missing: int
) -> None:
    analysis = Analysis(blind.skeleton)
    for poses in kept(blind, range(40)).frames():
        if poses.index != missing:
            analysis.add(poses)
    with pytest.raises(AssertionError, match="a network ran"):
        export(str(clip), [tmp_path / "out.jsonl"], blind, LOOK, analysis=analysis)


@pytest.mark.parametrize("analysed", [True, False])
def test_who_cancels_finds_no_half_file(tmp_path: Path, pipeline: Pipeline, clip: Path, analysed: bool) -> None:
    before = sorted(tmp_path.iterdir())
    names = ["out.jsonl", "out.mp4", "out.trc", "out.mot", "%03d.png", "out.mmpose.json", f"poses/{KEYPOINT_FILES}"]
    done = [0]

    def progress(frames: int, total: int | None) -> None:
        done[0] = frames

    written = export(
        str(clip),
        [tmp_path / name for name in names],
        pipeline,
        LOOK,
        analysis=kept(pipeline, range(40)) if analysed else None,
        progress=progress,
        cancelled=lambda: done[0] >= 3,
    )
    assert written == []
    assert 3 <= done[0] < 40
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_was_there_stays_when_somebody_cancels(tmp_path: Path, pipeline: Pipeline, clip: Path) -> None:
    (tmp_path / "poses").mkdir()
    (tmp_path / "poses" / "notes.txt").write_text("mine")
    analysis = kept(pipeline, range(40))
    assert export(str(clip), [tmp_path / "poses"], pipeline, LOOK, analysis=analysis, cancelled=lambda: True) == []
    assert [path.name for path in (tmp_path / "poses").iterdir()] == ["notes.txt"]


def test_pictures_keep_their_names(tmp_path: Path, pipeline: Pipeline, shared: Path) -> None:
    photos = sorted((shared / "data" / "coco-val-dev" / "images").glob("*.jpg"))[:2]
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in photos:
        (folder / photo.name).symlink_to(photo)
    export(str(folder), [tmp_path / "out.jsonl"], pipeline, LOOK)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()[1:]]
    assert [line["name"] for line in lines] == [photo.name for photo in photos]
    first = FramePoses(0, 0.0, (somebody(0),))
    analysis = Analysis(pipeline.skeleton)
    analysis.add(first)
    export(str(folder), [tmp_path / "one.jsonl"], pipeline, LOOK, Span(0, 1), analysis=analysis)
    assert [poses.people[0].id for poses in read_recording(tmp_path / "one.jsonl").poses] == [7]


@pytest.mark.parametrize(
    ("text", "output", "told"),
    [
        ("gone.mp4", "out.jsonl", "gone.mp4"),
        ("clip", "out.gif", "unknown ending"),
        ("clip", "clip", "the source itself"),
    ],
)
def test_what_cannot_be_exported_is_told_beforehand(
    tmp_path: Path, pipeline: Pipeline, clip: Path, text: str, output: str, told: str
) -> None:
    precious = clip.read_bytes()
    path = clip if output == "clip" else tmp_path / output
    with pytest.raises(StanceError, match=told):
        export(str(clip) if text == "clip" else text, [path], pipeline, LOOK)
    assert clip.read_bytes() == precious
    assert not (tmp_path / output).exists()
