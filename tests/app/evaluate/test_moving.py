"""Moving photos: the ground truth matches the pictures at subpixel precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.skeleton import load_skeleton
from app.evaluate.moving import KINDS, SIDE, Kind, MovingPhoto, moving_photos
from app.evaluate.photos import Annotated

MARKS = np.array([[200.0, 150.0], [260.0, 300.0], [230.0, 420.0]])


def marked(kind: Kind) -> MovingPhoto:
    """A photo with smooth bright marks at three keypoints."""
    rows, columns = np.mgrid[:600, :500]
    light = sum(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 4.0**2)) for x, y in MARKS)
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:3] = np.column_stack([MARKS, [2, 2, 1]])
    photo = np.repeat(np.round(250 * np.asarray(light))[..., None], 3, axis=2).astype(np.uint8)
    person = Annotated(7, np.array([150, 100, 310, 460], np.float32), keypoints, 3, 1.0, crowd=False)
    return MovingPhoto("marked", kind, 10.0, photo, person, load_skeleton("coco17"))


@pytest.mark.parametrize("kind", KINDS)
def test_marks_are_at_the_ground_truth(kind: Kind) -> None:
    scene = marked(kind)
    for frame, poses in zip(scene.frames(), scene.truth, strict=True):
        for x, y, score in poses.people[0].keypoints[:3]:
            assert score == 1
            left, top = round(x) - 12, round(y) - 12
            patch = frame.image[top : top + 25, left : left + 25, 0].astype(float)
            rows, columns = np.mgrid[:25, :25]
            center = [(patch * columns).sum() / patch.sum() + left, (patch * rows).sum() / patch.sum() + top]
            np.testing.assert_allclose(center, [x, y], atol=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_box_contains_the_person_and_unlabelled_keypoints_stay(kind: Kind) -> None:
    for poses in marked(kind).truth:
        person = poses.people[0]
        assert not person.keypoints[3:].any()
        low, high = person.keypoints[:3, :2].min(axis=0), person.keypoints[:3, :2].max(axis=0)
        assert (person.box[:2] < low).all()
        assert (person.box[2:] > high).all()
        assert 200 < (person.box[2:] - person.box[:2]).max() < SIDE


@pytest.mark.parametrize("kind", KINDS)
def test_paths_are_smooth(kind: Kind) -> None:
    """The motion from frame to frame changes only gradually."""
    points = np.stack([poses.people[0].keypoints[:3, :2] for poses in marked(kind).truth]) / 300
    assert np.linalg.norm(np.diff(points, n=2, axis=0), axis=-1).max() < 0.12


def test_every_kind_of_motion_is_made(shared: Path) -> None:
    folder = shared / "data" / "coco-val-dev"
    scenes = list(moving_photos(folder / "images", folder / "annotations.json", people=2))
    assert [scene.kind for scene in scenes] == [*KINDS, *KINDS]
    assert len({scene.person.id for scene in scenes}) == 2
    assert all((scene.person.keypoints[:, 2] > 0).sum() >= 15 for scene in scenes)
