"""The pipeline on real clips: the right people with the right ids, reproducibly."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses
from app.core.settings import Settings
from app.detection.detector import WholeFrame, open_detector
from app.pipeline import Pipeline, make_pipeline, open_pipeline
from app.pose.top_down import open_estimator
from app.sources.file import VideoFile


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings())


@pytest.fixture
def fresh(pipeline: Pipeline) -> Iterator[Pipeline]:
    pipeline.reset()
    yield pipeline
    pipeline.adjust(Settings())


def watch(pipeline: Pipeline, clip: Path, frames: int | None = None) -> list[FramePoses]:
    source = VideoFile(clip)
    try:
        return [pipeline.process(frame) for frame in itertools.islice(iter(source.read, None), frames)]
    finally:
        source.close()


def frames_by_id(poses: list[FramePoses]) -> dict[int, list[int]]:
    """The indices of the frames in which each id is visible."""
    found: dict[int, list[int]] = {}
    for frame in poses:
        ids = [person.id for person in frame.people]
        assert ids == sorted(set(ids)), "an id is given twice or out of order"
        for number in ids:
            found.setdefault(number, []).append(frame.index)
    return found


@pytest.fixture(scope="module")
def two_people(shared: Path) -> Path:
    return shared / "data" / "videos" / "two_people_jump_1280x720.mp4"


@pytest.fixture(scope="module")
def watched(pipeline: Pipeline, two_people: Path) -> list[FramePoses]:
    """The people in all frames of that clip, with the default settings."""
    pipeline.reset()
    return watch(pipeline, two_people)


@pytest.mark.slow
def test_man_and_woman_keep_their_ids_while_they_are_visible(watched: list[FramePoses]) -> None:
    found = frames_by_id(watched)
    assert list(found) == [1, 2]
    man, woman = found[1], found[2]
    # He stands on the wall from the start, jumps down and runs out at the very end; she walks through.
    assert man[0] == 0
    assert man[-1] >= 225
    assert len(man) > 200
    assert 35 < woman[0] < 55
    assert 195 < woman[-1] < 215
    assert len(woman) > 0.98 * (woman[-1] - woman[0])
    head = {frame.index: {p.id: p.keypoints[0] for p in frame.people} for frame in watched}
    assert head[100][1][1] < 200 < 380 < head[100][2][1]
    assert head[220][1][0] > 1000


@pytest.mark.parametrize("frames", [100, pytest.param(None, marks=pytest.mark.slow)])
def test_frames_without_people_have_no_people(fresh: Pipeline, shared: Path, frames: int | None) -> None:
    poses = watch(fresh, shared / "data" / "videos" / "one_by_one_enter_leave_768x432.mp4", frames)
    people = [len(frame.people) for frame in poses]
    assert people[5:50] == [0] * 45
    assert people[60:165] == [1] * len(people[60:165])
    assert people[178:] == [0] * len(people[178:])
    assert len(frames_by_id(poses)) == 2


@pytest.mark.slow
def test_two_runs_of_a_clip_are_identical(fresh: Pipeline, demo: Path) -> None:
    def bits(poses: list[FramePoses]) -> list[bytes]:
        return [p.keypoints.tobytes() + p.box.tobytes() for frame in poses for p in frame.people]

    first = bits(watch(fresh, demo, 50))
    fresh.reset()
    assert bits(watch(fresh, demo, 50)) == first
    assert len(first) > 50


@pytest.mark.slow
def test_poses_hardly_depend_on_the_detection_interval(fresh: Pipeline, demo: Path) -> None:
    fresh.adjust(Settings(detect_every=0))
    every = watch(fresh, demo, 30)
    fresh.reset()
    fresh.adjust(Settings(detect_every=0.5))
    seldom = watch(fresh, demo, 30)
    distances = [
        np.median(np.linalg.norm(a.people[0].keypoints[:17, :2] - b.people[0].keypoints[:17, :2], axis=1))
        for a, b in zip(every, seldom, strict=True)
    ]
    height = every[0].people[0].box[3] - every[0].people[0].box[1]
    assert np.median(distances) < 0.02 * height


@pytest.mark.slow
def test_smoothing_reduces_jitter_without_moving_the_pose(fresh: Pipeline, demo: Path) -> None:
    def body(smooth: str) -> tuple[np.ndarray, float]:
        fresh.reset()
        fresh.adjust(Settings(smooth=smooth))  # type: ignore[arg-type]
        people = [frame.people[0] for frame in watch(fresh, demo, 30)]
        return np.stack([man.keypoints[:17, :2] for man in people]), float(people[0].box[3] - people[0].box[1])

    def jitter(points: np.ndarray) -> float:
        return float(np.median(np.abs(np.diff(points, n=2, axis=0))))

    raw, height = body("none")
    for smooth in ("one-euro", "kalman"):
        steady, _ = body(smooth)
        assert jitter(steady) < 0.9 * jitter(raw)
        assert np.median(np.linalg.norm(steady - raw, axis=-1)) < 0.005 * height


@pytest.mark.slow
def test_max_people_limits_the_number_of_people(fresh: Pipeline, demo: Path) -> None:
    fresh.adjust(Settings(max_people=1))
    poses = watch(fresh, demo, 55)
    assert {len(frame.people) for frame in poses} == {1}
    assert list(frames_by_id(poses)) == [1]


def test_without_a_detector_the_whole_frame_is_one_person(fresh: Pipeline, demo: Path) -> None:
    source = VideoFile(demo)
    frame = source.read()
    source.close()
    assert frame is not None
    (man,) = fresh.process(frame).people
    left, top, right, bottom = np.round(man.box + [-10, -10, 10, 10]).astype(int)
    portrait = np.ascontiguousarray(frame.image[max(top, 0) : bottom, left:right])
    alone = make_pipeline(WholeFrame(), fresh.pose_model, Settings())
    (same,) = alone.process(Frame(0, 0.0, portrait)).people
    offset = np.array([left, max(top, 0)])
    distance = np.linalg.norm(same.keypoints[:17, :2] + offset - man.keypoints[:17, :2], axis=1)
    assert np.median(distance) < 0.03 * (bottom - top)


def test_images_without_people_have_no_people(fresh: Pipeline) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    for image in (np.zeros((240, 320, 3), np.uint8), noise, np.zeros((1, 1, 3), np.uint8)):
        fresh.reset()
        assert fresh.process(Frame(0, 0.0, image)).people == ()


def test_models_that_cannot_be_opened_are_refused_in_one_sentence(rtmpose_s: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    good = Settings(pose=str(rtmpose_s), detector="none")
    for settings, wanted in (
        (replace(good, pose=str(text)), "is not an ONNX file"),
        (replace(good, pose="no-such-model"), "no-such-model"),
        (replace(good, detector=str(rtmpose_s)), "--pose"),
        (replace(good, pose=str(tmp_path / "gone.onnx")), "gone.onnx"),
    ):
        with pytest.raises(StanceError, match=wanted) as raised:
            open_pipeline(settings)
        assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_poses_predicted_at_half_rate_are_close_to_estimated_ones(
    watched: list[FramePoses], fresh: Pipeline, two_people: Path
) -> None:
    fresh.adjust(Settings(half_rate=True))
    half = watch(fresh, two_people)
    assert {person.state for frame in half[::2] for person in frame.people} == {"estimated"}
    assert {person.state for frame in half[1::2] for person in frame.people} == {"predicted"}
    # The same two people; the detector runs on other frames, so that tracks may start or end up to 1/3 s later.
    found, wanted = frames_by_id(half), frames_by_id(watched)
    assert list(found) == list(wanted)
    for number in wanted:
        assert abs(found[number][0] - wanted[number][0]) <= 10
        assert abs(found[number][-1] - wanted[number][-1]) <= 10
    errors = {
        state: [
            np.linalg.norm(a.keypoints[:17, :2] - b.keypoints[:17, :2], axis=1)[b.keypoints[:17, 2] > 0.5]
            / (b.box[3] - b.box[1])
            for one, other in zip(half, watched, strict=True)
            for a in one.people
            for b in other.people
            if a.id == b.id and a.state == state
        ]
        for state in ("estimated", "predicted")
    }
    assert np.median(np.concatenate(errors["estimated"])) < 0.01
    assert np.median(np.concatenate(errors["predicted"])) < 0.015


def test_no_pose_is_predicted_over_a_long_gap(fresh: Pipeline, demo: Path) -> None:
    fresh.adjust(Settings(half_rate=True))
    source = VideoFile(demo)
    first, second = source.read(), source.read()
    source.close()
    assert first is not None
    assert second is not None
    fresh.process(first)
    late = fresh.process(Frame(1, first.time_s + 0.5, second.image))
    assert late.people
    assert {person.state for person in late.people} == {"estimated"}
