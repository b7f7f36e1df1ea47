"""Lifters in a pipeline: smoothed, predicted, held, kept by id, and refused where they are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats, Frame, Person
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.inference.lifter_card import LifterCard
from app.lifting.bones import Bones, RunningLengths, median_lengths
from app.lifting.open_lifter import open_lifter
from app.pipeline import Pipeline, make_pipeline
from app.pose.model import Candidates, FrameLifter, PoseModel, TrackWindow
from tests.app.lifting.small_lifter import CARD, write_lifter
from tests.app.toy_networks import ToyDetector, ToyEstimator

SIZE = (640, 480)
COCO = load_skeleton("coco17")


class Moving(ToyEstimator):
    """One pose of pixels that jitter from frame to frame."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = np.random.default_rng(5)

    def estimate(self, frames: Sequence[Frame], candidates: Candidates, flip_test: bool = False) -> Candidates:
        rest = np.random.default_rng(4).uniform(150, 450, (1, 17, 2))
        poses = np.concatenate([rest + self.chance.normal(0, 1, rest.shape), np.full((1, 17, 1), 0.9)], axis=2)
        return candidates.with_poses(np.repeat(poses, len(candidates), axis=0).astype(np.float32))


def pipeline(lifter: object, **chosen: object) -> Pipeline:
    settings = Settings(lifter="small", **chosen)  # type: ignore[arg-type]
    return make_pipeline(ToyDetector(), cast("PoseModel", Moving()), settings, lifters=[cast("FrameLifter", lifter)])


def run(pipe: Pipeline, first: int, count: int) -> list[Person]:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    picture[130:470, 130:470] = 200
    poses = [pipe.process(Frame(index, index / 30, picture)) for index in range(first, first + count)]
    assert all(one.people for one in poses)
    return [one.people[0] for one in poses]


def points_of(person: Person) -> Floats:
    assert person.points_3d is not None
    return person.points_3d


@pytest.fixture
def lifter(tmp_path: Path) -> FrameLifter:
    return cast("FrameLifter", open_lifter(str(write_lifter(tmp_path / "small.onnx")), COCO))


def test_points_lie_where_the_keypoints_are(lifter: FrameLifter) -> None:
    """The small lifter is flat: x and y are those of the picture, upright, from the hips, in half widths."""
    person = run(pipeline(lifter, smooth="none"), 0, 1)[0]
    points, pixels = points_of(person), person.keypoints[:, :2]
    hips = pixels[[COCO.names.index("left_hip"), COCO.names.index("right_hip")]].mean(axis=0)
    np.testing.assert_allclose(points[:, :2], (pixels - hips) / (SIZE[0] / 2) * [1, -1], atol=1e-4)
    np.testing.assert_array_equal(points[:, 3], person.keypoints[:, 2])


@pytest.mark.parametrize("smooth", ["one-euro", "kalman"])
def test_points_are_smoothed_like_keypoints(lifter: FrameLifter, smooth: str) -> None:
    jitter = {}
    for kind in ("none", smooth):
        tracks = np.stack([points_of(person) for person in run(pipeline(lifter, smooth=kind), 0, 60)])
        jitter[kind] = np.abs(np.diff(tracks[20:, :, :3], n=2, axis=0)).mean()
    assert jitter[smooth] < 0.5 * jitter["none"]


def test_predicted_frames_have_points_too_and_changed_settings_keep_ids(lifter: FrameLifter) -> None:
    pipe = pipeline(lifter, half_rate=True)
    people = run(pipe, 0, 9)
    pipe.adjust(replace(pipe.settings, smooth="kalman", hold_bones=True))
    people += run(pipe, 9, 6)
    assert {person.state for person in people} == {"estimated", "predicted"}
    assert len({person.id for person in people}) == 1
    tracks = np.stack([points_of(person) for person in people])
    assert np.abs(np.diff(tracks[..., :3], axis=0)).max() < 0.2


def test_lifters_have_a_stage_of_their_own(lifter: FrameLifter) -> None:
    lifted = pipeline(lifter)
    run(lifted, 0, 1)
    assert {"lift", "smooth"} <= lifted.stage_ms.keys()
    flat = replace_lifter(lifted)
    run(flat, 0, 1)
    assert "lift" not in flat.stage_ms


