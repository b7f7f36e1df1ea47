"""Hands and faces of the people in real clips: bodies do not change, ids stay, hands are where MediaPipe finds them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.people import Floats, Frame, FramePoses
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.engine.frame_processor import FrameProcessor
from app.network_answers import NetworkAnswers
from app.pipeline import Pipeline, open_pipeline
from app.pose.hand_regions import ArmPoints
from app.pose.hands import Hands
from app.sources.file import VideoFile
from tests.conftest import GOLDEN

BODY = 26
LEFT, RIGHT = slice(-42, -21), slice(-21, None)


def frames_of(clip: Path, start: int = 0, count: int | None = None) -> list[Frame]:
    source = VideoFile(clip)
    try:
        return list(itertools.islice(iter(source.read, None), start, None if count is None else start + count))
    finally:
        source.close()


@pytest.fixture(scope="module")
def signing(shared: Path) -> Path:
    return shared / "data" / "videos" / "webcam_signing_upper_body_640x480.mp4"


@pytest.fixture(scope="module")
def alone() -> Pipeline:
    """Bodies alone."""
    return open_pipeline(Settings(device="cpu"))


@pytest.fixture(scope="module")
def whole() -> Pipeline:
    """Bodies with hands and 68 points of the face."""
    return open_pipeline(Settings(device="cpu", hands=True, face="68"))


@pytest.fixture(scope="module")
def some_frames(signing: Path) -> list[Frame]:
    return frames_of(signing, 54, 8)


@pytest.fixture(scope="module")
def watched(whole: Pipeline, some_frames: list[Frame]) -> list[FramePoses]:
    whole.reset()
    return [whole.process(frame) for frame in some_frames]


def test_hands_and_faces_leave_the_bodies_as_they_are(
    alone: Pipeline, watched: list[FramePoses], some_frames: list[Frame]
) -> None:
    for frame, poses in zip(some_frames, watched, strict=True):
        bodies = alone.process(frame)
        assert [person.id for person in bodies.people] == [person.id for person in poses.people] == [1]
        for body, person in zip(bodies.people, poses.people, strict=True):
            assert body.score == person.score
            assert np.array_equal(body.box, person.box)
            assert np.array_equal(body.keypoints, person.keypoints[:BODY])
            assert body.measured is not None
            assert person.measured is not None
            assert np.array_equal(body.measured, person.measured[:BODY])


def test_both_hands_and_the_face_are_found(whole: Pipeline, watched: list[FramePoses]) -> None:
    person = watched[-1].people[0]
    points, names = person.keypoints, whole.skeleton.names
    assert points.shape == (len(names), 3)
    assert (points[:, 2] > 0.3).sum() > BODY - 10 + 68 + 42
    for side, rows in (("left", LEFT), ("right", RIGHT)):
        assert names[rows][0] == f"{side}_hand_root"
        assert np.linalg.norm(points[rows][0, :2] - points[names.index(f"{side}_wrist"), :2]) < 30
    face = points[names.index("face-0") : names.index("face-67") + 1, :2]
    nose = points[names.index("nose"), :2]
    assert (face.min(axis=0) < nose).all()
    assert (face.max(axis=0) > nose).all()
    assert {"face", "hands"} <= whole.stage_ms.keys()
    assert whole.model_names[2:] == ["hand-landmarks-full", "palm-detector", "face-landmarks"]
    wholebody = whole.skeleton.subset(load_skeleton("wholebody133"))
    assert wholebody is not None
    assert points[wholebody].shape == (133, 3)


def test_a_second_run_needs_no_network(
    whole: Pipeline, watched: list[FramePoses], some_frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = NetworkAnswers()
    first = answers.pipeline(whole)
    for frame in some_frames:
        first.process(frame)
    networks = whole.part_networks.hands
    assert networks is not None
    monkeypatch.setattr("app.inference.onnx_model.OnnxModel.run", lambda *_: pytest.fail("a network has run"))
    again = answers.pipeline(first)
    for frame, poses in zip(some_frames, watched, strict=True):
        for person, expected in zip(again.process(frame).people, poses.people, strict=True):
            assert np.array_equal(person.keypoints, expected.keypoints)


def test_people_keep_their_ids_when_hands_are_switched_on(
    alone: Pipeline, whole: Pipeline, some_frames: list[Frame]
) -> None:
    alone.reset(last_id=6)
    before = [alone.process(frame) for frame in some_frames[:4]]
    fresh = whole.clone_with_shared_networks()
    fresh.take_over(alone.tracked_people())
    after = [fresh.process(frame) for frame in some_frames[4:7]]
    assert [person.id for poses in (*before, *after) for person in poses.people] == [7] * 7
    assert all(hands_of(poses) for poses in after)
    back = alone.clone_with_shared_networks()
    back.take_over(fresh.tracked_people())
    assert [person.id for person in back.process(some_frames[7]).people] == [7]


def test_hands_are_predicted_between_estimated_frames(whole: Pipeline, some_frames: list[Frame]) -> None:
    half = whole.clone_with_shared_networks()
    half.adjust(replace(whole.settings, half_rate=True))
    found = [half.process(frame).people[0] for frame in some_frames]
    assert [person.state for person in found[-2:]] in (["estimated", "predicted"], ["predicted", "estimated"])
    before, now = (person.keypoints for person in found[-2:])
    assert now.shape == before.shape
    seen = np.flatnonzero(before[-42:, 2] > 0.5)
    assert len(seen) >= 21
    assert 0 < np.linalg.norm((now - before)[-42:, :2][seen], axis=1).max() < 30


def test_late_frames_of_a_camera_have_hands_and_a_face_too(
    whole: Pipeline, watched: list[FramePoses], some_frames: list[Frame]
) -> None:
    """Where the next frame is always there already; afterwards the pipeline finds them at once again."""
    frames = (Frame(index, index / 30, some_frames[-1].image) for index in itertools.count())
    processor = FrameProcessor(live=True, still=False, waiting=lambda: some_frames)

    def next_person() -> Floats | None:
        poses = processor.process(next(frames), whole, None).poses
        return poses.people[0].keypoints if poses is not None and poses.people else None

    while (person := next_person()) is None or not person[LEFT, 2].any():  # the detector's results come later too
        pass
    for _ in range(10):
        person = next_person()
        assert person is not None
        assert person[LEFT, 2].all()
        assert person[BODY : BODY + 68, 2].all()
    processor.close()
    whole.reset()
    for frame, poses in zip(some_frames[:3], watched, strict=False):
        assert np.array_equal(whole.process(frame).people[0].keypoints, poses.people[0].keypoints)


def hands_of(poses: FramePoses) -> list[Floats]:
    """The landmarks (21, 2) of all hands that were found, before smoothing."""
    measured = [person.measured for person in poses.people if person.measured is not None]
    hands = [points[rows] for points in measured for rows in (LEFT, RIGHT)]
    return [hand[:, :2] for hand in hands if hand[0, 2] > 0.5]


@pytest.mark.slow
def test_hands_are_found_where_mediapipe_finds_them(whole: Pipeline, signing: Path) -> None:
    """In at least 95 % of the cases, within 4 pixels in the median; three people sign one after the other."""
    whole.reset()
    reference = np.load(GOLDEN / "mediapipe" / "webcam_hands.npz")["landmarks"].astype(np.float32)
    apart, cases = [], 0
    for frame in frames_of(signing):
        ours = hands_of(whole.process(frame))
        for theirs in reference[frame.index][np.isfinite(reference[frame.index]).all(axis=(1, 2))]:
            cases += 1
            distances = [np.linalg.norm(hand - theirs, axis=1) for hand in ours]
            nearest = min(distances, key=lambda of_hand: float(np.median(of_hand)), default=None)
            if nearest is not None and np.median(nearest) < np.ptp(theirs, axis=0).max() / 3:
                apart.append(nearest)
    assert cases > 350
    assert len(apart) >= 0.95 * cases
    assert np.median(apart) < 2


@pytest.mark.slow
def test_arms_whose_hands_are_not_in_sight_have_none(whole: Pipeline, shared: Path) -> None:
    """On photos, of arms that end outside of the picture or behind something, though the network guesses a wrist."""
    folder = shared / "data" / "coco-val-dev"
    labelled = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))["annotations"]
    people: dict[int, list[dict[str, object]]] = {}
    for person in labelled:
        if person["num_keypoints"] >= 5 and not person["iscrowd"]:
            people.setdefault(person["image_id"], []).append(person)
    arms, networks = ArmPoints.of(whole.info.skeleton.names), whole.part_networks.hands
    assert arms is not None
    assert networks is not None
    hidden = found_hidden = found = 0
    for image_id, those in sorted(people.items())[:60]:
        image = cv2.imread(str(folder / "images" / f"{image_id:012d}.jpg"))
        assert image is not None
        x, y, width, height = np.array([person["bbox"] for person in those], np.float32).T
        boxes = np.stack([x, y, x + width, y + height, np.ones_like(x)], axis=1)
        poses = np.array([person.keypoints for person in whole.estimate_image(np.asarray(image, np.uint8), boxes)])
        corners = np.array([person.box for person in whole.estimate_image(np.asarray(image, np.uint8), boxes)])
        order = [int(np.abs(boxes[:, :4] - box).sum(axis=1).argmin()) for box in corners]
        hands = Hands(networks, arms).find(Frame(0, 0.0, np.asarray(image, np.uint8)), range(1, len(poses) + 1), poses)
        wrists = np.array([person["keypoints"] for person in those]).reshape(-1, 17, 3)[order][:, [9, 10], 2]
        is_found = hands.keypoints[:, :, 0, 2] > 0
        guessed = (poses[:, [9, 10, 7, 8], 2] >= 0.3).reshape(-1, 2, 2).all(axis=1)
        hidden += int((guessed & (wrists == 0)).sum())
        found_hidden += int((is_found & (wrists == 0)).sum())
        found += int(is_found.sum())
    assert hidden >= 30
    assert found >= 30
    assert found_hidden <= 0.1 * hidden
