from __future__ import annotations

import json
from pathlib import Path

from app.sinks.jsonl import JsonLines
from tests.app.sinks.people import blank, header, person, poses


def test_the_file_is_the_one_that_the_format_promises(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    head = header()
    sink = JsonLines(path, head)
    frames = [blank(0, 0.0), blank(1, 1 / 30), blank(7, 0.5)]
    for frame in frames:
        sink.write(frame, poses(frame, *([person(3, head.skeleton)] if frame.index != 1 else [])))
    lines = path.read_text().splitlines()  # before close: every line is there as soon as it is written
    first = json.loads(lines[0])
    assert first == {
        "format": "stance/1",
        "source": "clip.mp4",
        "size": [64, 48],
        "fps": 25.0,
        "skeleton": {"names": list(head.skeleton.names), "limbs": [list(limb) for limb in head.skeleton.limbs]},
        "pose_model": "rtmpose-s",
        "detector": "yolox-tiny",
        "device": {"requested": "auto", "actual": "cpu"},
    }
    assert json.loads(lines[2]) == {"frame": 1, "time_s": 0.033333, "people": []}
    last = json.loads(lines[3])
    assert (last["frame"], last["time_s"]) == (7, 0.5)
    assert set(last["people"][0]) == {"id", "score", "box", "keypoints"}
    assert last["people"][0]["id"] == 3
    assert last["people"][0]["score"] == 0.8765
    assert last["people"][0]["box"] == [1, 2, 31, 42]
    assert last["people"][0]["keypoints"][4] == [40, 20, 0.9]
    assert len(last["people"][0]["keypoints"]) == 17
    sink.close()


def test_a_still_picture_tells_its_name(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "out.jsonl", header(still=True))
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame), "Fräulein 🧍.png")
    sink.close()
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8").splitlines()[1])["name"] == "Fräulein 🧍.png"


def test_the_same_people_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        sink = JsonLines(tmp_path / name, header())
        for i in range(5):
            frame = blank(i, i / 30)
            sink.write(frame, poses(frame, person(1, header().skeleton, shift=1 / 3)))
        sink.close()
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
