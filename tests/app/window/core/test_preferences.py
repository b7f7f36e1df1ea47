"""What comes back on another day, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import Settings
from app.window.preferences import MOST_RECENT, Preferences, Speed, is_gone


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stance.ini"


def test_what_a_person_changed_comes_back(file: Path) -> None:
    start = Settings()
    kept = Preferences(file)
    kept.keep_change(start, Settings(smooth="kalman", threshold=0.45, flip_test=True, max_people=3))
    assert Preferences(file).settings(start) == Settings(smooth="kalman", threshold=0.45, flip_test=True, max_people=3)


def test_a_model_of_a_name_longer_than_names_can_be_is_not_there(file: Path) -> None:
    file.write_text(f"[pipe]\npose={'x' * 300}\n[places]\nopened={'y' * 300}\n", encoding="utf-8")
    kept = Preferences(file)
    assert kept.settings(Settings()) == Settings()
    assert kept.folder is None


def test_what_the_command_line_says_wins_and_is_not_kept(file: Path) -> None:
    kept = Preferences(file)
    kept.keep_change(Settings(device="cpu"), Settings(device="cpu", smooth="none"))
    later = Preferences(file)
    assert later.settings(Settings()) == Settings(smooth="none")
    assert later.settings(Settings(smooth="kalman")).smooth == "kalman"
    assert later.settings(Settings(), named={"smooth"}).smooth == "one-euro"


def test_values_that_no_longer_make_sense_are_passed_over_one_by_one(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.touch()
    kept = Preferences(file)
    kept.keep_change(Settings(), Settings(pose=str(own), detector="none", threshold=0.6, max_people=2))
    own.unlink()
    del kept  # it is written now at the latest
    text = file.read_text().replace("max_people=2", 'max_people="\\"many\\""').replace("0.6", "6.0")
    file.write_text(text + 'device="\\"abacus\\""\n')
    assert Preferences(file).settings(Settings()) == Settings(detector="none")


def test_a_file_of_rubbish_is_no_obstacle(file: Path) -> None:
    file.write_bytes(bytes(range(256)) + b'\n[window]\nlooks={{{\ngeometry="\\"%%\\""\nlanguage=7\n')
    kept = Preferences(file)
    assert (kept.looks, kept.geometry, kept.language, kept.recent) == ({}, b"", "", [])
    kept.language = "zh"
    assert Preferences(file).language == "zh"


def test_the_window_and_its_looks_come_back(file: Path, tmp_path: Path) -> None:
    kept = Preferences(file)
    kept.looks = {"skeleton": True, "width": 2.5, "palette": "ids"}
    kept.geometry, kept.docks = bytes(range(256)), b"docks"
    kept.language, kept.restores_window, kept.ring_s = "zh", False, 45
    kept.shortcuts = {"record": "Ctrl+R", "play": ""}
    kept.folder, kept.recordings = tmp_path, tmp_path / "gone"
    kept.keep_speed("rtmpose-s", Speed(12.5, "cpu"))
    later = Preferences(file)
    assert later.looks == {"skeleton": True, "width": 2.5, "palette": "ids"}
    assert (later.geometry, later.docks) == (bytes(range(256)), b"docks")
    assert (later.language, later.restores_window, later.ring_s) == ("zh", False, 45.0)
    assert later.shortcuts == {"record": "Ctrl+R", "play": ""}
    assert (later.folder, later.recordings) == (tmp_path, None)
    assert later.speed("rtmpose-s") == Speed(12.5, "cpu")
    assert later.speed("yolox-tiny") is None


def test_the_newest_sources_come_first_and_each_stands_there_once(file: Path, tmp_path: Path) -> None:
    kept = Preferences(file)
    clips = [tmp_path / f"{number}.mp4" for number in range(MOST_RECENT + 2)]
    for clip in clips:
        clip.touch()
        kept.add_recent(str(clip))
    kept.add_recent(str(clips[5]))
    expected = [str(clips[5]), *(str(clip) for clip in reversed(clips) if clip != clips[5])][:MOST_RECENT]
    assert Preferences(file).recent == expected
    clips[5].unlink()
    assert [is_gone(text) for text in kept.recent[:2]] == [True, False]
    kept.remove_recent(str(clips[5]))
    assert Preferences(file).recent == expected[1:]


def test_cameras_and_passwords_are_not_among_the_recent(file: Path) -> None:
    kept = Preferences(file)
    for text in ("0", "demo", "screen", "rtsp://me:secret@camera/1", "rtsp://camera/1"):
        kept.add_recent(text)
    assert Preferences(file).recent == ["rtsp://camera/1"]
    assert "secret" not in file.read_text()


def test_reset_forgets_everything(file: Path) -> None:
    kept = Preferences(file)
    kept.language = "zh"
    kept.keep_change(Settings(), Settings(threshold=0.9))
    kept.reset()
    for some in (kept, Preferences(file)):
        assert (some.language, some.settings(Settings())) == ("", Settings())


def test_ones_own_networks_are_kept_as_long_as_they_are_there_even_over_a_reset(file: Path, tmp_path: Path) -> None:
    own, gone = tmp_path / "mine.onnx", tmp_path / "gone.onnx"
    for path in (own, gone):
        path.write_bytes(b"network")
    kept = Preferences(file)
    for name in (str(own), str(gone), str(own)):
        kept.keep_network(name, "pose")
    for name in ("none", "yolox-tiny"):
        kept.keep_network(name, "detector")
    gone.unlink()
    kept.reset()
    for some in (kept, Preferences(file)):
        assert some.networks == [(str(own), "pose")]
    kept.remove_network(str(own))
    assert Preferences(file).networks == []


def test_without_a_file_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = Preferences()
    kept.language = "zh"
    assert kept.language == "zh"
    assert Preferences().language == ""
    assert not list(tmp_path.iterdir())
