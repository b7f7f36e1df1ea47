"""Notes of clips are found by content, written atomically, and damaged files are ignored."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.analysis.people_notes import PersonNote
from app.project.fingerprint import fingerprint
from app.project.store import folder
from app.window.review import clip_notes
from app.window.review.clip_notes import ClipNotes, entries_of, load_notes, save_notes

MARK = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _own_folder(stance_home: Path) -> None:
    """Keep tests away from the user's notes."""


def some_notes(name: str = "Ada") -> ClipNotes:
    person = PersonNote(name, np.array([3, 9]), np.array([[1.26, 2, 30, 40], [5, 6, 70, 80]], np.float32))
    return ClipNotes((640, 480), 1.5, 2.5, 12, people=entries_of([person]))


def test_notes_are_restored_unchanged() -> None:
    save_notes(MARK, some_notes("Ada 张伟"))
    found = load_notes(MARK)
    assert found == some_notes("Ada 张伟")
    (person,) = found.person_notes()
    assert (person.name, person.indices.tolist()) == ("Ada 张伟", [3, 9])
    assert person.boxes.ravel().tolist() == pytest.approx([1.3, 2, 30, 40, 5, 6, 70, 80])


def test_a_chosen_side_is_restored() -> None:
    boxes = np.array([[1, 2, 30, 40]], np.float32)
    people = [PersonNote("", np.array([3]), boxes, side) for side in (-1, 0, 1, None)]
    save_notes(MARK, ClipNotes((640, 480), people=entries_of(people)))
    assert [note.facing for note in load_notes(MARK).person_notes()] == [-1, 0, 1, None]


def test_a_copy_has_the_same_fingerprint_and_a_changed_clip_another(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(os.urandom(2_000_000))
    (tmp_path / "elsewhere").mkdir()
    copied = shutil.copy(clip, tmp_path / "elsewhere" / "other name.mov")
    assert fingerprint(Path(copied)) == fingerprint(clip)
    for place in (0, 1_000_000, 1_999_999):
        changed = bytearray(clip.read_bytes())
        changed[place] ^= 1
        Path(copied).write_bytes(changed)
        assert fingerprint(Path(copied)) != fingerprint(clip)
    for content in (b"", b"x"):
        clip.write_bytes(content)
        assert len(fingerprint(clip)) == 32


def test_empty_notes_leave_no_file() -> None:
    save_notes(MARK, ClipNotes((640, 480)))
    assert not folder().exists()
    save_notes(MARK, some_notes())
    save_notes(MARK, ClipNotes((640, 480)))
    assert list(folder().iterdir()) == []
    assert load_notes(MARK) == ClipNotes()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b'{"in_s": -1}',
        b'{"in_s": 1e300}',
        b'{"in_s": "now"}',
        b'{"people": [{"name": 3}]}',
        b"\xff\xfe",
        b"[" * 100_000,
    ]
    + [b'{"people": [{"name": "A", "frames": [1e300], "boxes": []}]}'],
)
def test_damaged_notes_are_ignored_and_logged(damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    save_notes(MARK, some_notes())
    (folder() / f"{MARK}.json").write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert load_notes(MARK) == ClipNotes()
    assert MARK in caplog.text
    save_notes(MARK, some_notes())
    assert load_notes(MARK) == some_notes()


def test_people_with_invalid_boxes_are_left_out() -> None:
    save_notes(MARK, some_notes())
    path = folder() / f"{MARK}.json"
    whole = path.read_bytes()
    for damaged in (whole.replace(b"[3,9]", b"[3]"), whole.replace(b"30.0", b"1e300")):
        assert damaged != whole
        path.write_bytes(damaged)
        assert load_notes(MARK).person_notes() == []


def test_a_failed_write_is_logged_and_not_raised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder().parent.mkdir(parents=True, exist_ok=True)
    folder().write_text("in the way")
    save_notes(MARK, some_notes())
    assert load_notes(MARK) == ClipNotes()
    assert "cannot be written" in caplog.text


def test_an_interrupted_write_keeps_the_previous_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    save_notes(MARK, some_notes())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    save_notes(MARK, some_notes("Bo"))
    assert load_notes(MARK) == some_notes()
    assert [path.name for path in folder().iterdir()] == [f"{MARK}.json"]


def test_the_notes_opened_longest_ago_are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip_notes, "MAX_CLIPS", 3)
    marks = [f"{number:032x}" for number in range(3)]
    for age, mark in enumerate(marks):
        save_notes(mark, some_notes())
        os.utime(folder() / f"{mark}.json", (1000 + age, 1000 + age))
    load_notes(marks[0])
    save_notes(MARK, some_notes())
    assert {path.stem for path in folder().iterdir()} == {marks[0], marks[2], MARK}


def test_named_people_are_kept_if_there_are_too_many() -> None:
    box = np.ones((1, 4), np.float32)
    crowd = [PersonNote("Ada" if row == 300 else "", np.array([row]), box) for row in range(400)]
    kept = entries_of(crowd)
    assert len(kept) == clip_notes.MAX_PEOPLE
    assert "Ada" in [one.name for one in kept]
    assert ClipNotes(people=kept) != ClipNotes()


def test_notes_do_not_contain_the_path_of_the_clip(tmp_path: Path) -> None:
    clip = tmp_path / "private folder" / "clip.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"film")
    save_notes(fingerprint(clip), some_notes())
    (file,) = folder().iterdir()
    assert "private" not in file.name
    assert b"clip.mp4" not in file.read_bytes()
