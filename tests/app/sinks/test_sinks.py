from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import StanceError
from app.overlay import Look
from app.sinks import ENDINGS, KEYPOINT_FILES, check_outputs, open_sinks
from tests.app.sinks.people import blank, header, person, poses


def test_every_ending_that_is_promised_has_its_sink(tmp_path: Path) -> None:
    head = header(still=True)
    paths = [tmp_path / f"out{ending}" for ending in ENDINGS]
    sinks = open_sinks(paths, head, Look())
    frame = blank(0, 0.0)
    for sink in sinks:
        sink.write(frame, poses(frame, person(1, head.skeleton)), "a.png")
        sink.close()
        sink.close()
    assert all(path.stat().st_size > 100 for path in paths)
    assert (frame.image == 90).all()  # the frame that was handed out is as it was


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("out.gif", r"out\.gif has an unknown ending: wanted one of \.mp4, \.mkv, \.jsonl, .*\.trc, .*\.png"),
        ("out", "unknown ending"),
        ("nowhere/poses/%012d_keypoints.json", "does not exist"),
        ("nowhere/out.mp4", r"folder of the output .*out\.mp4 does not exist"),
        ("folder.csv", r"folder\.csv is a folder"),
        ("out.png", "is a picture, but the source is not"),
        ("source.mp4", "is the source itself"),
        ("link.mp4", "is the source itself"),
    ],
)
def test_an_output_that_cannot_be_is_refused_beforehand(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "source.mp4").write_bytes(b"precious")
    (tmp_path / "link.mp4").hardlink_to(tmp_path / "source.mp4")
    with pytest.raises(StanceError, match=told):
        check_outputs([tmp_path / name], source_file=tmp_path / "source.mp4")
    with pytest.raises(StanceError, match=told):
        open_sinks([tmp_path / name], header(source_file=tmp_path / "source.mp4"), Look())
    assert (tmp_path / "source.mp4").read_bytes() == b"precious"


def test_one_file_cannot_be_two_outputs(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="named twice"):
        check_outputs([tmp_path / "a.csv", tmp_path / "." / "a.csv"])


def test_many_pictures_want_a_number_in_the_name(tmp_path: Path) -> None:
    check_outputs([tmp_path / "out.png"], still=True, pictures=1)
    check_outputs([tmp_path / "out-%04d.png"], still=True, pictures=3)
    with pytest.raises(StanceError, match=r"one picture for 3: wanted a number .* out-%04d\.png"):
        check_outputs([tmp_path / "out.png"], still=True, pictures=3)


@pytest.mark.parametrize("ending", [one for one in ENDINGS if one not in (".jpg", ".jpeg")])
def test_a_full_disk_is_one_sentence_that_names_the_file(tmp_path: Path, ending: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    path = tmp_path / f"out{ending}"
    path.symlink_to("/dev/full")
    with pytest.raises(StanceError, match=rf"out{re.escape(ending)} cannot be written: No space left on device"):
        write_much(path)


LIMITED = """
import resource, sys
from pathlib import Path
from app.errors import StanceError
from tests.app.sinks.test_sinks import write_much
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    write_much(Path(sys.argv[1]))
except StanceError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize("ending", [".json", ".mmpose.json", ".jsonl", ".csv", ".trc", ".mot"])
def test_what_was_written_before_the_disk_was_full_can_be_read(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("resource")
    path = tmp_path / f"out{ending}"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, path, "30000"],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"out{ending} cannot be written" in done.stderr
    text = path.read_text()
    if ending.endswith(".json"):
        found = json.loads(text)
        assert len(found if ending == ".json" else found["instance_info"]) > 20
        return
    assert len(text.splitlines()) > 20
    if ending in (".trc", ".mot"):
        rows = [line.split("\t") for line in text.splitlines()[6 if ending == ".trc" else 7 :]]
        assert len({len(row) for row in rows}) == 1  # no half row
        assert f"{len(rows):07d}" in text


def write_much(path: Path) -> None:
    head = header(still=True)
    (sink,) = open_sinks([path], head, Look())
    try:
        for i in range(400):
            frame = blank(i, i / 25)
            sink.write(frame, poses(frame, person(1, head.skeleton, shift=i % 7)))
    finally:
        sink.close()


def test_a_folder_is_filled_with_a_file_a_frame(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there.csv").mkdir()
    check_outputs([tmp_path / "there", tmp_path / "new" / KEYPOINT_FILES])
    for sink in open_sinks([tmp_path / "there", tmp_path / "new" / KEYPOINT_FILES], header(), Look()):
        for index in (0, 12):
            frame = blank(index, index / 25)
            sink.write(frame, poses(frame, person(1, header().skeleton)))
        sink.close()
        names = [path.name for path in sink.paths]
        assert names == ["clip_000000000000_keypoints.json", "clip_000000000012_keypoints.json"]
        assert all(path.is_file() for path in sink.paths)


def test_every_sink_tells_its_files(tmp_path: Path) -> None:
    head = header(still=True)
    for ending in ENDINGS:
        path = tmp_path / f"own{ending}"
        (sink,) = open_sinks([path], head, Look())
        frame = blank(0, 0.0)
        sink.write(frame, poses(frame, person(1, head.skeleton)), "a.png")
        sink.close()
        assert list(sink.paths) == [path]


def test_the_frames_of_a_video_become_pictures_where_the_name_has_a_number(tmp_path: Path) -> None:
    path = tmp_path / "%06d.png"
    check_outputs([path])
    (sink,) = open_sinks([path], header(), Look())
    for index in range(3):
        frame = blank(index, index / 25)
        sink.write(frame, poses(frame))
    sink.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["000000.png", "000001.png", "000002.png"]
