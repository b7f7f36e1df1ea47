"""Recordings come back as they were written, and anything else is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import StanceError
from app.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.jsonl import JsonLines
from app.sinks.recorded import read_recording
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
    assert recording.skeleton is skeleton  # with its sides and sigmas
    assert (recording.source, recording.size, recording.fps) == ("clip", (64, 48), 30.0)
    assert (recording.pose_model, recording.detector) == ("pose", "boxes")
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
        (HEAD + '{"frame":99999999999999999999,"time_s":0,"people":[]}\n', "Line 2 of"),
        (HEAD + '{"frame":-1,"time_s":0,"people":[]}\n', "Line 2 of"),
        (HEAD + '{"frame":0,"time_s":0,"people":[{"id":1e30,"score":1,"box":[0,0,1,1]}]}\n', "Line 2 of"),
        (HEAD + '{"frame":0,"time_s":0}', "Line 2 of"),
        (HEAD + '{"frame":0,"ti\n', "Line 2 of"),
        (HEAD + '{"frame":0,"ti\n{"frame":1,"time_s":0.1,"people":[]}\n', "Line 2 of"),
        (HEAD[:20], "Line 1 of"),
        (HEAD.replace('"nose"', ""), "no keypoints"),
        (HEAD.replace('"names"', '"limbs":[[0,1]],"names"'), r"limb \[0, 1\] .* outside"),
        (HEAD + '{"frame":0,"time_s":0,"people":[{"id":1,"score":1,"box":[0,0,1,1],"keypoints":[]}]}\n', "0 keypoints"),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    with pytest.raises(StanceError, match=why):
        read_recording(path)


def test_who_was_foretold_stays_marked(tmp_path: Path) -> None:
    skeleton = load_skeleton("coco17")
    sink = JsonLines(tmp_path / "clip.jsonl", Header("clip", (64, 48), 30.0, skeleton, "pose", "boxes", "cpu", "cpu"))
    body = np.array([1, 2, 30, 40], np.float32), np.ones((17, 3), np.float32)
    people = (Person(1, 0.5, *body), Person(2, 0.5, *body, "predicted"))
    sink.write(Frame(0, 0.0, np.zeros((48, 64, 3), np.uint8)), FramePoses(0, 0.0, people))
    sink.close()
    assert '"state":"estimated"' not in (tmp_path / "clip.jsonl").read_text()
    assert [person.state for person in read_recording(tmp_path / "clip.jsonl").poses[0].people] == [
        "estimated",
        "predicted",
    ]


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"none\.jsonl cannot be read"):
        read_recording(tmp_path / "none.jsonl")


def test_a_recording_that_was_broken_off_has_what_is_there(tmp_path: Path) -> None:
    whole = HEAD + '{"frame":0,"time_s":0,"people":[]}\n{"frame":1,"time_s":0.1,"people":[]}\n'
    path = tmp_path / "killed.jsonl"
    for left, frames in ((1, 2), (2, 1), (20, 1), (36, 1), (37, 1), (39, 0)):
        path.write_text(whole[:-left])
        assert len(read_recording(path).poses) == frames


def test_a_skeleton_of_its_own_has_its_names_and_limbs(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"format":"stance/1","skeleton":{"names":["left_ear","tail"],"limbs":[[0,1]]}}\n')
    skeleton = read_recording(path).skeleton
    assert (skeleton.names, skeleton.limbs) == (("left_ear", "tail"), ((0, 1),))


def test_a_recording_is_an_analysis(tmp_path: Path) -> None:
    skeleton = load_skeleton("coco17")
    sink = JsonLines(tmp_path / "clip.jsonl", Header("clip", (64, 48), 30.0, skeleton, "pose", "boxes", "cpu", "cpu"))
    image = np.zeros((48, 64, 3), np.uint8)
    for index, ids in ((0, (1,)), (1, (1, 2)), (0, (2,))):
        people = tuple(Person(one, 0.5, np.zeros(4, np.float32), np.zeros((17, 3), np.float32)) for one in ids)
        sink.write(Frame(index, index / 30, image), FramePoses(index, index / 30, people))
    sink.close()
    found = read_recording(tmp_path / "clip.jsonl").analysis()
    assert len(found) == 2
    assert found.skeleton is skeleton
    assert found.track(2).indices.tolist() == [0, 1]
    assert found.track(1).indices.tolist() == [1]
