"""Markers and motions, read by OpenSim itself where it is installed, and by other readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.angles import angle_names, angles
from app.errors import StanceError
from app.overlay import Look
from app.people import FramePoses, Person
from app.sinks import Sink
from app.sinks.mot import Mot
from app.sinks.trc import Trc, marker
from app.skeleton import load_skeleton
from tests.app.sinks.people import blank, header, person, poses

HALPE = load_skeleton("halpe26")
LOOK = Look(threshold=0.3)


def walker(number: int, index: int) -> Person:
    """Somebody with no straight limb, who moves; the nose is not seen in every fifth frame."""
    found = np.ones((26, 3), np.float32)
    found[:, :2] = np.random.RandomState(number).rand(26, 2) * 40 + index
    found[0, 2] = 0.1 if index % 5 == 4 else 0.9
    return Person(number, 0.9, np.array([0, 0, 40, 40], np.float32), found)


def write(sink: Sink, *seen: tuple[int, ...]) -> list[Path]:
    """A frame for each of ``seen``, 25 a second, with these people; the files."""
    for index, ids in enumerate(seen):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, *(walker(one, index) for one in ids)))
    sink.close()
    return list(sink.paths)


def columns(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Names and rows of a motion."""
    lines = path.read_text().splitlines()
    start = lines.index("endheader") + 1
    return lines[start].split("\t"), np.array(
        [[float(cell) for cell in line.split("\t")] for line in lines[start + 1 :]]
    )


def test_markers_are_read_by_a_reader_of_others(tmp_path: Path) -> None:
    trc = pytest.importorskip("trc")
    (path,) = write(Trc(tmp_path / "out.trc", header("halpe26"), LOOK), (), (1,), (1,), (), (1,), ())
    read = trc.TRCData()
    read.load(path)
    assert (read["NumFrames"], read["NumMarkers"], read["Units"], read["DataRate"]) == (4, 26, "mm", 25.0)
    assert read["Markers"][:2] == ["Nose", "LEye"]
    assert {"RAnkle", "LBigToe", "Hip", "Neck", "RSmallToe"} <= set(read["Markers"])
    assert read["Frame#"] == [1, 2, 3, 4]  # from the first sight to the last
    np.testing.assert_allclose(read["Time"], [0.04, 0.08, 0.12, 0.16])
    where = walker(1, 1).keypoints[9]
    np.testing.assert_allclose(read["LWrist"][0], [where[0], 47 - where[1], 0], atol=0.006)  # y goes up
    assert np.isnan(read["LWrist"][2]).all()
    assert np.isnan(read["Nose"][3]).all()


def test_opensim_reads_the_markers(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    (path,) = write(Trc(tmp_path / "out.trc", header("halpe26"), LOOK), (1,), (1,), (), (1,), (1,))
    table = opensim.TimeSeriesTableVec3(str(path))
    assert table.getNumRows() == 5
    assert table.getTableMetaDataString("Units") == "mm"
    nose = table.getDependentColumn("Nose")
    assert np.isfinite(nose[3][0])
    assert np.isnan(nose[2][0])
    assert np.isnan(nose[4][1])
    markers = opensim.MarkerData(str(path))
    assert (markers.getNumFrames(), markers.getNumMarkers()) == (5, 26)


def test_opensim_reads_the_angles(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    (path,) = write(Mot(tmp_path / "out.mot", header("halpe26"), LOOK), (1,), (1,), (), (1,))
    table = opensim.TimeSeriesTable(str(path))
    assert (table.getNumRows(), table.getTableMetaDataString("inDegrees")) == (4, "yes")
    (knee,) = angles(walker(1, 3).keypoints[np.newaxis], HALPE, ("right knee",))[0]
    found = table.getDependentColumn("right_knee").to_numpy()
    assert found[3] == pytest.approx(knee, abs=1e-3)
    assert np.isnan(found[2])
    assert opensim.Storage(str(path)).getColumnLabels().getSize() == len(angle_names(HALPE)) + 1


def test_a_motion_has_a_column_for_every_angle(tmp_path: Path) -> None:
    (path,) = write(Mot(tmp_path / "out.mot", header("halpe26"), LOOK), (1,), (1,), (), (1,))
    names, rows = columns(path)
    assert names == ["time", *(name.replace(" ", "_") for name in angle_names(HALPE))]
    np.testing.assert_allclose(rows[:, 0], [0, 0.04, 0.08, 0.12])
    theirs = angles(np.stack([walker(1, i).keypoints for i in range(4)]), HALPE, angle_names(HALPE))
    np.testing.assert_allclose(rows[[0, 1, 3], 1:], theirs[[0, 1, 3]], atol=1e-3)
    assert np.isnan(rows[2, 1:]).all()
    assert "nRows=0000004\nnColumns=25\ninDegrees=yes\nendheader\n" in path.read_text()


def test_somebody_whose_feet_are_hidden_goes_on_looking_left(tmp_path: Path) -> None:
    feet = [HALPE.names.index(f"{side}_{part}") for side in ("left", "right") for part in ("big_toe", "heel")]
    seen = walker(1, 0)
    seen.keypoints[feet, 0] = [0, 20, 0, 20]
    hidden = Person(1, 0.9, seen.box, seen.keypoints.copy())
    hidden.keypoints[feet, 2] = 0
    sink = Mot(tmp_path / "out.mot", header("halpe26"), LOOK)
    for index, one in enumerate((seen, hidden)):
        sink.write(blank(index, index / 25), FramePoses(index, index / 25, (one,)))
    names, rows = columns(tmp_path / "out.mot")
    assert rows[0, names.index("left_knee")] == rows[1, names.index("left_knee")]


@pytest.mark.parametrize(("sink", "ending"), [(Trc, "trc"), (Mot, "mot")])
def test_several_people_have_a_file_each(tmp_path: Path, sink: type[Trc | Mot], ending: str) -> None:
    made = sink(tmp_path / f"out.{ending}", header("halpe26"), LOOK)
    assert write(made, (4,))[0].name == f"out.{ending}"
    made = sink(tmp_path / f"out.{ending}", header("halpe26"), LOOK)
    found = write(made, (4,), (4, 9), (9,), (2, 9))
    assert [path.name for path in found] == [f"out_person{number}.{ending}" for number in (4, 9, 2)]
    assert sorted(found) == sorted(tmp_path.iterdir())
    assert ["0000002" in found[0].read_text(), "0000003" in found[1].read_text()] == [True, True]


def test_a_table_goes_forward_in_time_whatever_the_source_does(tmp_path: Path) -> None:
    sink = Mot(tmp_path / "out.mot", header("halpe26"), LOOK)
    for index in (0, 1, 2, 1, 2, 3):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, walker(1, index)))
    assert columns(tmp_path / "out.mot")[1][:, 0].tolist() == [0, 0.04, 0.08, 0.12]


def test_a_hand_has_no_angles(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"out\.mot is for joint angles, which hand21 has none of"):
        Mot(tmp_path / "out.mot", header("hand21"), LOOK)
    hand = header("hand21").skeleton
    write_one = Trc(tmp_path / "out.trc", header("hand21"), LOOK)
    frame = blank(0, 0.0)
    write_one.write(frame, poses(frame, person(1, hand)))
    assert "0000001" in (tmp_path / "out.trc").read_text()


@pytest.mark.parametrize(
    ("name", "told"), [("left_big_toe", "LBigToe"), ("nose", "Nose"), ("right_ear", "REar"), ("head_top", "HeadTop")]
)
def test_markers_are_named_as_users_of_opensim_name_them(name: str, told: str) -> None:
    assert marker(name) == told
