"""Markers and motions, read by OpenSim if it is installed, and by other programs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.analysis.angles import ANGLES, angle_names, angles
from app.analysis.facing import CAMERA, LEFT, RIGHT, LiveFacing, facing_of
from app.analysis.part_lengths import body_heights
from app.analysis.scale import Scale
from app.core.errors import StanceError
from app.core.people import Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Sink, open_sinks, unwritten
from app.sinks.kinovea import Kinovea
from app.sinks.mot import Mot
from app.sinks.trc import Trc, marker
from tests.app.analysis.test_facing import body
from tests.app.sinks.people import blank, header, person, poses

HALPE = load_skeleton("halpe26")
LOOK = DrawStyle(threshold=0.3)
BOTH_RIGHT = {1: RIGHT, 2: RIGHT}


def walker(number: int, index: int) -> Person:
    """A moving person without straight limbs; the nose is not visible in every fifth frame."""
    found = np.ones((26, 3), np.float32)
    found[:, :2] = np.random.RandomState(number).rand(26, 2) * 40 + index
    found[0, 2] = 0.1 if index % 5 == 4 else 0.9
    return Person(number, 0.9, np.array([0, 0, 40, 40], np.float32), found)


def expected_angles(keypoints: NDArray[np.float32], facing: NDArray[np.int8], fps: float) -> NDArray[np.float64]:
    """The angles (T, A) of a whole clip of ``keypoints`` (T, K, 3)."""
    heights = body_heights(np.arange(len(keypoints)) / fps, keypoints, HALPE)
    return angles(keypoints, HALPE, angle_names(HALPE), facing, heights=heights)


def assert_same_angles(found: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    """Angles (T, A) in degrees are the same, up to whole turns."""
    periods = np.array([ANGLES[name].period for name in angle_names(HALPE)])
    away = found - expected
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    assert np.nanmax(np.abs(away - periods * np.round(away / periods))) < 1e-3


def write(sink: Sink, *seen: tuple[int, ...]) -> list[Path]:
    """Write a frame with these ids for each of ``seen``, at 25 frames per second; returns the files."""
    for index, ids in enumerate(seen):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, *(walker(one, index) for one in ids)))
    sink.close()
    return list(sink.paths)


def columns(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """The column names and the rows (N, columns) of a motion."""
    lines = path.read_text().splitlines()
    start = lines.index("endheader") + 1
    return lines[start].split("\t"), np.array(
        [[float(cell) for cell in line.split("\t")] for line in lines[start + 1 :]]
    )


def test_other_programs_read_the_markers(tmp_path: Path) -> None:
    trc = pytest.importorskip("trc")
    (path,) = write(Trc(tmp_path / "out.trc", header("halpe26"), LOOK), (), (1,), (1,), (), (1,), ())
    read = trc.TRCData()
    read.load(path)
    assert (read["NumFrames"], read["NumMarkers"], read["Units"], read["DataRate"]) == (4, 26, "px", 25.0)
    assert read["Markers"][:2] == ["Nose", "LEye"]
    assert {"RAnkle", "LBigToe", "Hip", "Neck", "RSmallToe"} <= set(read["Markers"])
    assert read["Frame#"] == [1, 2, 3, 4]  # from the first appearance to the last
    np.testing.assert_allclose(read["Time"], [0.04, 0.08, 0.12, 0.16])
    position = walker(1, 1).keypoints[9]
    np.testing.assert_allclose(read["LWrist"][0], [position[0], 47 - position[1], 0], atol=0.006)  # y goes up
    assert np.isnan(read["LWrist"][2]).all()
    assert np.isnan(read["Nose"][3]).all()


def test_markers_are_read_by_opensim(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    (path,) = write(Trc(tmp_path / "out.trc", header("halpe26"), LOOK), (1,), (1,), (), (1,), (1,))
    table = opensim.TimeSeriesTableVec3(str(path))
    assert table.getNumRows() == 5
    assert table.getTableMetaDataString("Units") == "px"
    nose = table.getDependentColumn("Nose")
    assert np.isfinite(nose[3][0])
    assert np.isnan(nose[2][0])
    assert np.isnan(nose[4][1])
    markers = opensim.MarkerData(str(path))
    assert (markers.getNumFrames(), markers.getNumMarkers()) == (5, 26)


def test_opensim_reads_meters_and_gaps(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    head = replace(header("halpe26"), scale=Scale(0.01, (0.0, 47.0)))
    (path,) = write(Trc(tmp_path / "out.trc", head, LOOK), (1,), (), (1,))
    table = opensim.TimeSeriesTableVec3(str(path))
    assert (table.getNumRows(), table.getTableMetaDataString("Units")) == (3, "m")
    wrist = table.getDependentColumn("LWrist")
    expected = (47 - walker(1, 0).keypoints[9, 1]) / 100
    assert wrist[0][1] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(wrist[1][1])
    markers = opensim.MarkerData(str(path))
    assert markers.getUnits().convertTo(opensim.Units(opensim.Units.Meters)) == 1.0


def test_opensim_reads_files_without_a_seen_keypoint_and_those_for_kinovea(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    hidden = walker(1, 0)
    hidden.keypoints[:, 2] = 0.0
    sinks = [Trc(tmp_path / "a.trc", header("halpe26"), LOOK), Kinovea(tmp_path / "a.kinovea.trc", header(), LOOK)]
    motion = Mot(tmp_path / "a.mot", header("halpe26"), LOOK)
    for sink in (sinks[0], motion):
        for index in range(2):
            sink.write(blank(index, index / 25), poses(blank(index, index / 25), hidden))
        sink.close()
    sinks[1].write(blank(0, 0.0), poses(blank(0, 0.0), person(1, load_skeleton("coco17"))))
    sinks[1].close()
    rows = [opensim.TimeSeriesTableVec3(str(sink.paths[0])).getNumRows() for sink in sinks]
    assert rows == [2, 1]
    assert opensim.TimeSeriesTable(str(motion.paths[0])).getNumRows() == 2


def test_opensim_reads_the_angles(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    (path,) = write(
        Mot(tmp_path / "out.mot", replace(header("halpe26"), facing=BOTH_RIGHT), LOOK), (1,), (1,), (), (1,)
    )
    table = opensim.TimeSeriesTable(str(path))
    assert (table.getNumRows(), table.getTableMetaDataString("inDegrees")) == (4, "yes")
    seen = np.stack([walker(1, index).keypoints for index in (0, 1, 3)])
    heights = body_heights(np.array([0, 0.04, 0.12]), seen, HALPE)
    knee = angles(seen, HALPE, ("right knee",), np.full(3, RIGHT, np.int8), heights=heights)[2, 0]
    found = table.getDependentColumn("right_knee").to_numpy()
    assert found[3] == pytest.approx(knee, abs=1e-3)
    assert np.isnan(found[2])
    assert opensim.Storage(str(path)).getColumnLabels().getSize() == len(angle_names(HALPE)) + 1


def test_motion_has_a_column_for_every_angle(tmp_path: Path) -> None:
    (path,) = write(
        Mot(tmp_path / "out.mot", replace(header("halpe26"), facing=BOTH_RIGHT), LOOK), (1,), (1,), (), (1,)
    )
    names, rows = columns(path)
    assert names == ["time", *(name.replace(" ", "_") for name in angle_names(HALPE))]
    np.testing.assert_allclose(rows[:, 0], [0, 0.04, 0.08, 0.12])
    keypoints = np.stack([walker(1, index).keypoints for index in (0, 1, 3)])
    heights = body_heights(np.array([0, 0.04, 0.12]), keypoints, HALPE)
    expected = angles(keypoints, HALPE, angle_names(HALPE), np.full(3, RIGHT, np.int8), heights=heights)
    assert np.isfinite(expected).any()
    np.testing.assert_allclose(rows[[0, 1, 3], 1:], expected, atol=1e-3)
    assert np.isnan(rows[2, 1:]).all()
    assert "nRows=0000004\nnColumns=25\ninDegrees=yes\nendheader\n" in path.read_text()


def test_an_arm_that_swings_over_the_head_reads_without_a_leap(tmp_path: Path) -> None:
    keypoints = np.repeat(body(np.zeros(1)), 40, axis=0)
    names = HALPE.names
    shoulder, elbow, wrist = (names.index(f"right_{part}") for part in ("shoulder", "elbow", "wrist"))
    length = float(np.linalg.norm(keypoints[0, elbow, :2] - keypoints[0, shoulder, :2]))
    swing = np.deg2rad(np.linspace(90, 470, 40))  # from hanging down once round and on
    around = np.stack([np.cos(swing), np.sin(swing)], axis=1) * length
    keypoints[:, elbow, :2] = keypoints[:, shoulder, :2] + around
    keypoints[:, wrist, :2] = keypoints[:, shoulder, :2] + 2 * around
    sink = Mot(tmp_path / "out.mot", replace(header("halpe26"), facing={1: RIGHT}), LOOK)
    write_person(sink, keypoints)
    sink.close()
    titles, rows = columns(tmp_path / "out.mot")
    for name in ("right_shoulder", "right_forearm", "right_arm"):
        steps = np.diff(rows[:, titles.index(name)])
        assert np.abs(steps).max() < 15
        assert abs(steps.sum()) == pytest.approx(380, abs=3 if name != "right_arm" else 200)


def write_person(sink: Sink, keypoints: NDArray[np.float32]) -> None:
    """Write a person with these ``keypoints`` (T, K, 3), at 30 frames per second."""
    for index, found in enumerate(keypoints):
        frame = blank(index, index / 30)
        sink.write(frame, poses(frame, Person(1, 0.9, np.array([0, 0, 40, 40], np.float32), found)))


def test_the_whole_clip_decides_which_way_a_person_faces(tmp_path: Path) -> None:
    keypoints = body(np.full(40, 180.0))
    trunk = [row for row, name in enumerate(HALPE.names) if name.endswith(("hip", "shoulder", "elbow"))]
    keypoints[:10, [row for row in range(26) if row not in trunk], 2] = 0  # first nothing shows the side
    sink = Mot(tmp_path / "out.mot", header("halpe26"), LOOK)
    write_person(sink, keypoints)
    live = LiveFacing(HALPE)
    now = np.array([live.update(index / 30, found) for index, found in enumerate(keypoints)], np.int8)
    found = facing_of(np.arange(40) / 30, keypoints, HALPE)
    assert (now[0], found[0]) == (RIGHT, LEFT)
    knee = columns(tmp_path / "out.mot")[0].index("left_knee")
    before = columns(tmp_path / "out.mot")[1][11:, knee]
    np.testing.assert_allclose(before, expected_angles(keypoints, now, 30)[11:, knee - 1], atol=1e-3)
    sink.close()
    sink.close()
    written = columns(tmp_path / "out.mot")[1][:, 1:]
    assert_same_angles(written, expected_angles(keypoints, found, 30))


@pytest.mark.parametrize("side", [LEFT, CAMERA])
def test_a_chosen_side_holds_for_all_frames(tmp_path: Path, side: int) -> None:
    sink = Mot(tmp_path / "out.mot", replace(header("halpe26"), facing={1: side}), LOOK)
    keypoints = body(np.repeat([0.0, 180.0], 10))
    write_person(sink, keypoints)
    sink.close()
    written = columns(tmp_path / "out.mot")[1][:, 1:]
    assert_same_angles(written, expected_angles(keypoints, np.full(20, side, np.int8), 30))


@pytest.mark.parametrize(("sink", "ending"), [(Trc, "trc"), (Mot, "mot")])
def test_several_people_have_one_file_each(tmp_path: Path, sink: type[Trc | Mot], ending: str) -> None:
    table = sink(tmp_path / f"out.{ending}", header("halpe26"), LOOK)
    assert write(table, (4,))[0].name == f"out.{ending}"
    table = sink(tmp_path / f"out.{ending}", header("halpe26"), LOOK)
    found = write(table, (4,), (4, 9), (9,), (2, 9))
    assert [path.name for path in found] == [f"out_person{number}.{ending}" for number in (4, 9, 2)]
    assert sorted(found) == sorted(tmp_path.iterdir())
    assert ["0000002" in found[0].read_text(), "0000003" in found[1].read_text()] == [True, True]


def test_rows_are_in_order_of_time(tmp_path: Path) -> None:
    sink = Mot(tmp_path / "out.mot", header("halpe26"), LOOK)
    for index in (0, 1, 2, 1, 2, 3):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame, walker(1, index)))
    assert columns(tmp_path / "out.mot")[1][:, 0].tolist() == [0, 0.04, 0.08, 0.12]


@pytest.mark.parametrize(("sink", "ending"), [(Trc, "trc"), (Mot, "mot")])
def test_table_without_rows_is_removed(tmp_path: Path, sink: type[Trc | Mot], ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    path.write_text("of the run before")
    table = sink(path, header("halpe26"), LOOK)
    table.write(blank(0, 0.0), poses(blank(0, 0.0)))
    assert path.read_bytes() == b""  # every reader refuses the empty file that a kill leaves
    table.close()
    table.close()
    assert (list(tmp_path.iterdir()), list(table.paths)) == ([], [])
    assert table.unwritten == f"The output {path} was not written: no people were found."
    table = sink(path, header("halpe26"), LOOK)
    assert write(table, (), (3,), ()) == [path]
    assert table.unwritten == ""
    assert "0000001" in path.read_text()


def test_table_without_rows_of_a_live_source_is_reported(tmp_path: Path) -> None:
    (sink,) = open_sinks([tmp_path / "out.trc"], replace(header("halpe26"), live=True), LOOK)
    sink.close()
    assert unwritten([sink]) == [f"The output {tmp_path / 'out.trc'} was not written: no people were found."]


def test_hand_has_no_angles(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"out\.mot is for joint angles, but hand21 has none"):
        Mot(tmp_path / "out.mot", header("hand21"), LOOK)
    hand = header("hand21").skeleton
    write_one = Trc(tmp_path / "out.trc", header("hand21"), LOOK)
    frame = blank(0, 0.0)
    write_one.write(frame, poses(frame, person(1, hand)))
    assert "0000001" in (tmp_path / "out.trc").read_text()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("left_big_toe", "LBigToe"), ("nose", "Nose"), ("right_ear", "REar"), ("head_top", "HeadTop")],
)
def test_markers_have_names_usual_in_opensim(name: str, expected: str) -> None:
    assert marker(name) == expected


def test_markers_in_space_are_in_meters(tmp_path: Path) -> None:
    trc = pytest.importorskip("trc")
    sink = Trc(tmp_path / "out.trc", header("halpe26"), LOOK)
    points = np.random.default_rng(0).normal(0, 0.5, (3, 26, 4)).astype(np.float32)
    points[..., 3] = 0.9
    points[1, 9, 3] = 0.1
    for index in range(3):
        one = replace(walker(1, index), points_3d=points[index] if index < 2 else None)
        sink.write(blank(index, index / 25), poses(blank(index, index / 25), one))
    sink.close()
    read = trc.TRCData()
    read.load(sink.paths[0])
    assert (read["NumFrames"], read["Units"]) == (3, "m")
    np.testing.assert_allclose(read["LWrist"][0], points[0, 9, :3], atol=6e-6)  # the axes are the same
    assert np.isnan([read["LWrist"][1], read["LWrist"][2], read["Nose"][2]]).all()
