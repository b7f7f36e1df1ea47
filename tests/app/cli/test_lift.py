"""``--lift`` in headless runs: points in files, over the whole clip where that is better, and ids as ever."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest

from app.analysis.finish import finished
from app.analysis.offline_smoothing import OfflineSmoothing
from app.cli import headless
from app.cli.lift_arguments import idle_bones, unseen_frames
from app.core.people import Floats
from app.core.settings import RunOptions, Settings
from app.core.skeleton import load_skeleton
from app.engine.clip_export import Span, export
from app.lifting.bones import Bones
from app.lifting.clip import with_clip_points
from app.lifting.open_lifter import open_lifter
from app.overlay import DrawStyle
from app.pipeline import make_pipeline
from app.pose.model import FrameLifter, PoseModel
from app.sinks.jsonl_reader import Recording, read_recording
from tests.app.lifting.small_lifter import CARD, write_lifter
from tests.app.toy_networks import SIZE, ToyDetector, ToyEstimator, toy_film

COCO = load_skeleton("coco17")
FRAMES = 40


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return toy_film(tmp_path / "toys.mp4", FRAMES)


def around(folder: Path) -> FrameLifter:
    """A lifter that uses two frames before and after."""
    card = msgspec.structs.replace(CARD, name="around", history=(2, 2))
    return cast("FrameLifter", open_lifter(str(write_lifter(folder / "around.onnx", card)), COCO))


def run(monkeypatch: pytest.MonkeyPatch, film: Path, lifter: FrameLifter, name: str, **chosen: object) -> Recording:
    settings = Settings(lifter="around", **chosen)  # type: ignore[arg-type]
    model = cast("PoseModel", ToyEstimator())
    made = make_pipeline(ToyDetector(), model, settings, lifters=[lifter])
    monkeypatch.setattr(headless, "open_pipeline", lambda *_: made)
    monkeypatch.setattr(headless, "assumption_lines", lambda _: [])  # the toys have no cards
    outputs = tuple(film.with_name(f"{name}.{ending}") for ending in ("jsonl", "csv"))
    assert headless.run_headless(settings, RunOptions(str(film), outputs)) == 0
    return read_recording(outputs[0])


def tracks_of(recording: Recording) -> dict[int, Floats]:
    """The points (T, K, 4) of each person who is in all frames of a stretch."""
    found: dict[int, list[Floats]] = {}
    for poses in recording.poses:
        for person in poses.people:
            assert person.points_3d is not None
            found.setdefault(person.id, []).append(person.points_3d)
    return {number: np.stack(points) for number, points in found.items()}


def test_a_lifter_that_looks_ahead_gets_later_frames_and_keypoints_stay(
    monkeypatch: pytest.MonkeyPatch, film: Path, tmp_path: Path
) -> None:
    lifter = around(tmp_path)
    recording = run(monkeypatch, film, lifter, "out")
    flat = read_flat(monkeypatch, film)
    assert [[(p.id, p.keypoints.tolist()) for p in one.people] for one in recording.poses] == flat
    head = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert head["lifter"] == "around"
    analysis = recording.analysis()
    again = with_clip_points(analysis, [lifter], Settings(lifter="around"), SIZE)
    for number, points in tracks_of(recording).items():
        frames = analysis.track(number).indices.tolist()
        wanted = [p.points_3d for i in frames for p in again.get(i).people if p.id == number]  # type: ignore[union-attr]
        np.testing.assert_allclose(points, np.stack(wanted), atol=2e-3)  # type: ignore[arg-type]
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert "left_wrist_z3d" in next(csv.reader(file))


def read_flat(monkeypatch: pytest.MonkeyPatch, film: Path) -> list[list[tuple[int, list[list[float]]]]]:
    settings = Settings()
    made = make_pipeline(ToyDetector(), cast("PoseModel", ToyEstimator()), settings)
    monkeypatch.setattr(headless, "open_pipeline", lambda *_: made)
    monkeypatch.setattr(headless, "assumption_lines", lambda _: [])  # the toys have no cards
    path = film.with_name("flat.jsonl")
    assert headless.run_headless(settings, RunOptions(str(film), (path,))) == 0
    assert "points_3d" not in path.read_text()
    assert '"lifter"' not in path.read_text().splitlines()[0]
    return [[(p.id, p.keypoints.tolist()) for p in one.people] for one in read_recording(path).poses]


@pytest.mark.parametrize("exported", [False, True])
def test_held_bones_have_one_length_over_the_clip(
    monkeypatch: pytest.MonkeyPatch, film: Path, tmp_path: Path, exported: bool
) -> None:
    if exported:
        settings = Settings(lifter="around", hold_bones=True)
        model, lifters = cast("PoseModel", ToyEstimator()), [around(tmp_path)]
        pipeline = make_pipeline(ToyDetector(), model, settings, lifters=lifters)
        (path,) = export(str(film), [tmp_path / "out.jsonl"], pipeline, DrawStyle(), Span(0.0, None))
        recording = read_recording(path)
    else:
        recording = run(monkeypatch, film, around(tmp_path), "held", hold_bones=True)
    bones = Bones(COCO)
    for points in tracks_of(recording).values():
        lengths = bones.lengths(points, 0.3)
        known = np.isfinite(lengths).all(axis=0)
        assert known.sum() > 5
        assert np.ptp(lengths[:, known], axis=0).max() < 1e-3


def test_offline_smoothing_smooths_points_and_fills_short_gaps(
    monkeypatch: pytest.MonkeyPatch, film: Path, tmp_path: Path
) -> None:
    recording = run(monkeypatch, film, around(tmp_path), "rough", smooth="none")
    rough = recording.analysis()
    number = rough.ids()[0]
    gap = rough.track(number).indices[10]
    poses = rough.get(int(gap))
    assert poses is not None
    rough.add(replace(poses, people=tuple(person for person in poses.people if person.id != number)))
    smooth = finished(rough, OfflineSmoothing(3.0))
    points = [
        person.points_3d
        for index in smooth.track(number).indices.tolist()
        for person in smooth.get(index).people  # type: ignore[union-attr]
        if person.id == number
    ]
    tracks = np.stack(points)[..., :3]  # type: ignore[arg-type]
    assert len(tracks) == len(rough.track(number).indices) + 1
    before = tracks_of(recording)[number][..., :3]
    assert np.abs(np.diff(tracks, n=2, axis=0)).mean() < 0.5 * np.abs(np.diff(before, n=2, axis=0)).mean()
    assert np.abs(tracks - before).mean() < 0.1


def test_holding_bones_without_points_is_told(tmp_path: Path) -> None:
    def lines(hold_bones: bool, lifters: list[FrameLifter]) -> list[str]:
        model, settings = cast("PoseModel", ToyEstimator()), Settings(hold_bones=hold_bones)
        return list(idle_bones(make_pipeline(ToyDetector(), model, settings, lifters=lifters)))

    assert lines(True, []) == ["--hold-bones has no effect without --lift."]
    assert lines(True, [around(tmp_path)]) == lines(False, []) == []


def test_a_lifter_that_needs_later_frames_is_told_of_in_front_of_a_live_source(tmp_path: Path) -> None:
    def lines(lifter: FrameLifter, is_live: bool) -> list[str]:
        model, settings = cast("PoseModel", ToyEstimator()), Settings(lifter="around")
        return list(unseen_frames(make_pipeline(ToyDetector(), model, settings, lifters=[lifter]), is_live))

    causal = cast("FrameLifter", open_lifter(str(write_lifter(tmp_path / "small.onnx")), COCO))
    (line,) = lines(around(tmp_path), True)
    assert line.startswith("around needs 2 later frames, which a live source does not have yet: ")
    assert lines(around(tmp_path), False) == lines(causal, True) == []


def test_the_summary_names_the_lifter_and_its_time(
    monkeypatch: pytest.MonkeyPatch, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, film, around(tmp_path), "told")
    summary = capsys.readouterr().out.splitlines()
    assert "models: toy, toy, around" in summary
    stages = [line.split()[0] for line in summary if line.endswith(tuple("0123456789"))]
    assert stages.index("track") < stages.index("lift") < stages.index("smooth")
