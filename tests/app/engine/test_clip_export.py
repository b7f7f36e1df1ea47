"""Exporting a part of a clip, with analysed people or with a new analysis."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis import Analysis
from app.analysis.edits import DeletePerson, SplitPerson
from app.analysis.offline_smoothing import OfflineSmoothing
from app.core.errors import StanceError
from app.core.people import Floats, FramePoses, Image, Person
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.detection.detector import open_detector
from app.engine.clip_export import Span, export
from app.overlay import DrawStyle
from app.pipeline import Pipeline, make_pipeline
from app.pose.top_down import open_estimator
from app.sinks import KEYPOINT_FILES
from app.sinks.jsonl_reader import read_recording
from tests.app.sources.clips import make_clip, steady
from tests.app.toy_networks import toy_film, toy_pipeline
from tests.conftest import ROOT

LOOK = DrawStyle()


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings(device="cpu"))


class Blind:
    """A detector that must not be called."""

    name = "blind"

    def __call__(self, image: Image, threshold: float) -> Floats:
        raise AssertionError("a network ran")


@pytest.fixture
def blind(pipeline: Pipeline) -> Pipeline:
    return make_pipeline(Blind(), pipeline.pose_model, Settings(detect_every=0))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """40 plain frames at 25 frames per second."""
    folder = tmp_path / "clips"
    folder.mkdir()
    return make_clip(folder / "clip.mp4", steady(40))


def person(index: int) -> Person:
    keypoints: NDArray[np.float32] = np.full((26, 3), 0.9, np.float32)
    keypoints[:, 0] = np.arange(26) + index
    return Person(7, 0.5, np.array([1, 2, 3, 4], np.float32), keypoints)


def analysis_of(pipeline: Pipeline, frames: range) -> Analysis:
    """An analysis with person 7 in each of these frames."""
    found = Analysis(pipeline.skeleton)
    for index in frames:
        found.add(FramePoses(index, index / 25, (person(index),)))
    return found


def test_files_that_were_not_made_are_reported(tmp_path: Path, blind: Pipeline, clip: Path) -> None:
    analysis, reported = Analysis(blind.skeleton), list[str]()
    for index in range(40):
        analysis.add(FramePoses(index, index / 25, ()))
    outputs = [tmp_path / "out.jsonl", tmp_path / "out.mot"]
    assert export(str(clip), outputs, blind, LOOK, analysis=analysis, missing=reported.append) == outputs[:1]
    assert reported == [f"The output {tmp_path / 'out.mot'} was not written: no people were found."]


@pytest.mark.slow
def test_export_without_analysis_equals_a_headless_run(tmp_path: Path, pipeline: Pipeline, demo: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "--headless", "--source", str(demo), "--device", "cpu"]
        + ["--start", "1", "--end", "1.8", "--output", str(tmp_path / "headless.jsonl")],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    reported: list[tuple[int, int | None]] = []
    written = export(
        str(demo),
        [tmp_path / "export.jsonl", tmp_path / "export.mp4"],
        pipeline,
        LOOK,
        Span(1.0, 1.8),
        analysis=analysis_of(pipeline, range(30, 40)),  # a part of it is not enough
        progress=lambda done, total: reported.append((done, total)),
    )
    assert written == [tmp_path / "export.jsonl", tmp_path / "export.mp4"]
    assert written[0].read_bytes() == (tmp_path / "headless.jsonl").read_bytes()
    assert reported[-1] == (24, 24)
    assert [done for done, _ in reported] == sorted(done for done, _ in reported)
    with av.open(str(written[1])) as video:
        assert sum(1 for _ in video.decode(video=0)) == 24


def test_two_exports_at_once_share_networks(tmp_path: Path, pipeline: Pipeline, demo: Path) -> None:
    """Each has its own tracker, as while the window plays on."""
    outputs = [tmp_path / f"{number}.jsonl" for number in range(2)]
    threads = [
        threading.Thread(target=export, args=(str(demo), [path], pipeline, LOOK, Span(0, 0.5))) for path in outputs
    ]
    timed = pipeline.pose_model.timed
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert len(read_recording(outputs[0]).poses) == 15
    assert pipeline.pose_model.timed is timed


@pytest.mark.parametrize(
    ("span", "frames"),
    [
        (Span(), range(40)),
        (Span(0.4, 0.8), range(10, 20)),
        (Span(1.0), range(25, 40)),
        (Span(0.41, 9.0), range(10, 40)),
    ],
)
def test_analysed_people_are_written_unchanged(
    tmp_path: Path, blind: Pipeline, clip: Path, span: Span, frames: range
) -> None:
    out = tmp_path / "out.jsonl"
    assert export(str(clip), [out], blind, LOOK, span, analysis=analysis_of(blind, frames)) == [out]
    recording = read_recording(out)
    assert [poses.index for poses in recording.poses] == list(frames)
    for poses in recording.poses:
        (found,) = poses.people
        assert found.id == 7
        np.testing.assert_allclose(found.keypoints, person(poses.index).keypoints, atol=1e-4)


@pytest.mark.parametrize("missing", [0, 17, 39])
def test_one_missing_frame_causes_a_new_analysis(tmp_path: Path, blind: Pipeline, clip: Path, missing: int) -> None:
    analysis = Analysis(blind.skeleton)
    for poses in analysis_of(blind, range(40)).frames():
        if poses.index != missing:
            analysis.add(poses)
    with pytest.raises(AssertionError, match="a network ran"):
        export(str(clip), [tmp_path / "out.jsonl"], blind, LOOK, analysis=analysis)


@pytest.mark.parametrize("analysed", [True, False])
def test_cancelled_export_leaves_no_file(tmp_path: Path, pipeline: Pipeline, clip: Path, analysed: bool) -> None:
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
        analysis=analysis_of(pipeline, range(40)) if analysed else None,
        progress=progress,
        cancelled=lambda: done[0] >= 3,
    )
    assert written == []
    assert 3 <= done[0] < 40
    assert sorted(tmp_path.iterdir()) == before


def test_cancelled_export_keeps_existing_folders(tmp_path: Path, pipeline: Pipeline, clip: Path) -> None:
    (tmp_path / "poses").mkdir()
    (tmp_path / "poses" / "notes.txt").write_text("mine")
    analysis = analysis_of(pipeline, range(40))
    assert export(str(clip), [tmp_path / "poses"], pipeline, LOOK, analysis=analysis, cancelled=lambda: True) == []
    assert [path.name for path in (tmp_path / "poses").iterdir()] == ["notes.txt"]


def test_still_pictures_keep_their_names(tmp_path: Path, pipeline: Pipeline, shared: Path) -> None:
    photos = sorted((shared / "data" / "coco-val-dev" / "images").glob("*.jpg"))[:2]
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in photos:
        (folder / photo.name).symlink_to(photo)
    export(str(folder), [tmp_path / "out.jsonl"], pipeline, LOOK)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()[1:]]
    assert [line["name"] for line in lines] == [photo.name for photo in photos]
    first = FramePoses(0, 0.0, (person(0),))
    analysis = Analysis(pipeline.skeleton)
    analysis.add(first)
    export(str(folder), [tmp_path / "one.jsonl"], pipeline, LOOK, Span(0, 1), analysis=analysis)
    assert [poses.people[0].id for poses in read_recording(tmp_path / "one.jsonl").poses] == [7]


@pytest.mark.parametrize(
    ("text", "output", "message"),
    [
        ("gone.mp4", "out.jsonl", "gone.mp4"),
        ("clip", "out.avi", "unknown file extension"),
        ("clip", "clip", "the source itself"),
    ],
)
def test_impossible_exports_are_refused_at_the_start(
    tmp_path: Path, pipeline: Pipeline, clip: Path, text: str, output: str, message: str
) -> None:
    precious = clip.read_bytes()
    path = clip if output == "clip" else tmp_path / output
    with pytest.raises(StanceError, match=message):
        export(str(clip) if text == "clip" else text, [path], pipeline, LOOK)
    assert clip.read_bytes() == precious
    assert not (tmp_path / output).exists()


@pytest.mark.slow
@pytest.mark.parametrize("analysed", [True, False])
def test_no_file_has_its_name_before_all_are_whole(
    tmp_path: Path, pipeline: Pipeline, clip: Path, analysed: bool
) -> None:
    names = ["out.jsonl", "out.mp4", "out.csv", "out.trc", "out.mot", "out.json", "pictures/%03d.png"]
    names.append(f"poses/{KEYPOINT_FILES}")
    during: set[str] = set()

    def progress(frames: int, total: int | None) -> None:
        during.update(path.name for path in tmp_path.iterdir())

    export(
        str(clip),
        [tmp_path / name for name in names],
        pipeline,
        LOOK,
        analysis=analysis_of(pipeline, range(40)) if analysed else None,
        progress=progress,
    )
    assert all(name == "clips" or name.startswith("stance-unfinished-") for name in during)
    assert len(read_recording(tmp_path / "out.jsonl").poses) == 40
    assert len(list((tmp_path / "pictures").iterdir())) == len(list((tmp_path / "poses").iterdir())) == 40
    assert not list(tmp_path.glob("stance-*"))


@pytest.mark.slow
@pytest.mark.parametrize("analysed", [True, False])
def test_a_full_disk_leaves_no_file(tmp_path: Path, pipeline: Pipeline, clip: Path, analysed: bool) -> None:
    resource = pytest.importorskip("resource")
    before = sorted(tmp_path.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))
    try:
        with pytest.raises(StanceError) as caught:
            export(
                str(clip),
                [tmp_path / "out.jsonl", tmp_path / "out.mp4", tmp_path / "pictures" / "%03d.png"],
                pipeline,
                LOOK,
                analysis=analysis_of(pipeline, range(40)) if analysed else None,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    start, end = f"The output {tmp_path}/", " cannot be written: File too large. Nothing was saved."
    assert str(caught.value).startswith(start)
    assert str(caught.value).endswith(end)
    assert "stance-" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("analysed", [True, False])
def test_smoothed_people_are_exported_and_said_to_be(
    tmp_path: Path, blind: Pipeline, pipeline: Pipeline, clip: Path, analysed: bool
) -> None:
    analysis, chance = Analysis(blind.skeleton), np.random.default_rng(2)
    for index in range(40):
        here = person(index)
        here.keypoints[:, :2] += chance.normal(0, 0.4, (26, 2))
        analysis.add(FramePoses(index, index / 25, (here,) if index != 20 else ()))
    chosen = (blind, analysis) if analysed else (pipeline, None)
    outputs = [tmp_path / "out.jsonl", tmp_path / "out.mp4"]
    made = export(str(clip), outputs, chosen[0], LOOK, analysis=chosen[1], smoothing=OfflineSmoothing(2.0))
    assert made == outputs
    assert json.loads(outputs[0].read_text().splitlines()[0])["smoothing"] == "offline, 2 Hz"
    recording = read_recording(outputs[0])
    assert len(recording.poses) == 40
    if analysed:
        track = recording.analysis().track(7)
        assert np.abs(np.diff(track.keypoints[..., 0], n=2, axis=0)).mean() < 0.2  # 0.8 before
        assert len(track.times_s) == 40
        filled = recording.poses[20].people[0].filled
        assert filled is not None
        assert filled.all()


@pytest.fixture
def walkers(tmp_path: Path) -> Path:
    """A film of three bright rectangles, which the toy networks take for people."""
    return toy_film(tmp_path / "walkers.mp4", 40)


def test_edits_and_hidden_people_stay_where_a_clip_is_analysed_anew(tmp_path: Path, walkers: Path) -> None:
    toys = toy_pipeline()
    export(str(walkers), [tmp_path / "all.jsonl"], toys, LOOK)
    everybody = read_recording(tmp_path / "all.jsonl").poses
    known = Analysis(toys.skeleton)
    for poses in everybody[:25]:  # the window has got this far, with other ids
        known.add(replace(poses, people=tuple(replace(one, id=one.id + 5) for one in poses.people)))
    known.set_edits((SplitPerson(6, 10, 20), DeletePerson(6)))
    known.hide(7, True)
    export(str(walkers), [tmp_path / "out.jsonl"], toys, LOOK, analysis=known)
    for before, after in zip(everybody, read_recording(tmp_path / "out.jsonl").poses, strict=True):
        left = {one.id: one for one in before.people}
        boxes = [left[1].box.tolist()] if 1 in left and before.index >= 10 else []
        boxes += [one.box.tolist() for one in before.people if one.id > 2]
        assert sorted(one.box.tolist() for one in after.people) == sorted(boxes)


@pytest.mark.parametrize("smoothing", [None, OfflineSmoothing()])
def test_names_and_sides_stay_where_a_clip_is_analysed_anew(
    tmp_path: Path, walkers: Path, smoothing: OfflineSmoothing | None
) -> None:
    toys = toy_pipeline()
    export(str(walkers), [tmp_path / "all.jsonl"], toys, LOOK)
    known = Analysis(toys.skeleton)
    for poses in read_recording(tmp_path / "all.jsonl").poses[:25]:  # the window has got this far, with other ids
        known.add(replace(poses, people=tuple(replace(one, id=one.id + 5) for one in poses.people)))
    known.rename(7, "Ada")
    known.choose_facing(7, -1)
    known.choose_facing(6, 1)
    outputs = [tmp_path / "out.jsonl", tmp_path / "out.events.csv", tmp_path / "out.html"]
    named = replace(LOOK, names=known.names())
    export(str(walkers), outputs, toys, named, analysis=known, smoothing=smoothing)
    recording = read_recording(outputs[0])
    assert len(recording.poses) == 40
    assert recording.people == {2: "Ada"}
    assert recording.facing == {1: 1, 2: -1}
    report = outputs[2].read_text(encoding="utf-8")
    assert "Ada" in report
    assert "Person 2" not in report


def test_repetitions_are_those_of_the_chosen_angle(tmp_path: Path, blind: Pipeline) -> None:
    clip = make_clip(tmp_path / "tall.mp4", steady(40), size=(160, 240))  # all of the person is in the picture
    found = Analysis(blind.skeleton)
    for index in range(40):
        found.add(FramePoses(index, index / 25, (bending(index),)))
    counts = {}
    for repeated in ("left elbow", "left knee"):
        out = tmp_path / f"{repeated}.events.csv"
        export(str(clip), [out], blind, LOOK, analysis=found, repeated=repeated)
        counts[repeated] = sum("repetition" in line for line in out.read_text().splitlines()[1:])
    assert counts == {"left elbow": 2, "left knee": 0}


def bending(index: int) -> Person:
    """A person who faces left, stands, and bends the left elbow twice in 40 frames."""
    names = load_skeleton("halpe26").names
    places = dict.fromkeys(names, (100.0, 50.0))
    for side in ("left", "right"):
        places |= {f"{side}_shoulder": (100, 80), f"{side}_elbow": (100, 110), f"{side}_wrist": (100, 140)}
        places |= {f"{side}_hip": (100, 140), f"{side}_knee": (100, 180), f"{side}_ankle": (100, 220)}
        places |= {f"{side}_heel": (105, 225), f"{side}_big_toe": (85, 225), f"{side}_small_toe": (87, 225)}
    bent = np.radians(60 - 60 * np.cos(2 * np.pi * (index + 0.5) / 20))
    places["left_wrist"] = (100 - 30 * np.sin(bent), 110 + 30 * np.cos(bent))
    places |= {"nose": (92, 55), "neck": (100, 75), "hip": (100, 140), "head": (100, 40)}
    keypoints = np.array([[*places[name], 0.9] for name in names], np.float32)
    return Person(1, 0.9, np.array([70, 40, 120, 230], np.float32), keypoints)
