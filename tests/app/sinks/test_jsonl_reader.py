"""Recordings are read as they were written, and other files are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.live_mapping import LiveMapping
from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sinks.jsonl import JsonLines
from app.sinks.jsonl_reader import read_recording
from app.sources.file import VideoFile
from tests.app.sinks.people import blank, header, person, poses

HEAD = '{"format":"stance/1","skeleton":{"names":["nose"]}}\n'


def test_recording_is_read_as_written(tmp_path: Path) -> None:
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


def test_points_in_metres_are_written_and_read_back(tmp_path: Path) -> None:
    skeleton = load_skeleton("coco17")
    lifted = replace(
        person(1, skeleton), points_3d=np.linspace(-2, 2, 17 * 4, dtype=np.float32).reshape(17, 4).round(3)
    )
    sink = JsonLines(tmp_path / "clip.jsonl", header())
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (lifted, person(2, skeleton))))
    sink.close()
    _, line = (tmp_path / "clip.jsonl").read_text(encoding="utf-8").splitlines()
    first, second = json.loads(line)["people"]
    assert first["points_3d"][0] == [-2.0, -1.94, -1.881, -1.821]
    assert "points_3d" not in second
    first, second = read_recording(tmp_path / "clip.jsonl").poses[0].people
    np.testing.assert_array_equal(first.points_3d, lifted.points_3d)
    assert second.points_3d is None


@pytest.mark.parametrize(
    ("notes", "network"), [({"lifter": "stance-lifter"}, "stance-lifter"), ({}, "rtmpose-s")], ids=["lifted", "own"]
)
def test_the_network_that_points_come_from_is_kept(tmp_path: Path, notes: dict[str, str], network: str) -> None:
    skeleton = load_skeleton("coco17")
    lifted = replace(person(1, skeleton), points_3d=np.ones((17, 4), np.float32))
    sink = JsonLines(tmp_path / "clip.jsonl", replace(header(), notes=notes))
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (person(2, skeleton),)))
    assert read_recording(tmp_path / "clip.jsonl").depth_by == ""
    sink.write(blank(1, 0.04), FramePoses(1, 0.04, (person(2, skeleton), lifted)))
    sink.close()
    assert read_recording(tmp_path / "clip.jsonl").depth_by == network


def test_points_in_metres_are_one_for_each_keypoint(tmp_path: Path) -> None:
    person = '{"id":1,"score":1,"box":[0,0,1,1],"keypoints":[[0,0,1]],"points_3d":[[0,0,0,1],[0,0,0,1]]}'
    path = tmp_path / "clip.jsonl"
    path.write_text(HEAD + f'{{"frame":0,"time_s":0,"people":[{person}]}}\n', encoding="utf-8")
    with pytest.raises(StanceError, match=r"Line 2 .* 2 keypoints: wanted 1, as in its header"):
        read_recording(path)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Line 1 of"),
        ("not json\n", r"JSON text is damaged or cut off; wanted a line that Stance has written\.$"),
        ("[1]\n", r"it is \[1\]; wanted a line that Stance has written\.$"),
        ('{"format":"other/1","skeleton":{"names":["nose"]}}\n', "wanted 'stance/1'"),
        (HEAD + '{"frame":0,"time_s":0}\n', r"Line 2 of .*: its field people is missing; wanted a list\.$"),
        (HEAD + '{"frame":99999999999999999999,"time_s":0,"people":[]}\n', "Line 2 of"),
        (HEAD + '{"frame":-1,"time_s":0,"people":[]}\n', r"its field frame is -1; wanted a whole number from 0 to"),
        (
            HEAD + '{"frame":0,"time_s":0,"people":[{"id":1,"score":1}]}\n',
            r"people\.0\.box is missing; wanted a list of 4",
        ),
        (HEAD + '{"frame":0,"time_s":"\\ud800","people":[]}\n', "damaged or cut off"),
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
def test_other_files_are_refused(tmp_path: Path, text: str, error: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text)
    with pytest.raises(StanceError, match=error):
        read_recording(path)


def test_predicted_state_is_kept(tmp_path: Path) -> None:
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


def test_missing_recording_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"none\.jsonl cannot be read"):
        read_recording(tmp_path / "none.jsonl")


def test_incomplete_last_line_is_ignored(tmp_path: Path) -> None:
    whole = HEAD + '{"frame":0,"time_s":0,"people":[]}\n{"frame":1,"time_s":0.1,"people":[]}\n'
    path = tmp_path / "killed.jsonl"
    for left, frames in ((1, 2), (2, 1), (20, 1), (36, 1), (37, 1), (39, 0)):
        path.write_text(whole[:-left])
        assert len(read_recording(path).poses) == frames


def test_unknown_skeleton_has_names_and_limbs(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"format":"stance/1","skeleton":{"names":["left_ear","tail"],"limbs":[[0,1]]}}\n')
    skeleton = read_recording(path).skeleton
    assert (skeleton.names, skeleton.limbs) == (("left_ear", "tail"), ((0, 1),))


def test_recording_becomes_an_analysis(tmp_path: Path) -> None:
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


UNEVEN = [14.65, 14.68, 14.9, 14.5, 14.52]
"""Timestamps of a live source in seconds; the fourth one goes back, where the video continues."""


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("mirror", [True, False])
def test_video_and_data_of_a_recording_match(tmp_path: Path, live: bool, mirror: bool) -> None:
    """Every frame has the same time in both, and the people where they are in the video's frames."""
    head = replace(header(), live=live)
    paths = [tmp_path / "rec.mp4", tmp_path / "rec.jsonl"]
    sinks = open_sinks(paths, head, DrawStyle(mirror=mirror))
    for index, time_s in enumerate(UNEVEN):
        frame = blank(440 + index, time_s)
        for sink in sinks:
            sink.write(frame, poses(frame, person(index + 1, head.skeleton)))
    for sink in sinks:
        sink.close()
    film = list(iter(VideoFile(paths[0]).read, None))
    recording = read_recording(paths[1]).on_film(is_mirrored=mirror, width=64)
    assert [found.index for found in recording.poses] == [frame.index for frame in film] == [0, 1, 2, 3, 4]
    assert [found.time_s for found in recording.poses] == pytest.approx([frame.time_s for frame in film], abs=1e-4)
    assert recording.poses[0].time_s == 0
    assert [found.people[0].id for found in recording.poses] == [1, 2, 3, 4, 5]
    drawn = person(1, head.skeleton)
    left, right = drawn.box[[0, 2]].tolist()
    assert recording.poses[0].people[0].box[[0, 2]].tolist() == ([63 - right, 63 - left] if mirror else [left, right])


