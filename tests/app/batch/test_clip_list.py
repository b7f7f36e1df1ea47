"""Names of the clips of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.batch.clip_list import find_clips
from app.core.errors import StanceError


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(*patterns: str) -> list[str]:
    return [clip.name for clip in find_clips(patterns)]


def test_folders_are_kept_from_the_first_wildcard_on(tmp_path: Path) -> None:
    make(tmp_path, "day/one/walk.mp4", "day/two/walk.mp4", "day/run.mov", "other/run.mp4")
    assert names(f"{tmp_path}/day/**/*.mp4") == ["one/walk", "two/walk"]
    assert names(f"{tmp_path}/*/run.*") == ["day/run", "other/run"]
    assert names(f"{tmp_path}/day/one/walk.mp4") == ["walk"]


def test_clips_that_differ_only_in_their_ending_keep_it(tmp_path: Path) -> None:
    make(tmp_path, "walk.mp4", "walk.avi", "run.mp4")
    assert names(f"{tmp_path}/*") == ["run", "walk.avi", "walk.mp4"]


def test_a_clip_that_matches_twice_is_one_clip(tmp_path: Path) -> None:
    make(tmp_path, "walk.mp4")
    assert names(f"{tmp_path}/*.mp4", f"{tmp_path}/walk.mp4") == ["walk"]


def test_a_name_with_brackets_is_a_file_before_it_is_a_pattern(tmp_path: Path) -> None:
    make(tmp_path, "walk [1].mp4")
    assert names(f"{tmp_path}/walk [1].mp4") == ["walk [1]"]


def test_two_clips_with_one_name_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "a/walk.mp4", "b/walk.mp4")
    with pytest.raises(StanceError, match=r"a/walk.mp4 and .*b/walk.mp4 would have the same names of files"):
        find_clips([f"{tmp_path}/a/*.mp4", f"{tmp_path}/b/*.mp4"])


def test_a_pattern_that_matches_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=r"No file matches .*\*\.mp4: wanted videos"):
        find_clips([f"{tmp_path}/*.mp4"])
