"""Depth by BlazePose for the keypoints of another network, on real clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.lifting.blazepose_lifter import BlazePoseLifter
from app.lifting.open_lifter import open_lifter
from app.pipeline import open_pipeline
from app.pose.model import TrackWindow

HALPE = load_skeleton("halpe26")
ROWS = {name: row for row, name in enumerate(HALPE.names)}
BONES = [
    (ROWS[f"{side}_{start}"], ROWS[f"{side}_{end}"])
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
    for side in ("left", "right")
]
FIRST_OF_VIEW = range(0, 400, 100)


@pytest.fixture(scope="module")
def lifter() -> BlazePoseLifter:
    opened = open_lifter("blazepose-full", HALPE, "cpu")
    assert isinstance(opened, BlazePoseLifter)
    return opened


def images(shared: Path, wanted: list[int]) -> list[Any]:
    capture = cv2.VideoCapture(str(shared / "data" / "videos" / "single_person_balance_4views_540x960.mp4"))
    found = [capture.read()[1] for _ in range(max(wanted) + 1)]
    return [found[number] for number in wanted]


@pytest.fixture(scope="module")
def seen(shared: Path) -> list[tuple[Frame, TrackWindow]]:
    """The first and a later frame of each of four views, with the largest person by the default networks."""
    numbers = [start + offset for start in FIRST_OF_VIEW for offset in (0, 60)]
    pipeline = open_pipeline(Settings(device="cpu", smooth="none"))
    found = []
    for number, image in zip(numbers, images(shared, numbers), strict=True):
        pipeline.reset()
        frame = Frame(number, number / 60, np.asarray(image, np.uint8))
        person = max(pipeline.process(frame).people, key=lambda one: float(np.prod(one.box[2:] - one.box[:2])))
        found.append((frame, window(person.keypoints, person.box, frame)))
    return found


def window(keypoints: Any, box: Any, frame: Frame) -> TrackWindow:
    return TrackWindow(1, np.array([frame.time_s]), keypoints[None], box[None], frame.size)


def projected(points: Any, keypoints: Any) -> Any:
    """``points`` (K, 4) in pixels, by the weak perspective that fits ``keypoints`` (K, 3) best."""
    flat = points[:, :2] * [1, -1]
    use = keypoints[:, 2] >= 0.3
    low, high = flat - flat[use].mean(axis=0), keypoints[:, :2] - keypoints[use, :2].mean(axis=0)
    return low * (low[use] * high[use]).sum() / (low[use] ** 2).sum() + keypoints[use, :2].mean(axis=0)


def test_points_lie_on_the_keypoints_and_bones_keep_their_lengths(
    lifter: BlazePoseLifter, seen: list[tuple[Frame, TrackWindow]]
) -> None:
    apart, lengths = [], []
    for frame, person in seen:
        (points,) = lifter.lift_all(frame, [person])
        keypoints = person.keypoints[-1]
        height = person.boxes[-1, 3] - person.boxes[-1, 1]
        apart.append(np.linalg.norm(projected(points, keypoints) - keypoints[:, :2], axis=1) / height)
        lengths.append([np.linalg.norm(points[a, :3] - points[b, :3]) for a, b in BONES])
        np.testing.assert_allclose(points[[ROWS["left_hip"], ROWS["right_hip"]], :3].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_array_equal(points[:, 3], keypoints[:, 2])
    assert np.median(apart) < 0.03
    assert (np.std(lengths, axis=0) / np.mean(lengths, axis=0)).max() < 0.06


def test_a_person_seen_from_the_front_has_the_left_on_the_right_and_the_face_towards_the_camera(
    lifter: BlazePoseLifter, shared: Path
) -> None:
    pipeline = open_pipeline(Settings(device="cpu", smooth="none"))
    capture = cv2.VideoCapture(str(shared / "data" / "videos" / "webcam_signing_upper_body_640x480.mp4"))
    frame = Frame(0, 0.0, np.asarray(capture.read()[1], np.uint8))
    (person,) = pipeline.process(frame).people
    (points,) = lifter.lift_all(frame, [window(person.keypoints, person.box, frame)])
    assert points[ROWS["left_shoulder"], 0] > points[ROWS["right_shoulder"], 0] + 0.2
    assert points[ROWS["nose"], 1] > points[ROWS["neck"], 1]
    assert points[ROWS["nose"], 2] > points[[ROWS["left_ear"], ROWS["right_ear"]], 2].mean() + 0.05


def test_exchanged_sides_mirror_the_body_in_depth(
    lifter: BlazePoseLifter, seen: list[tuple[Frame, TrackWindow]]
) -> None:
    frame, person = seen[0]
    (points,) = lifter.lift_all(frame, [person])
    exchanged = window(person.keypoints[-1][HALPE.flip_order], person.boxes[-1], frame)
    (mirrored,) = lifter.lift_all(frame, [exchanged])
    body = [row for pair in BONES for row in pair]
    back = mirrored[HALPE.flip_order][:, :3] * np.array([1, 1, -1])
    np.testing.assert_allclose(back[body], points[body, :3], atol=0.02)


def test_all_people_are_lifted_in_one_run(lifter: BlazePoseLifter, seen: list[tuple[Frame, TrackWindow]]) -> None:
    frame, person = seen[0]
    moved = window(person.keypoints[-1] + np.array([3, 2, 0], np.float32), person.boxes[-1], frame)
    together = lifter.lift_all(frame, [person, moved])
    for one, points in zip((person, moved), together, strict=True):
        np.testing.assert_allclose(lifter.lift_all(frame, [one])[0], points, atol=2e-3)
    assert lifter.lift_all(frame, []) == []


def test_nobody_in_the_picture_has_no_points(lifter: BlazePoseLifter, seen: list[tuple[Frame, TrackWindow]]) -> None:
    frame, person = seen[0]
    empty = Frame(0, 0.0, np.full_like(frame.image, 90))
    (points,) = lifter.lift_all(empty, [person])
    assert points.shape == (26, 4)
    assert not points.any()


def test_points_of_other_skeletons(lifter: BlazePoseLifter, seen: list[tuple[Frame, TrackWindow]]) -> None:
    coco = load_skeleton("coco17")
    frame, person = seen[2]
    same = [ROWS[name] for name in coco.names]
    (wanted,) = lifter.lift_all(frame, [person])
    (points,) = open_lifter("blazepose-full", coco, "cpu").lift_all(  # type: ignore[union-attr]
        frame, [window(person.keypoints[-1][same], person.boxes[-1], frame)]
    )
    np.testing.assert_allclose(points[5:], wanted[same][5:], atol=0.06)
    with pytest.raises(StanceError, match="has no hips and shoulders"):
        open_lifter("blazepose-full", load_skeleton("hand21"), "cpu")
