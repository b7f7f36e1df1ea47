"""Recordings come back as they were written, and anything else is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import StanceError
from app.evaluate.recorded import read_recording
from app.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.jsonl import JsonLines
from app.skeleton import load_skeleton

HEAD = '{"format":"stance/1","skeleton":{"names":["nose"]}}\n'


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    skeleton = load_skeleton("coco17")
    sink = JsonLines(tmp_path / "clip.jsonl", Header("clip", (64, 48), 30.0, skeleton, "pose", "boxes", "cpu", "cpu"))
    keypoints = np.arange(51, dtype=np.float32).reshape(17, 3)
    person = Person(3, 0.5, np.array([1, 2, 30, 40], np.float32), keypoints)
    for index in range(2):
        image = np.zeros((48, 64, 3), np.uint8)
        sink.write(Frame(index, index / 30, image), FramePoses(index, index / 30, (person,) * index))
    sink.close()
    recording = read_recording(tmp_path / "clip.jsonl")
    assert recording.names == skeleton.names
    assert [(poses.index, len(poses.people)) for poses in recording.poses] == [(0, 0), (1, 1)]
    (found,) = recording.poses[1].people
    assert (found.id, found.score) == (3, 0.5)
    np.testing.assert_array_equal(found.box, person.box)
    np.testing.assert_array_equal(found.keypoints, keypoints)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Line 1 of"),
        ("not json\n", "Line 1 of"),
        ('{"format":"other/1","skeleton":{"names":["nose"]}}\n', "wanted 'stance/1'"),
        (HEAD + '{"frame":0,"time_s":0}\n', "Line 2 of"),
        (HEAD + '{"frame":0,"time_s":0,"people":[{"id":1,"score":1,"box":[0,0,1,1],"keypoints":[]}]}\n', "0 keypoints"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    with pytest.raises(StanceError, match=why):
        read_recording(path)


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"none\.jsonl cannot be read"):
        read_recording(tmp_path / "none.jsonl")
