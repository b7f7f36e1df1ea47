"""What comes back on another day, and what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings

from app.core.settings import Settings
from app.window.core.preferences import MAX_RECENT, NetworkFacts, Preferences, Speed, is_gone, own_network


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stance.ini"


def test_changed_settings_are_restored(file: Path) -> None:
    start = Settings()
    kept = Preferences(file)
    kept.keep_change(start, Settings(smooth="kalman", threshold=0.45, flip_test=True, max_people=3))
    assert Preferences(file).settings(start) == Settings(smooth="kalman", threshold=0.45, flip_test=True, max_people=3)


def written(file: Path) -> bytes:
    """The file after all changes so far are written, as at the end of the program."""
    QSettings(str(file), QSettings.Format.IniFormat).sync()
    return file.read_bytes()


def test_saved_settings_stay_when_the_disk_is_full(file: Path, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    kept = Preferences(file)
    kept.keep_change(Settings(), Settings(smooth="kalman"))
    before = written(file)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        kept.looks = {"style": "bones"}
        assert written(file) == before
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [file.name]
    kept.looks = {"style": "dots"}
    assert b"dots" in written(file)
    later = Preferences(file)
    assert later.settings(Settings()).smooth == "kalman"
    assert later.looks == {"style": "dots"}


def test_a_model_name_longer_than_file_names_is_missing(file: Path) -> None:
    file.write_text(f"[pipe]\npose={'x' * 300}\n[places]\nopened={'y' * 300}\n", encoding="utf-8")
    kept = Preferences(file)
    assert kept.settings(Settings()) == Settings()
    assert kept.folder is None


def test_a_network_is_kept_once_however_its_path_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, elsewhere = tmp_path / "mine.onnx", tmp_path / "elsewhere"
    own.touch()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ways = ["../mine.onnx", str(own), f"{elsewhere}/../mine.onnx", own.as_uri(), f"{tmp_path}/./mine.onnx"]
    kept = Preferences(file)
    for way in ways:
        assert kept.settings(Settings(pose=way)).pose == str(own)
        kept.keep_network(way, "pose")
        kept.keep_facts(own_network(way), NetworkFacts("top-down", "body", (48, 64)))
    assert kept.networks == [(str(own), "pose")]
    assert written(file).count(b"mine.onnx") == 2  # in the list and in the facts
    assert b".." not in written(file)


def test_paths_that_earlier_versions_kept_are_read_as_one(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "mine.onnx"
    own.touch()
    (tmp_path / "elsewhere").mkdir()
    old = f"{tmp_path}/elsewhere/../mine.onnx"
    settings = QSettings(str(file), QSettings.Format.IniFormat)
    settings.setValue("places/networks", json.dumps([[old, "pose"], [str(own), "pose"]]))
    settings.setValue("pipe/pose", json.dumps(old))
    settings.sync()
    kept = Preferences(file)
    assert kept.networks == [(str(own), "pose")]
    assert kept.settings(Settings()).pose == str(own)


def test_command_line_options_take_precedence_and_are_not_saved(file: Path) -> None:
    kept = Preferences(file)
    kept.keep_change(Settings(device="cpu"), Settings(device="cpu", smooth="none"))
    later = Preferences(file)
    assert later.settings(Settings()) == Settings(smooth="none")
    assert later.settings(Settings(smooth="kalman")).smooth == "kalman"
    assert later.settings(Settings(), named={"smooth"}).smooth == "one-euro"


def test_invalid_saved_values_are_ignored_one_by_one(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.onnx"
    own.touch()
    kept = Preferences(file)
    kept.keep_change(Settings(), Settings(pose=str(own), detector="none", threshold=0.6, max_people=2))
    own.unlink()
    del kept  # it is written now at the latest
    text = file.read_text().replace("max_people=2", 'max_people="\\"many\\""').replace("0.6", "6.0")
    file.write_text(text + 'device="\\"abacus\\""\n')
    assert Preferences(file).settings(Settings()) == Settings(detector="none")


def test_a_preferences_file_that_cannot_be_read_is_ignored(file: Path) -> None:
    file.write_bytes(bytes(range(256)) + b'\n[window]\nlooks={{{\ngeometry="\\"%%\\""\nlanguage=7\n')
    kept = Preferences(file)
    assert (kept.looks, kept.geometry, kept.language, kept.recent) == ({}, b"", "", [])
    kept.language = "zh"
    assert Preferences(file).language == "zh"


def test_window_and_display_settings_are_restored(file: Path, tmp_path: Path) -> None:
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


def test_recent_sources_are_unique_and_newest_first(file: Path, tmp_path: Path) -> None:
    kept = Preferences(file)
    clips = [tmp_path / f"{number}.mp4" for number in range(MAX_RECENT + 2)]
    for clip in clips:
        clip.touch()
        kept.add_recent(str(clip))
    kept.add_recent(str(clips[5]))
    expected = [str(clips[5]), *(str(clip) for clip in reversed(clips) if clip != clips[5])][:MAX_RECENT]
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


def test_own_networks_survive_a_reset_while_their_files_exist(file: Path, tmp_path: Path) -> None:
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


def test_different_spellings_of_a_path_are_one_recent_source(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    (films / "clip.mp4").write_bytes(b"film")
    monkeypatch.chdir(films)
    preferences = Preferences(file)
    for text in ("clip.mp4", "./clip.mp4", "../films/clip.mp4", f"{films}/./clip.mp4", f"{films}/../films/clip.mp4"):
        preferences.add_recent(text)
        assert preferences.recent == [str(films / "clip.mp4")]
    for text in (".", "./", f"{films}/.", f"{films}/"):
        preferences.add_recent(text)
        assert preferences.recent == [str(films), str(films / "clip.mp4")]
