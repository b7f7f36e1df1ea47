"""Notes of clips are kept in their projects, found by content, and damaged ones are ignored."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.analysis.people_notes import PersonNote
from app.project import kept_notes
from app.project.fingerprint import fingerprint
from app.project.kept_notes import ClipNotes, NotedClip, entries_of, store_notes
from app.project.opened_project import save_project
from app.project.project_file import open_project
from app.project.store import ProjectStore, folder, kept_file


@pytest.fixture(autouse=True)
def _own_folder(stance_home: Path) -> None:
    """Keep tests away from the user's notes."""


def some_notes(name: str = "Ada") -> ClipNotes:
    person = PersonNote(name, np.array([3, 9]), np.array([[1.26, 2, 30, 40], [5, 6, 70, 80]], np.float32))
    return ClipNotes((640, 480), 1.5, 2.5, 12, people=entries_of([person]))


@pytest.fixture
def noted(tmp_path: Path) -> NotedClip:
    """A clip without notes."""
    clip = tmp_path / "private folder" / "clip.mp4"
    clip.parent.mkdir()
    clip.write_bytes(b"film")
    return NotedClip(clip, fingerprint(clip))


def former_file(noted: NotedClip, content: bytes) -> Path:
    """A file of notes as earlier versions wrote it."""
    folder().mkdir(parents=True, exist_ok=True)
    path = folder() / f"{noted.id}.json"
    path.write_bytes(content)
    return path


def test_notes_are_restored_unchanged(noted: NotedClip) -> None:
    noted.save(some_notes("Ada 张伟"), ProjectStore())
    found = noted.load(ProjectStore())
    assert found == some_notes("Ada 张伟")
    (person,) = found.person_notes()
    assert (person.name, person.indices.tolist()) == ("Ada 张伟", [3, 9])
    assert person.boxes.ravel().tolist() == pytest.approx([1.3, 2, 30, 40, 5, 6, 70, 80])


def test_a_chosen_side_is_restored(noted: NotedClip) -> None:
    boxes = np.array([[1, 2, 30, 40]], np.float32)
    people = [PersonNote("", np.array([3]), boxes, side) for side in (-1, 0, 1, None)]
    noted.save(ClipNotes((640, 480), people=entries_of(people)), ProjectStore())
    assert [note.facing for note in noted.load(ProjectStore()).person_notes()] == [-1, 0, 1, None]


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


def test_notes_are_in_the_project_alone_and_empty_ones_nowhere(noted: NotedClip) -> None:
    store = ProjectStore()
    noted.save(ClipNotes((640, 480)), store)
    assert not folder().exists()
    noted.save(some_notes(), store)
    assert list(folder().iterdir()) == [kept_file(noted.id)]
    noted.save(ClipNotes((640, 480)), store)
    assert noted.load(store) == ClipNotes()
    with open_project(kept_file(noted.id)) as project:
        assert not project.has_own


def test_notes_of_an_earlier_version_are_taken_over_once(noted: NotedClip) -> None:
    store = ProjectStore()
    former = former_file(noted, msgspec.json.encode(some_notes()))
    assert noted.load(store) == some_notes()
    assert not former.exists()
    assert noted.load(store) == some_notes()
    noted.save(ClipNotes((640, 480)), store)
    assert noted.load(store) == ClipNotes()


def test_notes_of_an_earlier_version_do_not_come_back_after_later_ones(noted: NotedClip) -> None:
    store = ProjectStore()
    noted.save(some_notes("Bo"), store)
    former = former_file(noted, msgspec.json.encode(some_notes("Ada")))
    assert noted.load(store) == some_notes("Bo")
    noted.save(ClipNotes((640, 480)), store)
    assert not former.exists()
    assert noted.load(store) == ClipNotes()


def test_a_saved_project_has_the_notes_and_comes_first(noted: NotedClip, tmp_path: Path) -> None:
    store = ProjectStore()
    noted.save(some_notes("Ada"), store)
    saved = save_project(noted.path, tmp_path / "own.stance", store, lambda _, write: write())
    assert noted.load(store) == some_notes("Ada")
    store_notes(some_notes("Bo"), saved)
    assert noted.load(store) == some_notes("Bo")
    noted.save(some_notes("Cy"), store)
    saved.unlink()
    assert noted.load(store) == some_notes("Cy")