def test_points_do_not_change_the_keypoints(lifter: FrameLifter) -> None:
    with_points, without = run(pipeline(lifter), 0, 10), run(replace_lifter(pipeline(lifter)), 0, 10)
    for one, other in zip(with_points, without, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        assert one.measured is not None
        assert other.points_3d is None


def replace_lifter(pipe: Pipeline) -> Pipeline:
    """The same pipeline without a lifter, with a pose model that has not run."""
    return make_pipeline(ToyDetector(), cast("PoseModel", Moving()), replace(pipe.settings, lifter=""))


def test_a_clone_shares_the_lifter_and_says_its_name(lifter: FrameLifter) -> None:
    pipe = pipeline(lifter)
    own = pipe.clone_with_shared_networks()
    assert own.lifters == pipe.lifters
    assert own.notes["lifter"] == "small"
    np.testing.assert_array_equal(points_of(run(own, 0, 1)[0]).shape, (17, 4))


def test_a_whole_clip_is_lifted_with_the_frames_after_too(tmp_path: Path) -> None:
    """z of the small lifter is the mean of x over its frames, so it shows which frames it had."""
    card = LifterCard("around", CARD.inputs, CARD.outputs, history=(1, 1))
    around = open_lifter(str(write_lifter(tmp_path / "around.onnx", card)), COCO)
    keypoints = np.ones((4, 17, 3), np.float32) * 240
    keypoints[..., 0] = 320 * (1 + np.arange(4))[:, None]  # x is 0, 1, 2 and 3 half widths from the middle
    nose = COCO.names.index("nose")
    keypoints[:, nose, 0] += 320  # all other points are at z 0
    window = TrackWindow(1, np.arange(4) / 30, keypoints, np.zeros((4, 4), np.float32), SIZE)
    depth = around.lift(window)[:, nose, 2]  # type: ignore[union-attr]
    hips = np.array([1 / 3, 1, 2, 8 / 3])  # the edges are repeated
    np.testing.assert_allclose(depth, -(hips + 1 - hips), atol=1e-4)


def test_files_that_are_no_lifters_are_refused(tmp_path: Path, rtmpose_s: Path) -> None:
    with pytest.raises(StanceError, match="is no lifter: wanted an ONNX file that `python -m export lifter`"):
        open_lifter(str(rtmpose_s), COCO)
    with pytest.raises(StanceError, match=r"There is no file 'gone\.onnx'"):
        open_lifter("gone.onnx", COCO)
    with pytest.raises(StanceError, match="Unknown lifter 'gone'"):
        open_lifter("gone", COCO)
    with pytest.raises(StanceError, match="takes the keypoint 'root', which the skeleton hand21 lacks"):
        open_lifter(str(write_lifter(tmp_path / "small.onnx")), load_skeleton("hand21"))


def test_held_bones_keep_their_median_lengths_and_directions() -> None:
    rng = np.random.default_rng(8)
    rest = rng.normal(0, 0.4, (17, 3))
    rest -= rest[[11, 12]].mean(axis=0)
    points = np.ones((50, 17, 4), np.float32)
    points[..., :3] = rest * rng.uniform(0.8, 1.25, (50, 1, 1))
    bones = Bones(COCO)
    lengths = median_lengths(bones, points, 0.3)
    held = bones.hold(points, lengths)
    np.testing.assert_allclose(bones.lengths(held, 0.3), np.tile(lengths, (50, 1)), atol=1e-5)
    scale = held[:, 5, :3] / points[:, 5, :3]
    np.testing.assert_allclose(scale, np.tile(scale[:, :1], 3), atol=1e-4)


def test_running_bones_settle_at_the_median_and_wait_for_seen_keypoints() -> None:
    running = RunningLengths(COCO, 0.3)
    points = np.ones((17, 4), np.float32)
    points[:, :3] = np.random.default_rng(9).normal(0, 0.4, (17, 3))
    unseen = points * np.array([3, 3, 3, 0.1], np.float32)
    first = running.update([1], [unseen])[0]
    np.testing.assert_allclose(first, unseen, atol=1e-5)  # no length is known
    for factor in (1.0, 1.0, 1.3, 0.9, 1.0):
        scaled = points * np.array([factor, factor, factor, 1], np.float32)
        held = running.update([1], [scaled])[0]
    bones = Bones(COCO)
    np.testing.assert_allclose(bones.lengths(held, 0.3), bones.lengths(points, 0.3), atol=1e-5)
