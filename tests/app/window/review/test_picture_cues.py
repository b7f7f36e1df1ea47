"""What the picture says about a correction is found once, also where the limb is carried anew."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from app.analysis.carry import Carried, MotionCue
from app.analysis.keypoint_edits import PersonKeypoints
from app.window.review.picture_cues import PictureCues
from tests.app.sources.clips import write_clip

FRAMES, WRIST, STEP = 30, 9, 2


def moving_square(path: Path) -> Path:
    """A film of a bright, textured square that moves to the right by ``STEP`` pixels a frame."""
    chance = np.random.default_rng(1)
    square = chance.integers(80, 255, (24, 24, 1), np.uint8).repeat(3, axis=2)
    frames = []
    for index in range(FRAMES):
        image = np.full((96, 160, 3), 40, np.uint8)
        left = 20 + STEP * index
        image[40:64, left : left + 24] = square
        frames.append(av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p"))
    return write_clip(path, frames)


def person(first: int) -> PersonKeypoints:
    """The person from frame ``first`` on: the wrist is in the middle of the square, the others around it."""
    indices = np.arange(first, FRAMES)
    keypoints = np.ones((len(indices), 17, 3), np.float32)
    keypoints[..., 0] = 20 + STEP * indices[:, None] + np.linspace(0, 24, 17)
    keypoints[..., 1] = np.linspace(20, 84, 17)
    return PersonKeypoints(indices, indices / 30, keypoints)


def test_cues_are_found_once_and_follow_the_rows_of_the_person(tmp_path: Path) -> None:
    film = moving_square(tmp_path / "a.mp4")
    cues = PictureCues(str(film), "auto", None)
    found = []
    for first in (0, 4):
        rows = np.arange(5, 20) - first
        places = np.stack([32.0 + STEP * np.arange(5, 20), np.full(15, 52.0)], axis=1)
        carried = Carried(rows, places, rows == 12 - first)
        (motion, _) = cues(person(first), WRIST, {12 - first: (32.0 + STEP * 12, 52.0)}, carried)
        assert isinstance(motion, MotionCue)
        found.append(motion)
        film.unlink(missing_ok=True)
    assert len(found[0].rows) > 8
    assert np.abs(np.median(found[0].steps, axis=0) - [STEP, 0]).max() < 0.3
    assert (found[1].rows + 4).tolist() == found[0].rows.tolist()
    assert np.array_equal(found[1].steps, found[0].steps)