def test_notes_that_are_empty_in_a_saved_project_stay_empty(noted: NotedClip, tmp_path: Path) -> None:
    store = ProjectStore()
    noted.save(some_notes(), store)
    saved = save_project(noted.path, tmp_path / "own.stance", store, lambda _, write: write())
    store_notes(ClipNotes((640, 480)), saved)  # as another computer does
    assert noted.load(store) == ClipNotes((640, 480))


DAMAGED = [
    b"",
    b"{",
    b"[]",
    b'{"in_s": -1}',
    b'{"in_s": 1e300}',
    b'{"in_s": "now"}',
    b'{"people": [{"name": 3}]}',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"people": [{"name": "A", "frames": [1e300], "boxes": []}]}',
    b'{"people": []' + b" " * kept_notes.MAX_BYTES + b"}",
]


@pytest.mark.parametrize("damage", DAMAGED, ids=lambda damage: damage[:40])
def test_damaged_notes_are_ignored_and_logged(
    damage: bytes, noted: NotedClip, caplog: pytest.LogCaptureFixture
) -> None:
    store = ProjectStore()
    noted.save(some_notes(), store)
    with open_project(kept_file(noted.id)) as project:
        project.set_value(kept_notes.NOTES, damage)
    with caplog.at_level(logging.WARNING):
        assert noted.load(store) == ClipNotes()
    assert noted.id in caplog.text
    noted.save(some_notes(), store)
    assert noted.load(store) == some_notes()


@pytest.mark.parametrize("damage", DAMAGED, ids=lambda damage: damage[:40])
def test_damaged_notes_of_an_earlier_version_are_ignored_and_logged(
    damage: bytes, noted: NotedClip, caplog: pytest.LogCaptureFixture
) -> None:
    former = former_file(noted, damage)
    with caplog.at_level(logging.WARNING):
        assert noted.load(ProjectStore()) == ClipNotes()
    assert noted.id in caplog.text
    assert former.read_bytes() == damage


@pytest.mark.parametrize("change", [(b"[3,9]", b"[3]"), (b"30.0", b"1e300")])
def test_people_with_invalid_boxes_are_left_out(change: tuple[bytes, bytes], noted: NotedClip) -> None:
    damaged = msgspec.json.encode(some_notes()).replace(*change)
    assert damaged != msgspec.json.encode(some_notes())
    former_file(noted, damaged)
    assert noted.load(ProjectStore()).person_notes() == []


def test_a_failed_write_is_logged_and_not_raised(noted: NotedClip, caplog: pytest.LogCaptureFixture) -> None:
    folder().parent.mkdir(parents=True, exist_ok=True)
    folder().write_text("in the way")
    noted.save(some_notes(), ProjectStore())
    assert noted.load(ProjectStore()) == ClipNotes()
    assert "cannot be written" in caplog.text


def test_notes_stay_if_results_are_deleted(noted: NotedClip) -> None:
    noted.save(some_notes(), ProjectStore())
    ProjectStore(max_total_bytes=0).trim(noted.path)
    assert noted.load(ProjectStore()) == some_notes()


def test_named_people_are_kept_if_there_are_too_many() -> None:
    box = np.ones((1, 4), np.float32)
    crowd = [PersonNote("Ada" if row == 300 else "", np.array([row]), box) for row in range(400)]
    kept = entries_of(crowd)
    assert len(kept) == kept_notes.MAX_PEOPLE
    assert "Ada" in [one.name for one in kept]
    assert ClipNotes(people=kept) != ClipNotes()


def test_notes_do_not_contain_the_path_of_the_clip(noted: NotedClip) -> None:
    noted.save(some_notes(), ProjectStore())
    (file,) = folder().iterdir()
    assert "private" not in file.name
    assert b"clip.mp4" not in file.read_bytes()
