"""Privacy hides people who were detected and are not among those of the frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.core.people import Frame, Image, Person
from app.core.settings import Settings
from app.overlay.privacy import hidden
from app.pipeline import open_pipeline
from app.sources import open_source
from app.tracking.unnamed_people import unnamed_people

FRAME = 100
"""A frame of the clip in which both people are whole in the picture, far from each other."""


def test_sure_boxes_without_a_person_are_unnamed_people() -> None:
    known = Person(3, 0.9, np.array([10, 10, 50, 110], np.float32), np.ones((17, 3), np.float32))
    boxes = np.array([[12, 8, 52, 108], [200, 10, 240, 110], [300, 10, 340, 110]], np.float32)
    scores = np.array([0.9, 0.5, 0.2], np.float32)
    (other,) = unnamed_people(boxes, scores, [known], 17)
    assert other.id == 0
    assert other.box.tolist() == [200, 10, 240, 110]
    assert not other.keypoints[:, 2].any()
    assert len(unnamed_people(boxes, scores, [], 17)) == 2
    assert unnamed_people(boxes[:0], scores[:0], [known], 17) == ()


@pytest.fixture(scope="module")
def picture(shared: Path) -> Image:
    clip = shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    if not clip.is_file():
        pytest.skip(f"{clip.name} is not there")
    source = open_source(str(clip))
    source.seek_index(FRAME)
    frame = source.read()
    source.close()
    assert frame is not None
    return np.ascontiguousarray(frame.image)


@pytest.mark.parametrize("setting", [{"max_people": 1}, {"person_threshold": 0.95}])
def test_privacy_hides_whoever_was_detected(shared: Path, picture: Image, setting: dict[str, Any]) -> None:
    models = shared / "models"
    pose, detector = str(models / "tinypose_128x96.onnx"), str(models / "rtmdet_nano_person.onnx")
    settings = Settings(pose=pose, detector=detector, device="cpu")
    everybody = open_pipeline(settings).process(Frame(0, 0.0, picture))
    assert len(everybody.people) == 2
    assert everybody.others == ()
    pipeline = open_pipeline(replace(settings, **setting))
    few = pipeline.process(Frame(0, 0.0, picture))
    assert len(few.people) < 2
    assert len(few.people) + len(few.others) == 2
    private = hidden(picture, few, pipeline.skeleton, "faces")
    for person in everybody.people:
        seen = person.keypoints[:5][person.keypoints[:5, 2] > 0.3, :2]
        assert len(seen)
        detail = [0.0, 0.0]
        for x, y in seen.round().astype(int).tolist():
            before, after = (image[y - 3 : y + 4, x - 3 : x + 4].astype(float) for image in (picture, private))
            assert (before != after).mean() > 0.5
            detail[0] += float(abs(np.diff(before, axis=1)).mean())
            detail[1] += float(abs(np.diff(after, axis=1)).mean())
        assert detail[1] < 0.5 * detail[0]
