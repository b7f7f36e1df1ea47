"""Names that nothing has yet."""

from __future__ import annotations

from pathlib import Path

from app.window.core.file_names import existing_files, free_stem


def test_a_free_name_gets_the_first_number_that_overwrites_nothing(tmp_path: Path) -> None:
    templates = ["{stem}.mp4", "{stem}-pictures/%06d.png"]
    assert free_stem(tmp_path, "clip", templates) == "clip"
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "clip-2-pictures").mkdir()
    assert free_stem(tmp_path, "clip", templates) == "clip-3"
    assert free_stem(tmp_path, "clip", ["{stem}.csv"]) == "clip"
    assert free_stem(tmp_path, "clip", []) == "clip"


def test_files_of_one_person_each_count_too(tmp_path: Path) -> None:
    (tmp_path / "clip_person2.trc").touch()
    (tmp_path / "clip [a]_person1.mot").touch()
    assert existing_files(tmp_path, "clip", ["{stem}.trc", "{stem}.mot"]) == [tmp_path / "clip_person2.trc"]
    assert free_stem(tmp_path, "clip", ["{stem}.trc"]) == "clip-2"
    assert free_stem(tmp_path, "clip [a]", ["{stem}.mot"]) == "clip [a]-2"


def test_files_of_people_with_names_count_too(tmp_path: Path) -> None:
    (tmp_path / "clip.Anna.kinovea.trc").touch()
    assert existing_files(tmp_path, "clip", ["{stem}.trc", "{stem}.mot"]) == []
    assert existing_files(tmp_path, "clip", ["{stem}.kinovea.trc"]) == [tmp_path / "clip.Anna.kinovea.trc"]
    (tmp_path / "clip.Anna.trc").touch()
    assert free_stem(tmp_path, "clip", ["{stem}.trc"]) == "clip-2"