def test_live_data_start_at_zero_and_keep_the_source_time(tmp_path: Path) -> None:
    head = replace(header(), live=True)
    names = ("rec.jsonl", "rec.csv", "rec.trc", "rec.mmpose.json")
    sinks = open_sinks([tmp_path / name for name in names], head, DrawStyle())
    for index, time_s in enumerate(UNEVEN[:3]):
        frame = blank(440 + index, time_s)
        for sink in sinks:
            sink.write(frame, poses(frame, person(1, head.skeleton)))
    for sink in sinks:
        sink.close()
    lines = [json.loads(line) for line in (tmp_path / "rec.jsonl").read_text().splitlines()[1:]]
    assert [line["time_s"] for line in lines] == [0.0, 0.03, 0.25]
    assert [line["source_s"] for line in lines] == UNEVEN[:3]
    rows = (tmp_path / "rec.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows] == ["time_s", "0.0", "0.03", "0.25"]
    assert [row.split("\t")[1] for row in (tmp_path / "rec.trc").read_text().splitlines()[-3:]] == [
        *("0.000000", "0.030000", "0.250000")
    ]
    frames = json.loads((tmp_path / "rec.mmpose.json").read_text())["instance_info"]
    assert [frame["time_s"] for frame in frames] == [0.0, 0.03, 0.25]


def test_data_of_a_file_keep_its_timestamps(tmp_path: Path) -> None:
    (sink,) = open_sinks([tmp_path / "clip.jsonl"], header(), DrawStyle())
    sink.write(blank(5, 0.2), poses(blank(5, 0.2)))
    sink.close()
    line = json.loads((tmp_path / "clip.jsonl").read_text().splitlines()[1])
    assert line == {"frame": 5, "time_s": 0.2, "people": []}


def test_chosen_sides_are_written_and_read_back(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "clip.jsonl", replace(header(), facing={2: -1, 7: 0}))
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (person(2, load_skeleton("coco17")),)))
    sink.close()
    recording = read_recording(tmp_path / "clip.jsonl")
    assert recording.facing == {2: -1, 7: 0}
    assert recording.analysis().track(2).facing == -1
    assert recording.on_film(is_mirrored=True, width=64).facing == {2: 1, 7: 0}
    plain = JsonLines(tmp_path / "plain.jsonl", header())
    plain.close()
    assert b"facing" not in (tmp_path / "plain.jsonl").read_bytes()


def test_names_and_sides_given_during_the_recording_are_read_back(tmp_path: Path) -> None:
    names, facing = {1: "Ada"}, dict[int, int]()
    changing = replace(header(), facing=LiveMapping(lambda: facing))
    sink = JsonLines(tmp_path / "take.jsonl", changing, LiveMapping(lambda: names))
    for index in range(4):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, person(1, changing.skeleton)))
        facing[1] = -1
        if index == 2:
            names[1], names[2] = "Bo 张伟", "Cy"
    del names[2]
    sink.close()
    head, *lines = [json.loads(line) for line in (tmp_path / "take.jsonl").read_text(encoding="utf-8").splitlines()]
    assert head["names"] == {"1": "Ada"}
    assert "facing" not in head
    assert [line.get("frame", "given") for line in lines] == [0, "given", 1, 2, "given", 3, "given"]
    recording = read_recording(tmp_path / "take.jsonl")
    assert (recording.people, recording.facing) == ({1: "Bo 张伟"}, {1: -1})
    assert [one.index for one in recording.poses] == [0, 1, 2, 3]
    analysis = recording.analysis()
    assert (analysis.name(1), analysis.chosen_facing()) == ("Bo 张伟", {1: -1})


def test_names_that_are_no_texts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "take.jsonl").write_text(HEAD + '{"names":{"1":5}}\n{"frame":0,"time_s":0,"people":[]}\n')
    with pytest.raises(StanceError, match=r"Line 2 of .*take\.jsonl is not valid pose data"):
        read_recording(tmp_path / "take.jsonl")
