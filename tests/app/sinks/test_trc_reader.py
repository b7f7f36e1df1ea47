"""Reading .trc files: those that Stance writes, and what others write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Person
from app.core.skeleton import load_skeleton
from app.overlay import DrawStyle
from app.sinks import Header
from app.sinks.trc import Trc
from app.sinks.trc_reader import read_trc

HALPE = load_skeleton("halpe26")


def written(path: Path, poses: list[FramePoses]) -> Path:
    header = Header("clip", (640, 480), 25.0, HALPE, "pose", "detector", "auto", "cpu")
    sink = Trc(path, header, DrawStyle())
    image = np.zeros((480, 640, 3), np.uint8)
    for one in poses:
        sink.write(Frame(one.index, one.time_s, image), one)
    sink.close()
    return path


def test_what_was_written_is_read_with_its_shape_and_times(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    poses = []
    for index in range(6):
        keypoints = np.column_stack([rng.uniform(0, 480, (26, 2)), np.full(26, 0.9)]).astype(np.float32)
        keypoints[3, 2] = 0.0
        poses.append(
            FramePoses(index, index / 25, (Person(1, 0.9, np.array([0, 0, 480, 480], np.float32), keypoints),))
        )
    analysis = read_trc(written(tmp_path / "a.trc", poses))
    assert analysis.skeleton.names == HALPE.names
    track = analysis.track(1)
    np.testing.assert_allclose(track.times_s, np.arange(6) / 25, atol=1e-6)
    assert (track.keypoints[:, 3, 2] == 0).all()
    for row, one in enumerate(poses):
        expected = one.people[0].keypoints[:, :2] - [0, 479]  # y from the last row up
        seen = np.arange(26) != 3
        np.testing.assert_allclose(track.keypoints[row, seen, :2], expected[seen], atol=0.006)


def test_meters_become_a_body_of_the_usual_size(tmp_path: Path) -> None:
    path = tmp_path / "m.trc"
    path.write_text(
        "PathFileType\t4\t(X/Y/Z)\tm.trc\n"
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
        "60\t60\t2\t3\tm\t60\t1\t2\n"
        "Frame#\tTime\tRHip\t\t\tRKnee\t\t\tSacrum\t\t\n"
        "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\tX3\tY3\tZ3\n"
        "\n"
        "1\t0.0\t0.1\t0.9\t0\t0.1\t0.5\t0\t0\t1\t0\n"
        "2\t0.016667\t0.1\t0.9\t0\t\t\t\t0\t1\t0\n"
    )
    analysis = read_trc(path)
    assert analysis.skeleton.names == ("right_hip", "right_knee")
    hip, knee = analysis.track(1).keypoints[0]
    assert hip.tolist() == [50, -450, 1]
    assert knee[1] - hip[1] == 200
    assert analysis.track(1).keypoints[1, 1, 2] == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nothing", "it does not begin as a .trc file"),
        ("PathFileType\t4\na\tUnits\nb\tfurlong\nFrame#\tTime\tRHip\n\n1\t0\t1\t2\t3\n", "its unit is 'furlong'"),
        ("PathFileType\t4\na\tUnits\nb\tm\nFrame#\tTime\tSacrum\n\n1\t0\t1\t2\t3\n", "no marker with the name of a"),
        ("PathFileType\t4\na\tUnits\nb\tm\nFrame#\tTime\tRHip\n\n1\t0\tx\t2\t3\n", "line 6 has something else"),
        ("PathFileType\t4\na\tUnits\nb\tm\nFrame#\tTime\tRHip\n\n", "it has no frame"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.trc"
    path.write_text(text)
    with pytest.raises(StanceError, match=f"bad.trc cannot be read as .trc: .*{reason}"):
        read_trc(path)


@pytest.mark.parametrize(
    ("frames", "length", "reason"), [(4, 0, "it ends after 4 of 5 frames"), (4, 30, "its last line is cut")]
)
def test_a_file_that_was_cut_is_refused(tmp_path: Path, frames: int, length: int, reason: str) -> None:
    box = np.array([0, 0, 9, 9], np.float32)
    keypoints = np.full((26, 3), 0.9, np.float32)
    path = written(tmp_path / "a.trc", [FramePoses(i, i / 25, (Person(1, 0.9, box, keypoints),)) for i in range(5)])
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: frames - 5]) + lines[-1][:length])
    with pytest.raises(StanceError, match=reason):
        read_trc(path)
