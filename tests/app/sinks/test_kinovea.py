"""Files for Kinovea, read by the rules of its importer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import check_outputs, open_sinks
from app.sinks.kinovea import Kinovea
from tests.app.sinks.people import blank, header, person

HALPE = load_skeleton("halpe26")
STYLE = DrawStyle(threshold=0.3)
POINTS_OF_KINOVEA = [
    *("Hip", "RHip", "RKnee", "RAnkle", "RBigToe", "RSmallToe", "RHeel"),
    *("LHip", "LKnee", "LAnkle", "LBigToe", "LSmallToe", "LHeel"),
    *("Neck", "Head", "Nose"),
    *("RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist"),
]
"""The points of the drawing BodyWithFeet of Kinovea 2025, in its order."""


def imported(path: Path) -> NDArray[np.float64]:
    """What Kinovea's importer for Sports2D takes from the file: pixels (T, 22, 2), row i for frame i of the video.

    The importer splits at line ends and tabs, takes the counts from the third line and the names from the fourth, and
    then a row of numbers for each frame; it leaves out the last five rows, which are compared here too.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    counts, names = lines[2].split("\t"), [cell for cell in lines[3].split("\t") if cell]
    frames, markers = int(counts[2]), int(counts[3])
    assert float(counts[0]) == float(counts[1])
    assert len(names) == markers + 2
    assert names[2:] == POINTS_OF_KINOVEA
    rows = [[float(cell) for cell in line.split("\t")[2:]] for line in lines[5 : 5 + frames]]
    assert lines[5 + frames :] == [""]
    points = np.array(rows).reshape(frames, markers, 3)
    assert np.isfinite(points).all()
    return points[..., :2] * [1000, -1000]


def write(sink: Kinovea, *seen: tuple[int, Person]) -> list[Path]:
    """Write the frames whose number and person are given."""
    for index, one in seen:
        sink.write(blank(index, index / 25), FramePoses(index, index / 25, (one,)))
    sink.close()
    return list(sink.paths)


def test_points_are_where_they_are_in_the_picture(tmp_path: Path) -> None:
    walker = person(1, HALPE, 0.25)
    (path,) = write(Kinovea(tmp_path / "a.kinovea.trc", header("halpe26"), STYLE), (0, walker))
    points = dict(zip(POINTS_OF_KINOVEA, imported(path)[0].tolist(), strict=True))
    for name, row in (("Hip", "hip"), ("LBigToe", "left_big_toe"), ("RWrist", "right_wrist"), ("Head", "head")):
        assert points[name] == pytest.approx(walker.keypoints[HALPE.names.index(row), :2].tolist(), abs=0.006)


def test_every_frame_of_the_video_has_a_row(tmp_path: Path) -> None:
    """The importer counts rows: a person who appears in frame 3 and is away in frame 5 still is in the right place."""
    early, late = person(1, HALPE), person(1, HALPE, 100.0)
    sink = Kinovea(tmp_path / "a.kinovea.trc", header("halpe26"), STYLE)
    (path,) = write(sink, (3, early), (4, early), (6, late), (6, late))
    knee = HALPE.names.index("right_knee")
    assert imported(path)[:, 2, 0].tolist() == pytest.approx([float(early.keypoints[knee, 0])] * 6 + [240.0])


def test_hidden_points_stay_where_they_were(tmp_path: Path) -> None:
    seen, hidden = person(1, HALPE), person(1, HALPE, 50.0)
    hidden.keypoints[HALPE.names.index("nose"), 2] = 0.1
    (path,) = write(Kinovea(tmp_path / "a.kinovea.trc", header("halpe26"), STYLE), (0, seen), (1, hidden))
    nose, neck = imported(path)[:, POINTS_OF_KINOVEA.index("Nose"), 0], imported(path)[:, 13, 0]
    assert nose[1] == nose[0]
    assert neck[1] == pytest.approx(neck[0] + 50)


def test_a_person_who_appears_late_has_the_same_rows(tmp_path: Path) -> None:
    (path,) = write(Kinovea(tmp_path / "a.kinovea.trc", header("halpe26"), STYLE), (2500, person(1, HALPE)))
    assert len(imported(path)) == 2501


def test_several_people_have_one_file_each(tmp_path: Path) -> None:
    sink = Kinovea(tmp_path / "walk.kinovea.trc", header("halpe26"), STYLE)
    old = tmp_path / "walk_person9.kinovea.trc"
    old.write_text((tmp_path / "walk.kinovea.trc").read_text())
    for index, ids in enumerate([(4,), (4, 7)]):
        sink.write(blank(index, index / 25), FramePoses(index, index / 25, tuple(person(one, HALPE) for one in ids)))
    sink.close()
    assert [path.name for path in sink.paths] == ["walk_person4.kinovea.trc", "walk_person7.kinovea.trc"]
    assert {len(imported(path)) for path in sink.paths} == {2}


def test_rows_of_a_live_source_are_those_of_the_recorded_video(tmp_path: Path) -> None:
    """A camera's frame numbers have gaps where frames were dropped; the recorded video has none."""
    (sink,) = open_sinks([tmp_path / "a.kinovea.trc"], replace(header("halpe26"), live=True), STYLE)
    for index in (10, 12, 15):
        time_s = 100 + index / 25
        sink.write(Frame(index, time_s, blank(0, 0).image), FramePoses(index, time_s, (person(1, HALPE),)))
    sink.close()
    assert len(imported(tmp_path / "a.kinovea.trc")) == 3


def test_points_that_a_skeleton_lacks_are_at_the_nearest(tmp_path: Path) -> None:
    coco = load_skeleton("coco17")
    (path,) = write(Kinovea(tmp_path / "a.kinovea.trc", header("coco17"), STYLE), (0, person(1, coco)))
    points = dict(zip(POINTS_OF_KINOVEA, imported(path)[0].tolist(), strict=True))
    assert points["LHeel"] == points["LBigToe"] == points["LAnkle"] != points["RHeel"]
    assert points["Head"] == points["Nose"]
    assert points["Neck"] == pytest.approx(person(1, coco).keypoints[5:7, :2].mean(axis=0).tolist())


def test_hand_is_refused(tmp_path: Path) -> None:
    check_outputs([tmp_path / "a.kinovea.trc"])
    with pytest.raises(StanceError, match=r"a\.kinovea\.trc needs the keypoint hip, which hand21 lacks: wanted a body"):
        open_sinks([tmp_path / "a.kinovea.trc"], header("hand21"), STYLE)
    assert list(tmp_path.iterdir()) == []
