"""No people, a crowd, and impossible boxes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.core.people import Image
from tests.conftest import ROOT
from tests.faults import made
from tests.faults.runs import Headless, lines

FORMS = (
    "out.jsonl",
    "out.csv",
    "out.json",
    "out.mmpose.json",
    "out.trc",
    "out.mot",
    "out.c3d",
    "out.xlsx",
    "out.html",
    "out.png",
    "out.mp4",
)
UNWRITTEN = {"out.trc", "out.mot", "out.c3d"}
"""Not written without people: OpenSim hangs when it reads a table without rows."""


def save(path: Path, image: Image) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def people(folder: Path) -> list[dict[str, Any]]:
    return [person for frame in lines(folder / "out.jsonl")[1:] for person in frame["people"]]


def test_every_format_without_people(tmp_path: Path, headless: Headless) -> None:
    picture = save(tmp_path / "gray.png", np.full((96, 128, 3), 90, np.uint8))
    detector = made.detector(tmp_path / "detector.onnx", [])
    done = headless(picture, *(tmp_path / form for form in FORMS), more=("--detector", str(detector)))
    done.played(1)
    assert ", 0 people" in done.out
    assert people(tmp_path) == []
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "out.png")), np.full((96, 128, 3), 90))
    for name in UNWRITTEN:
        assert not (tmp_path / name).exists()
        assert f"The output {tmp_path / name} was not written: no people were found." in done.out
    assert {path.name for path in tmp_path.iterdir()} == {"gray.png", "detector.onnx", *FORMS} - UNWRITTEN


@pytest.mark.parametrize(
    "box",
    [
        (40, 10, 41, 100, 0.9, 0),
        (40, 10, 40, 100, 0.9, 0),
        (80, 100, 40, 10, 0.9, 0),
        (-500, -500, 600, 600, 0.9, 0),
        (200, 200, 300, 300, 0.9, 0),
        (-300, 10, -200, 100, 0.9, 0),
        (120, 120, 400, 400, 0.9, 0),
        (1e30, 1e30, 2e30, 2e30, 0.9, 0),
        (40, 10, 80, 100, 50.0, 0),
        (40, 10, 80, 100, -1.0, 0),
        (40, 10, 80, 100, np.nan, 0),
        (np.nan, 10, 80, 100, 0.9, 0),
        (40, 10, np.inf, 100, 0.9, 0),
    ],
    ids=[
        *(
            "1 pixel wide",
            "empty",
            "reversed",
            "larger than the picture",
            "right of it",
            "left of it",
            "across the edge",
            "far away",
        ),
        *("score above 1", "negative score", "score NaN", "corner NaN", "corner infinite"),
    ],
)
def test_impossible_boxes_give_valid_people(tmp_path: Path, headless: Headless, box: tuple[float, ...]) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        save(folder / f"{number}.png", np.full((96, 128, 3), 90, np.uint8))
    detector = made.detector(tmp_path / "made.onnx", [box])
    done = headless(
        folder, *(tmp_path / form for form in FORMS if form != "out.png"), more=("--detector", str(detector))
    )
    done.played(4)
    for person in people(tmp_path):
        assert 0 <= person["score"] <= 1
        x0, y0, x1, y1 = person["box"]
        assert x0 < x1
        assert y0 < y1
        assert np.isfinite(np.array(person["keypoints"])).all()


def test_three_hundred_equal_boxes_are_one_person(tmp_path: Path, headless: Headless) -> None:
    picture = save(tmp_path / "gray.png", np.full((128, 128, 3), 90, np.uint8))
    detector = made.detector(tmp_path / "made.onnx", [(40, 10, 80, 100, 0.9, 0)] * 300)
    more = ("--detector", str(detector), "--max-people", "0")
    headless(picture, tmp_path / "out.jsonl", more=more).played(1)
    assert len(people(tmp_path)) == 1


@pytest.fixture
def quick_pose(request: pytest.FixtureRequest) -> Path:
    """The smallest real pose network available."""
    tiny = ROOT.parent / "shared" / "models" / "tinypose_128x96.onnx"
    return tiny if tiny.is_file() else Path(request.getfixturevalue("rtmpose_s"))


@pytest.mark.slow
def test_a_hundred_people_in_one_picture(
    tmp_path: Path, headless: Headless, demo: Path, quick_pose: Path, yolox_tiny: Path
) -> None:
    """A person of the demo clip tiled ten by ten: each is found separately, within a minute of processor time."""
    from app.detection.detector import open_detector
    from app.sources import open_source

    source = open_source(str(demo))
    source.seek(2.5)
    frame = source.read()
    assert frame is not None
    x0, y0, x1, y1 = (int(value) for value in open_detector(yolox_tiny, "cpu")(frame.image, 0.5)[0, :4])
    margin = (y1 - y0) // 6
    tile = frame.image[max(y0 - margin, 0) : y1 + margin, max(x0 - margin, 0) : x1 + margin]
    tile = np.asarray(cv2.resize(tile, (160, 200), interpolation=cv2.INTER_AREA), np.uint8)
    picture = save(tmp_path / "wall.png", np.tile(tile, (10, 10, 1)))
    start = time.process_time()
    boxes = [
        ((column * 160 + 30) / 15.625, (row * 200 + 20) / 15.625, (column * 160 + 130) / 15.625,
         (row * 200 + 180) / 15.625, 0.9, 0) for row in range(10) for column in range(10)
    ]  # fmt: skip
    detector = made.detector(tmp_path / "wall.onnx", boxes)
    more = ("--detector", str(detector), "--pose", str(quick_pose), "--max-people", "0")
    forms = (form for form in FORMS if form != "out.mp4")
    headless(picture, *(tmp_path / form for form in forms), more=more).played(1)
    assert time.process_time() - start < 60
    assert len(people(tmp_path)) == 100
    assert len({person["id"] for person in people(tmp_path)}) == 100
    assert len(list(tmp_path.glob("out_person*.trc"))) == 100
    for person in people(tmp_path):
        x0, y0, x1, y1 = person["box"]
        column, row = int((x0 + x1) / 2 // 160), int((y0 + y1) / 2 // 200)
        points = np.array(person["keypoints"])
        inside = points[points[:, 2] > 0.5][:, :2] // [160, 200] == [column, row]
        assert inside.mean() > 0.8
