"""C3D, read back by ezc3d and by the package c3d."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.analysis.scale import Scale
from app.core.composed_skeleton import compose
from app.core.errors import StanceError
from app.core.people import FramePoses
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import open_sinks
from app.sinks.motion import c3d as sink_module
from app.sinks.trc import marker
from tests.app.sinks.motion.moving_body import FPS, LOOK, Values, in_frame, moving, over_floor, write
from tests.app.sinks.people import blank, header, person, poses

HALPE = load_skeleton("halpe26")


def by_ezc3d(path: Path) -> tuple[list[str], Values, Values]:
    """Labels, coordinates (T, N, 3) and residuals (T, N)."""
    file = pytest.importorskip("ezc3d").c3d(str(path))
    labels = file["parameters"]["POINT"]["LABELS"]["value"]
    return labels, file["data"]["points"][:3].transpose(2, 1, 0), file["data"]["meta_points"]["residuals"][0].T


def by_c3d(path: Path) -> tuple[Any, Values]:
    """The reader of the package c3d, and x y z residual camera (T, N, 5)."""
    package = pytest.importorskip("c3d")
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "no analog data"
        reader = package.Reader(file)
        return reader, np.stack([points for _, points, _ in reader.read_frames()])


def test_two_readers_find_the_points_in_millimeters(tmp_path: Path) -> None:
    points = moving(HALPE, 20)
    elbow = HALPE.names.index("left_elbow")
    points[3:6, elbow] = np.nan
    (path,) = write(tmp_path / "out.c3d", "halpe26", [{1: one} for one in points])
    wanted = over_floor(points) * 1000
    labels, found, residuals = by_ezc3d(path)
    assert labels == [marker(name) for name in HALPE.names]
    np.testing.assert_allclose(found, wanted, atol=0.01)
    np.testing.assert_array_equal(residuals, np.where(np.isfinite(wanted).all(axis=2), 0, -1))
    reader, rows = by_c3d(path)
    assert reader.point_rate == FPS
    assert reader.get("POINT:UNITS").string_value.strip() == "mm"
    assert reader.get("POINT:Y_SCREEN").string_value.strip() == "+Y"
    np.testing.assert_allclose(rows[..., :3], np.nan_to_num(wanted), atol=0.01)
    assert set(rows[3:6, elbow, 3]) == {-1}


def test_everybody_is_in_one_file_by_name(tmp_path: Path) -> None:
    first, second = moving(HALPE, 12), moving(HALPE, 12, seed=3)
    frames: list[dict[int, Values]] = [{4: first[k]} | ({7: second[k]} if k > 5 else {}) for k in range(12)]
    style = DrawStyle(threshold=0.3, names={7: "Anna"})
    (path,) = write(tmp_path / "out.c3d", "halpe26", frames, style=style)
    labels, found, residuals = by_ezc3d(path)
    assert labels[0] == "person4:Nose"
    assert labels[26 + 9] == "Anna:LWrist"
    assert (residuals[:6, 26:] == -1).all()
    np.testing.assert_allclose(found[6:, 26 + 9], over_floor(second, frames=range(6, 12))[:, 9] * 1000, atol=0.01)


def test_the_name_of_a_single_person_is_in_the_name_of_the_file(tmp_path: Path) -> None:
    frames: list[dict[int, Values]] = [{4: points} for points in moving(HALPE, 5)]
    style = DrawStyle(threshold=0.3, names={4: "Anna", 9: "Bert"})
    assert write(tmp_path / "out.c3d", "halpe26", frames, style=style) == [tmp_path / "out.Anna.c3d"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.Anna.c3d"]
    assert by_ezc3d(tmp_path / "out.Anna.c3d")[0][0] == "Anna:Nose"
    unnamed = write(tmp_path / "other.c3d", "halpe26", frames, style=DrawStyle(threshold=0.3))
    assert unnamed == [tmp_path / "other.c3d"]


def test_more_points_than_one_list_of_labels_holds(tmp_path: Path) -> None:
    points = moving(HALPE, 3)
    (path,) = write(tmp_path / "out.c3d", "halpe26", [dict.fromkeys(range(1, 11), one) for one in points])
    _, rows = by_c3d(path)
    assert rows.shape[:2] == (3, 260)
    np.testing.assert_allclose(rows[:, 259 - 25 + 10, 2], points[:, 10, 2] * 1000, atol=0.01)
    file = pytest.importorskip("ezc3d").c3d(str(path))
    lists = [file["parameters"]["POINT"][key]["value"] for key in ("LABELS", "LABELS2")]
    assert lists[0][-1] == f"person10:{marker(HALPE.names[254 - 234])}"
    assert lists[1][-1] == f"person10:{marker(HALPE.names[-1])}"


def test_faces_that_are_nowhere_in_space_are_left_out(tmp_path: Path) -> None:
    skeleton = compose(HALPE, hands=False, face="mesh").skeleton
    (sink,) = open_sinks([tmp_path / "out.c3d"], replace(header(), fps=FPS, skeleton=skeleton), LOOK)
    mesh = np.full((468, 3), np.nan)
    for index, points in enumerate(moving(HALPE, 4)):
        people = (in_frame(1, np.concatenate([points, mesh])),)
        sink.write(blank(index, index / FPS), FramePoses(index, index / FPS, people))
    sink.close()
    assert by_ezc3d(sink.paths[0])[0] == [marker(name) for name in HALPE.names]


def test_frames_that_are_missing_have_no_points(tmp_path: Path) -> None:
    (sink,) = open_sinks([tmp_path / "out.c3d"], replace(header("halpe26"), fps=FPS), LOOK)
    points = moving(HALPE, 10)
    for index in (0, 1, 2, 6, 7, 8, 9):
        time_s = index / FPS + 0.001 * (index % 2)  # timestamps as cameras give them
        sink.write(blank(index, time_s), FramePoses(index, time_s, (in_frame(1, points[index]),)))
    sink.close()
    _, found, residuals = by_ezc3d(sink.paths[0])
    assert len(found) == 10
    np.testing.assert_array_equal(residuals[:, 9], [0, 0, 0, -1, -1, -1, 0, 0, 0, 0])
    np.testing.assert_allclose(found[8, :, 0], points[8, :, 0] * 1000, atol=0.01)


def test_flat_people_are_in_meters_with_a_scale_and_else_in_pixels(tmp_path: Path) -> None:
    for scale, unit, factor in ((Scale(0.01, (0.0, 47.0)), "mm", 10.0), (None, "px", 1.0)):
        (sink,) = open_sinks([tmp_path / "out.c3d"], replace(header("halpe26"), scale=scale), LOOK)
        for index in range(2):
            sink.write(blank(index, index / 25), poses(blank(index, index / 25), person(1, HALPE)))
        sink.close()
        reader, rows = by_c3d(sink.paths[0])
        assert reader.get("POINT:UNITS").string_value.strip() == unit
        np.testing.assert_allclose(rows[0, 9, :3], [90 * factor, (47 - 45) * factor, 0], atol=0.01)


def test_more_frames_than_the_format_counts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sink_module, "MAX_FRAMES", 5)
    points = moving(HALPE, 6)
    with pytest.raises(StanceError, match="cannot have 6 frames: wanted at most 5"):
        write(tmp_path / "out.c3d", "halpe26", [{1: one} for one in points])
    assert list(tmp_path.iterdir()) == []
