"""Which video the people of a stranger's recording are laid over."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.skeleton import load_skeleton
from app.sinks.jsonl_reader import Recording
from app.window.player.recording_files import video_of


def recording(source: str) -> Recording:
    return Recording(source, (640, 480), 25.0, load_skeleton("coco17"), "", "", [])


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "films" / "clip.mp4"
    path.parent.mkdir()
    path.write_bytes(b"film")
    return path


def test_the_video_is_found_at_the_path_in_the_recording(film: Path, tmp_path: Path) -> None:
    assert video_of(recording(str(film)), tmp_path / "people.jsonl", "") == str(film)


def test_the_users_home_folder_is_found(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(film.parent))
    monkeypatch.setenv("USERPROFILE", str(film.parent))
    assert video_of(recording("~/clip.mp4"), tmp_path / "people.jsonl", "") == str(film)


@pytest.mark.skipif(sys.platform == "win32", reason="there the first name is another machine indeed")
def test_video_on_a_network_share_is_not_looked_up(film: Path, tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="is not there"):
        video_of(recording(f"/{film}"), tmp_path / "people.jsonl", "")


@pytest.mark.parametrize("source", ["~nobody-of-that-name/a.mp4", "a" * 5000, "a\0b", "http://127.0.0.1:1/a.mp4", ""])
def test_invalid_video_names_in_a_recording_are_ignored(source: str, tmp_path: Path) -> None:
    assert video_of(recording(source), tmp_path / "people.jsonl", "shown.mp4") == "shown.mp4"
