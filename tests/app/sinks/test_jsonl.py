"""JSON lines as documented."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.core.people import FramePoses, Person
from app.sinks.jsonl import JsonLines
from tests.app.sinks.people import blank, header, person, poses


def test_file_has_the_documented_format(tmp_path: Path) -> None:
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


def test_still_image_has_its_name(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "out.jsonl", header(still=True))
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame), "Fräulein 🧍.png")
    sink.close()
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8").splitlines()[1])["name"] == "Fräulein 🧍.png"


def test_output_is_deterministic(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        sink = JsonLines(tmp_path / name, header())
        for i in range(5):
            frame = blank(i, i / 30)
            sink.write(frame, poses(frame, person(1, header().skeleton, shift=1 / 3)))
        sink.close()
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_numbers_are_rounded_as_python_rounds_them(tmp_path: Path) -> None:
    """Of two equally near values, as for 0.125, the even one is written."""
    rng = np.random.default_rng(6)
    values = [0.125, 0.375, -0.125, 2.675, 1.005, -0.001, 0.0, 1e-9, 99999.995, 123456.78, 0.00005, 0.00015, 16384.005]
    values += (rng.integers(0, 4000, 57) / 8).tolist() + rng.normal(0, 300, 185).tolist()
    keypoints = np.array(values, np.float32).reshape(-1, 3)
    points, box = keypoints[:, [0, 1, 2, 0]], np.array([0.125, -0.375, 10.005, 1e4], np.float32)
    one = Person(1, 0.5, box, keypoints, points_3d=points)
    sink = JsonLines(tmp_path / "a.jsonl", header())
    sink.write(blank(0, 0.0), FramePoses(0, 0.0, (one,)))
    sink.close()
    (written,) = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[1])["people"]
    assert repr(written["box"]) == repr([round(value, 2) for value in box.tolist()])
    wanted = [[round(x, 2), round(y, 2), round(score, 4)] for x, y, score in keypoints.tolist()]
    assert repr(written["keypoints"]) == repr(wanted)
    line = (tmp_path / "a.jsonl").read_text().splitlines()[1]
    assert line == json.dumps(json.loads(line), separators=(",", ":"))  # numbers as Python writes them
    assert repr(written["points_3d"]) == repr([[round(value, 4) for value in point] for point in points.tolist()])


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    sink = JsonLines(tmp_path / "a.jsonl", header())
    broken = person(1, header().skeleton)
    broken.keypoints[3, 0] = np.nan
    with pytest.raises(ValueError, match="finite"):
        sink.write(blank(0, 0.0), FramePoses(0, 0.0, (broken,)))
    sink.close()
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 1
