"""An output of several files leaves none of an earlier, longer run beside its own, and touches nothing else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.core.film_note import FilmNote, from_comment
from app.overlay import DrawStyle
from app.sinks import KEYPOINT_FILES, Header, open_sinks
from app.sinks.earlier_run import numbered_names
from tests.app.sinks.people import blank, header, person, poses


def run(path: Path, frames: Sequence[int], head: Header | None = None, people: Sequence[int] = (1,)) -> set[str]:
    """Write ``frames`` with ``people`` in each; returns the names of the files made."""
    head = head or header()
    (sink,) = open_sinks([path], head, DrawStyle())
    for index in frames:
        frame = blank(index, index / 25)
        found = [person(number, head.skeleton) for number in people]
        sink.write(frame, poses(frame, *found), head.pictures[index] if head.pictures else "")
    sink.close()
    return {path.name for path in sink.paths}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("pattern", [KEYPOINT_FILES, "cam1_%04d_keypoints.json", "%d.png", "p-%03d.jpg"])
def test_a_shorter_run_leaves_its_own_files_only(tmp_path: Path, pattern: str) -> None:
    path = tmp_path / pattern
    assert len(run(path, range(12))) == 12
    made = run(path, range(3))
    assert len(made) == 3
    assert names(tmp_path) == made


def test_files_of_another_source_stay(tmp_path: Path) -> None:
    kept = run(tmp_path / KEYPOINT_FILES, range(4), replace(header(), source="other.mp4"))
    run(tmp_path / KEYPOINT_FILES, range(6))
    made = run(tmp_path / KEYPOINT_FILES, range(2))
    assert names(tmp_path) == kept | made


def test_photos_that_are_not_written_this_time_lose_their_file(tmp_path: Path) -> None:
    photos = replace(header(still=True), source=str(tmp_path / "photos"), pictures=("a.jpg", "b.jpg", "c.jpg"))
    folder = tmp_path / "poses"
    run(folder / KEYPOINT_FILES, range(3), photos)
    (folder / "d_keypoints.json").write_text((folder / "a_keypoints.json").read_text())
    run(folder / KEYPOINT_FILES, range(2), photos)
    assert names(folder) == {"a_keypoints.json", "b_keypoints.json", "d_keypoints.json"}


OPENPOSE_EMPTY = '{"version":1.3,"people":[]}'
OPENPOSE = '{"version":1.3,"people":[{"person_id":[-1],"pose_keypoints_2d":[0,1.5,0.90]}]}\n'


@pytest.mark.parametrize("text", [OPENPOSE, OPENPOSE_EMPTY, "[]\n", '{"people":1}\n', "notes", ""])
def test_keypoint_files_that_stance_did_not_write_stay(tmp_path: Path, text: str) -> None:
    stranger = tmp_path / "clip_000000000009_keypoints.json"
    stranger.write_text(text)
    made = run(tmp_path / KEYPOINT_FILES, range(2))
    assert names(tmp_path) == made | {stranger.name}
    assert stranger.read_text() == text


def test_pictures_that_stance_did_not_write_stay(tmp_path: Path) -> None:
    strangers = {"p-009.png", "p-010.png", "p-7.png", "p-0011.png", "p-012.png.bak", "p-013.png", "p-014.png"}
    Image.new("RGB", (8, 8)).save(tmp_path / "p-009.png")
    (tmp_path / "p-010.png").write_bytes(b"")
    own = tmp_path / "own"
    own.mkdir()
    (whole,) = run(own / "p-%03d.png", [0])
    for name in ("p-7.png", "p-0011.png", "p-012.png.bak"):
        shutil.copy(own / whole, tmp_path / name)
    (tmp_path / "p-013.png").symlink_to(own / whole)
    (tmp_path / "p-014.png").mkdir()
    assert names(tmp_path) - {"own"} == strangers
    made = run(tmp_path / "p-%03d.png", range(2))
    assert names(tmp_path) - {"own"} == made | strangers


def test_pictures_of_the_source_stay_though_stance_drew_them(tmp_path: Path) -> None:
    run(tmp_path / "%d.png", [3, 4, 5])
    source = replace(header(still=True), source=str(tmp_path), pictures=("3.png", "4.png", "5.png"))
    made = run(tmp_path / "%d.png", [0], source)
    assert names(tmp_path) == made | {"3.png", "4.png", "5.png"}


def test_files_of_a_run_at_the_same_time_stay(tmp_path: Path) -> None:
    """Two parts of one clip may be written by two processes."""
    old = run(tmp_path / KEYPOINT_FILES, [8])
    (sink,) = open_sinks([tmp_path / KEYPOINT_FILES], header(), DrawStyle())
    sink.write(blank(0, 0.0), poses(blank(0, 0.0)))
    other = run(tmp_path / "other" / KEYPOINT_FILES, [9])
    (meanwhile,) = ((tmp_path / "other" / name).rename(tmp_path / name) for name in other)
    later_s = sink.paths[0].stat().st_mtime + 1
    os.utime(meanwhile, (later_s, later_s))
    sink.close()
    (tmp_path / "other").rmdir()
    assert names(tmp_path) == {sink.paths[0].name, meanwhile.name}
    assert not old & names(tmp_path)


def test_a_run_without_a_frame_removes_nothing(tmp_path: Path) -> None:
    made = run(tmp_path / "%d.png", range(3))
    run(tmp_path / "%d.png", [])
    assert names(tmp_path) == made


@pytest.mark.parametrize("ending", [".trc", ".mot"])
def test_tables_of_people_who_are_not_found_this_time_are_removed(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"walk{ending}"
    run(path, range(3), people=(1, 2, 5))
    foreign = tmp_path / f"walk_person7{ending}"
    foreign.write_text("PathFileType\t4\t(X/Y/Z)\tother.trc\nCoordinates\nversion=1\nnRows=12\n")
    (tmp_path / f"walk_person1{ending}.bak").write_text("notes")
    others = {foreign.name, f"walk_person1{ending}.bak"}
    assert run(path, range(3), people=(2, 3)) == {f"walk_person{number}{ending}" for number in (2, 3)}
    assert names(tmp_path) == {f"walk_person{number}{ending}" for number in (2, 3)} | others
    assert run(path, range(3)) == {path.name}
    assert names(tmp_path) == {path.name} | others


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_pictures_carry_the_comment_of_videos(tmp_path: Path, ending: str) -> None:
    run(tmp_path / f"%d{ending}", [0])
    with Image.open(tmp_path / f"0{ending}") as image:
        found = image.info.get("Comment") or image.info["comment"].decode()
    assert from_comment(found) == FilmNote("drawn")


def test_an_openpose_file_is_recognized_after_it_was_written_by_json(tmp_path: Path) -> None:
    """Numbers keep their text when they are read and written again, so that the comparison is exact."""
    run(tmp_path / KEYPOINT_FILES, [0])
    (path,) = tmp_path.iterdir()
    assert json.dumps(json.loads(path.read_text()), separators=(",", ":")) + "\n" == path.read_text()


def test_names_are_exact() -> None:
    found = numbered_names("a%03d.%03d+")
    assert all(found.fullmatch(name) for name in ("a000.000+", "a012.012+", "a1234.1234+"))
    assert not any(found.fullmatch(name) for name in ("a12.12+", "a0123.0123+", "a012.013+", "b012.012+", "a012.0122"))
