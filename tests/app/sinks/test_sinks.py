"""Rules for all sinks: file extensions, refused outputs, full disks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Person
from app.overlay import DrawStyle
from app.sinks import ENDINGS, KEYPOINT_FILES, Header, check_outputs, open_sinks, write_whole
from app.sinks.jsonl_reader import read_recording
from app.sources import SourceEvent
from app.sources.file import VideoFile
from tests.app.sinks.people import blank, header, person, poses
from tests.conftest import ROOT

IN_SPACE = (".bvh", ".glb", ".c3d")
"""Formats of points in three dimensions."""


def body(head: Header, ending: str, shift: float = 0.0) -> Person:
    """A person, with points in three dimensions for the formats ``IN_SPACE``."""
    made = person(1, head.skeleton, shift)
    points = np.concatenate([made.keypoints / 100, made.keypoints[:, 2:]], axis=1)
    return replace(made, points_3d=points) if ending in IN_SPACE else made


def test_every_listed_extension_has_a_sink(tmp_path: Path) -> None:
    head = header(still=True)
    paths = [tmp_path / f"out{ending}" for ending in ENDINGS]
    sinks = open_sinks(paths, head, DrawStyle())
    frame = blank(0, 0.0)
    for sink, path in zip(sinks, paths, strict=True):
        sink.write(frame, poses(frame, body(head, path.suffix)), "a.png")
        sink.close()
        sink.close()
    assert all(path.stat().st_size > 100 for path in paths)
    assert (frame.image == 90).all()  # the frame itself is unchanged


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("out.avi", r"out\.avi has an unknown file extension: wanted one of \.mp4, \.mkv, \.jsonl, .*\.trc, .*\.png"),
        ("out", "unknown file extension"),
        ("nowhere/poses/%012d_keypoints.json", "does not exist"),
        ("nowhere/out.mp4", r"folder of the output .*out\.mp4 does not exist"),
        ("folder.csv", r"folder\.csv is a folder"),
        ("out.png", "is an image, but the source is not"),
        ("source.mp4", "is the source itself"),
        ("link.mp4", "is the source itself"),
    ],
)
def test_impossible_outputs_are_refused_in_advance(tmp_path: Path, name: str, error: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "source.mp4").write_bytes(b"precious")
    (tmp_path / "link.mp4").hardlink_to(tmp_path / "source.mp4")
    with pytest.raises(StanceError, match=error):
        check_outputs([tmp_path / name], source_file=tmp_path / "source.mp4")
    with pytest.raises(StanceError, match=error):
        open_sinks([tmp_path / name], header(source_file=tmp_path / "source.mp4"), DrawStyle())
    assert (tmp_path / "source.mp4").read_bytes() == b"precious"


def test_output_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="given twice"):
        check_outputs([tmp_path / "a.csv", tmp_path / "." / "a.csv"])


def test_several_images_need_a_number_in_the_name(tmp_path: Path) -> None:
    check_outputs([tmp_path / "out.png"], still=True, pictures=1)
    check_outputs([tmp_path / "out-%04d.png"], still=True, pictures=3)
    with pytest.raises(StanceError, match=r"one image for 3 source images: wanted a number .* out-%04d\.png"):
        check_outputs([tmp_path / "out.png"], still=True, pictures=3)


@pytest.mark.parametrize("ending", [one for one in ENDINGS if one not in (".jpg", ".jpeg")])
def test_full_disk_error_names_the_file(tmp_path: Path, ending: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    path = tmp_path / f"out{ending}"
    path.symlink_to("/dev/full")
    with pytest.raises(StanceError, match=rf"out{re.escape(ending)} cannot be written: No space left on device"):
        write_much(path)


LIMITED = """
import resource, sys
from pathlib import Path
from app.core.errors import StanceError
from tests.app.sinks.test_sinks import write_much
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_much(Path(sys.argv[1]))
except StanceError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("ending", [".json", ".mmpose.json", ".jsonl", ".csv", ".trc", ".mot"])
def test_file_is_readable_after_the_disk_became_full(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("resource")
    path = tmp_path / f"out{ending}"
    done = run_limited(path, 30_000)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"out{ending} cannot be written" in done.stderr
    kept = int(re.search(r"The first (\d+) frames are kept\.", done.stderr)[1])  # type: ignore[index]
    text = path.read_text()
    if ending.endswith(".json"):
        found = json.loads(text)
        assert len(found if ending == ".json" else found["instance_info"]) == kept > 20
        return
    heading = {".jsonl": 1, ".csv": 1, ".trc": 6, ".mot": 7}[ending]
    assert len(text.splitlines()) == heading + kept
    assert kept > 20
    assert text.endswith("\n")
    if ending == ".jsonl":
        assert [poses.index for poses in read_recording(path).poses] == list(range(kept))
    if ending == ".csv":
        assert len({line.count(",") for line in text.splitlines()}) == 1
    if ending in (".trc", ".mot"):
        rows = [line.split("\t") for line in text.splitlines()[6 if ending == ".trc" else 7 :]]
        assert len({len(row) for row in rows}) == 1  # no half row
        assert f"{len(rows):07d}" in text


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_video_plays_after_the_disk_became_full(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("resource")
    path = tmp_path / f"out{ending}"
    done = run_limited(path, 20_000)
    kept = int(re.search(r"The first (\d+) frames are kept\.", done.stderr)[1])  # type: ignore[index]
    events: list[SourceEvent] = []
    film = VideoFile(path, notify=events.append)
    assert len(list(iter(film.read, None))) == kept > 20
    film.close()
    assert not [event for event in events if event.spans]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", [*(one for one in ENDINGS if one not in (".png", ".jpg", ".jpeg")), "-%04d.png"])
def test_nothing_is_left_where_the_disk_is_full_from_the_start(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("resource")
    done = run_limited(tmp_path / f"out{ending}", 60)
    assert done.returncode == 1
    assert re.search("cannot be written: (File too large|No space left on device)", done.stderr)
    assert not list(tmp_path.iterdir())


def run_limited(path: Path, size: int) -> subprocess.CompletedProcess[str]:
    """Write 400 frames to ``path`` in a process whose files cannot be larger than ``size`` bytes."""
    return subprocess.run(
        [sys.executable, "-c", LIMITED, path, str(size)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def write_much(path: Path) -> None:
    head = header(still=True)
    (sink,) = open_sinks([path], head, DrawStyle())
    try:
        for i in range(400):
            frame = blank(i, i / 25)
            sink.write(frame, poses(frame, body(head, path.suffix, shift=i % 7)))
    finally:
        sink.close()


WHOLE = """
import resource, sys
from pathlib import Path
from app.core.errors import StanceError
from app.sinks import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_whole(Path(sys.argv[1]), b"new" * 100)
except StanceError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("name", ["picture.png", "link.png"])
def test_existing_file_stays_if_its_new_version_does_not_fit_on_the_disk(tmp_path: Path, name: str) -> None:
    pytest.importorskip("resource")
    (tmp_path / "picture.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(tmp_path / "picture.png")
    done = subprocess.run(
        [sys.executable, "-c", WHOLE, tmp_path / name], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"The output {tmp_path / name} cannot be written: File too large." in done.stderr
    assert (tmp_path / "picture.png").read_bytes() == b"old"
    write_whole(tmp_path / name, b"new")
    assert (tmp_path / "picture.png").read_bytes() == b"new"
    assert (tmp_path / "link.png").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.png", "picture.png"]


def test_folder_gets_one_file_per_frame(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there.csv").mkdir()
    check_outputs([tmp_path / "there", tmp_path / "new" / KEYPOINT_FILES])
    for sink in open_sinks([tmp_path / "there", tmp_path / "new" / KEYPOINT_FILES], header(), DrawStyle()):
        for index in (0, 12):
            frame = blank(index, index / 25)
            sink.write(frame, poses(frame, person(1, header().skeleton)))
        sink.close()
        names = [path.name for path in sink.paths]
        assert names == ["clip_000000000000_keypoints.json", "clip_000000000012_keypoints.json"]
        assert all(path.is_file() for path in sink.paths)


def test_every_sink_lists_its_files(tmp_path: Path) -> None:
    head = header(still=True)
    for ending in ENDINGS:
        path = tmp_path / f"own{ending}"
        (sink,) = open_sinks([path], head, DrawStyle())
        frame = blank(0, 0.0)
        sink.write(frame, poses(frame, body(head, ending)), "a.png")
        sink.close()
        assert list(sink.paths) == [path]


def test_video_frames_become_images_if_the_name_has_a_number(tmp_path: Path) -> None:
    path = tmp_path / "%06d.png"
    check_outputs([path])
    (sink,) = open_sinks([path], header(), DrawStyle())
    for index in range(3):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame))
    sink.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["000000.png", "000001.png", "000002.png"]
