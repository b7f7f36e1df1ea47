"""Angles of the arms in a video whose pixels are not square."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.analysis.angles import angles
from app.analysis.facing import RIGHT
from app.core.people import Frame, Image, Person
from app.core.settings import Settings
from app.pipeline import Pipeline, open_pipeline
from app.sources import open_source
from tests.app.sources.clips import pictures, write_clip

ARMS = ("right arm", "left arm", "right forearm", "left forearm", "right elbow", "left elbow")
PAL, SVCD = (720, 576), (480, 576)
"""Sizes of stored frames, which are shown as 16:9 or 4:3."""


@pytest.fixture(scope="module")
def pipeline(rtmpose_s: Path, yolox_tiny: Path) -> Pipeline:
    return open_pipeline(Settings(pose=str(rtmpose_s), detector=str(yolox_tiny), device="cpu"))


def read(path: Path, start_s: float, count: int) -> list[Image]:
    source = open_source(str(path))
    source.seek(start_s)
    images = [frame.image for frame in islice(iter(source.read, None), count)]
    source.close()
    return images


def people_in(images: list[Image], pipeline: Pipeline) -> list[tuple[Person, ...]]:
    own = pipeline.clone_with_shared_networks()
    return [own.process(Frame(number, number / 30, image)).people for number, image in enumerate(images)]


def center(person: Person, image: Image) -> np.ndarray:
    return (person.box[:2] + person.box[2:]) / 2 / image.shape[1::-1]


def check_arms(clip: Path, start_s: float, size: tuple[int, int], pipeline: Pipeline, folder: Path) -> None:
    """Store 30 frames of ``clip`` in ``size``, shown in their old shape, and compare the arms with the original's."""
    original = read(clip, start_s, 30)
    squeezed = [np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8) for image in original]
    height, width = original[0].shape[:2]
    aspect = Fraction(width, height) / Fraction(*size)
    path = write_clip(folder / "a.mp4", pictures(squeezed), fps=30, options={"crf": "16"}, sample_aspect_ratio=aspect)
    shown = read(path, 0.0, 30)
    assert shown[0].shape[1] / shown[0].shape[0] == pytest.approx(width / height, abs=0.002)
    differences = []
    for people, others in zip(people_in(original, pipeline), people_in(shown, pipeline), strict=True):
        for person in people:
            places = [np.abs(center(other, shown[0]) - center(person, original[0])).sum() for other in others]
            other = others[int(np.argmin(places))]
            right, found = (
                angles(one.keypoints[None], pipeline.skeleton, ARMS, np.array([RIGHT], np.int8))[0]
                for one in (person, other)
            )
            differences.append((found - right + 180) % 360 - 180)
    assert len(differences) > 25
    assert np.nanmedian(np.abs(differences)) < 2.0  # degrees; 6 to 11 if the pixels are taken as square
    assert np.abs(np.nanmedian(differences, axis=0)).max() < 2.5


@pytest.mark.slow
def test_arms_in_anamorphic_video_have_the_angles_of_the_original(
    tmp_path: Path, demo: Path, pipeline: Pipeline
) -> None:
    check_arms(demo, 3.0, PAL, pipeline, tmp_path)


@pytest.mark.slow
def test_arms_of_a_signing_person_in_anamorphic_video(tmp_path: Path, shared: Path, pipeline: Pipeline) -> None:
    check_arms(shared / "data" / "videos" / "webcam_signing_upper_body_640x480.mp4", 1.0, SVCD, pipeline, tmp_path)
