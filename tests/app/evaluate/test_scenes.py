"""Synthetic scenes: the ground truth matches the frames, and the pipeline keeps the identities."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Floats
from app.core.settings import Settings
from app.detection.detector import open_detector
from app.evaluate.cutouts import Cutout
from app.evaluate.identity import identity
from app.evaluate.scenes import HEIGHT, KINDS, WIDTH, Actor, Scene, made_scenes
from app.pipeline import make_pipeline
from app.pose.top_down import open_estimator
from tests.app.evaluate.annotated import annotation, write_folder


def square(side: int, gray: int) -> Cutout:
    """A uniform square with one keypoint in its center."""
    middle: Floats = np.array([[(side - 1) / 2, (side - 1) / 2, 1]], np.float32)
    return Cutout(np.full((side, side, 3), gray, np.uint8), middle)


def scene(*actors: Actor) -> Scene:
    return Scene("test", "crossing", 10, np.zeros((HEIGHT, WIDTH, 3), np.uint8), actors)


def walk(*stops: tuple[float, float, float]) -> np.ndarray:
    return np.array(stops, np.float64)


def test_keypoint_matches_the_frame_at_subpixel_precision() -> None:
    gliding = scene(Actor(1, square(21, 200), walk((0, 100.3, 200.6), (4, 180.7, 230.1))))
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    for frame, poses in itertools.islice(zip(gliding.frames(), gliding.truth, strict=True), 0, None, 7):
        light = frame.image[..., 0] / frame.image[..., 0].sum(dtype=np.float64)
        (person,) = poses.people
        assert person.keypoints[0, :2] == pytest.approx([(light * columns).sum(), (light * rows).sum()], abs=0.02)
        assert person.box[2:] - person.box[:2] == pytest.approx([21, 21], abs=1e-3)


def test_half_occluded_person_is_not_in_the_truth() -> None:
    back = Actor(1, square(40, 100), walk((0, 100, 200), (4, 200, 200)))
    front = Actor(2, square(60, 200), walk((0, 200, 210)))
    wall = Actor(0, square(60, 50), walk((0, 400, 210)))
    shown = [[person.id for person in poses.people] for poses in scene(back, front, wall).truth]
    assert shown[0] == [1, 2]
    assert shown[-1] == [2]
    assert shown.index([2]) == np.argmax(100 + 2.5 * np.arange(40) > 170)


def test_occluded_keypoint_has_score_zero() -> None:
    back = Actor(1, square(41, 100), walk((0, 100, 200)))
    for x, score in ((125, 1), (105, 0)):
        front = Actor(2, square(25, 200), walk((0, x, 200)))
        person, _ = scene(back, front).truth[0].people
        assert person.keypoints[0, 2] == score


def test_boxes_are_clipped_to_the_frame() -> None:
    (person,) = scene(Actor(1, square(40, 100), walk((0, 10, 200)))).truth[0].people
    assert person.box.tolist() == [0, 160, 30, 200]
    assert not scene(Actor(1, square(40, 100), walk((0, -1, 200)))).truth[0].people


@pytest.fixture(scope="module")
def scenes(shared: Path) -> list[Scene]:
    photos = shared / "data" / "coco-val-dev"
    return list(made_scenes(photos / "images", photos / "annotations.json"))


def test_scenes_are_of_every_kind_and_reproducible(scenes: list[Scene], shared: Path) -> None:
    assert {scene.kind for scene in scenes} == set(KINDS)
    assert len({scene.name for scene in scenes}) == len(scenes)
    photos = shared / "data" / "coco-val-dev"
    for one, again in itertools.islice(
        zip(scenes, made_scenes(photos / "images", photos / "annotations.json"), strict=True), 0, None, 25
    ):
        assert one.name == again.name
        for first, second in zip(itertools.islice(one.frames(), 3), itertools.islice(again.frames(), 3), strict=True):
            assert first.image.tobytes() == second.image.tobytes()
            assert first.time_s == second.time_s


def test_occlusion_lasts_as_stated(scenes: list[Scene]) -> None:
    for scene in scenes:
        if scene.kind.startswith("hidden") and scene.fps == 30:
            seen = [poses.time_s for poses in scene.truth if any(person.id == 1 for person in poses.people)]
            gap = max(np.diff(seen))
            assert float(scene.kind.split()[1]) <= gap < 2.6, scene.name


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["crossing", "hidden 1 s"])
def test_pipeline_keeps_identities(scenes: list[Scene], kind: str, rtmpose_s: Path, yolox_tiny: Path) -> None:
    pipeline = make_pipeline(open_detector(yolox_tiny, "cpu"), open_estimator(rtmpose_s, "cpu"), Settings())
    scene = next(scene for scene in scenes if scene.kind == kind and scene.fps == 10)
    figures = identity(scene.truth, [pipeline.process(frame) for frame in scene.frames()])
    assert figures.idf1 > 0.9
    assert figures.mixed == 0
    assert figures.recognised == figures.returned


def test_folder_without_suitable_people_is_refused(tmp_path: Path) -> None:
    images, annotations = write_folder(tmp_path, [annotation(1, 1)], images=1)
    with pytest.raises(StanceError, match="1 people to cut out and 0 areas"):
        next(made_scenes(images, annotations))
    annotations.write_text("[")
    with pytest.raises(StanceError, match="not a COCO keypoints file"):
        next(made_scenes(images, annotations))
