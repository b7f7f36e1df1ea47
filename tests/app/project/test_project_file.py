"""A project survives kills and refuses what is damaged, newer or something else, in one sentence."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import FramePoses
from app.core.settings import Settings
from app.core.skeleton import load_skeleton
from app.project.project_file import FORMAT, MAX_RUNS, copy_project, open_project
from app.project.run_info import RunInfo
from tests.app.project.test_pose_blocks import FRAMES, KEYPOINTS
from tests.child_process import child_process
from tests.conftest import ROOT

INFO = RunInfo(Settings(smooth="kalman"), load_skeleton("coco17"), "pose", "detector", "cpu")

WRITER = """
import itertools, sys
from pathlib import Path
from app.project.project_file import open_project
from tests.app.project.test_pose_blocks import FRAMES, KEYPOINTS
from tests.app.project.test_project_file import INFO
path = Path(sys.argv[1])
with open_project(path, create=True) as project:
    number = project.begin_run("key", "networks", INFO)
for count in itertools.count(1):
    with open_project(path, create=True) as project:
        project.add_frames(number, FRAMES * 40, KEYPOINTS)
    print(count, flush=True)
"""


def numbers(frames: list[FramePoses]) -> list[tuple[int, float, list[bytes]]]:
    return [(poses.index, poses.time_s, [one.keypoints.tobytes() for one in poses.people]) for poses in frames]


def read(path: Path) -> list[FramePoses]:
    with open_project(path) as project:
        return [poses for run in project.runs() for poses in project.frames(run)]


@pytest.fixture
def project_path(tmp_path: Path) -> Path:
    path = tmp_path / "clip.stance"
    with open_project(path, create=True) as project:
        number = project.begin_run("key", "networks", INFO)
        project.add_frames(number, FRAMES, KEYPOINTS)
        project.end_run(number)
        project.set_edits("key", b"[1]")
    return path


def test_what_was_stored_is_read(project_path: Path) -> None:
    with open_project(project_path) as project:
        (run,) = project.runs()
        assert (run.info, run.frames, run.complete, project.edits("key")) == (INFO, len(FRAMES), True, b"[1]")
        assert numbers(project.frames(run)) == numbers(FRAMES)


def test_a_run_that_begins_again_loses_its_frames_and_keeps_its_edits(project_path: Path) -> None:
    with open_project(project_path) as project:
        project.begin_run("key", "networks", INFO)
        (run,) = project.runs()
        assert (run.frames, run.complete, project.edits("key")) == (0, False, b"[1]")


def test_old_runs_are_removed_unless_they_have_edits_or_other_networks(project_path: Path) -> None:
    with open_project(project_path) as project:
        project.end_run(project.begin_run("other", "others", INFO))
        project.begin_run("unfinished", "networks", INFO)
        for number in range(MAX_RUNS + 2):
            project.end_run(project.begin_run(f"new {number}", "networks", INFO))
        kept = [run.key for run in project.runs()]
    assert kept == [*(f"new {number}" for number in range(MAX_RUNS + 1, 1, -1)), "other", "key"]


def test_an_exception_leaves_the_project_as_it_was(project_path: Path) -> None:
    def fail() -> None:
        with open_project(project_path) as project:
            project.set_edits("key", b"[2]")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with open_project(project_path) as project:
        assert project.edits("key") == b"[1]"


def test_a_kill_leaves_all_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "clip.stance"
    with child_process([sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < 8:
            pass
        writer.kill()
        written = 8 + len(writer.stdout.read().splitlines())
    frames = read(path)
    assert len(frames) // (len(FRAMES) * 40) in (written, written + 1)
    assert numbers(frames) == numbers(FRAMES) * (len(frames) // len(FRAMES))


def test_a_project_that_is_being_made_is_waited_for(tmp_path: Path, project_path: Path) -> None:
    path = tmp_path / "new.stance"
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    maker.execute("PRAGMA user_version")  # the file is there, without tables
    path.touch()

    def make() -> None:
        with sqlite3.connect(project_path) as whole:
            whole.backup(maker)

    later = threading.Timer(0.3, make)
    later.start()
    try:
        assert numbers(read(path)) == numbers(FRAMES)
    finally:
        later.join()
        maker.close()


def test_a_damaged_project_is_refused_in_one_sentence_or_read(project_path: Path, tmp_path: Path) -> None:
    data, damaged = project_path.read_bytes(), tmp_path / "damaged.stance"
    rng = np.random.default_rng(1)
    said = []
    for round_number in range(60):
        changed = bytearray(data[: int(rng.integers(len(data)))] if round_number % 3 == 0 else data)
        for _ in range(round_number % 3 * 4):
            changed[int(rng.integers(len(changed)))] ^= int(rng.integers(1, 256))
        damaged.write_bytes(changed)
        try:
            assert numbers(read(damaged)) in (numbers(FRAMES), [])
        except StanceError as error:
            said.append(str(error))
    assert len(said) > 20
    assert {sentence.count("damaged.stance") for sentence in said} == {1}


@pytest.mark.parametrize("content", [b"", b"no project", b"SQLite format 3\x00"], ids=["empty", "text", "head"])
def test_another_file_is_no_project(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clip.stance").write_bytes(content)
    with pytest.raises(StanceError, match="wanted a file that Stance has written"):
        read(tmp_path / "clip.stance")


def test_a_database_of_another_program_is_no_project_and_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "clip.stance"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE other (value)")
    before = path.read_bytes()
    with pytest.raises(StanceError, match="wanted a file that Stance has written"), open_project(path, create=True):
        pass
    assert path.read_bytes() == before


def test_a_newer_format_is_refused_in_one_sentence(project_path: Path) -> None:
    with sqlite3.connect(project_path) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with pytest.raises(StanceError, match="newer version of Stance: wanted format 1 or older"):
        read(project_path)


def test_a_missing_project_is_said(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match="does not exist: wanted a"):
        read(tmp_path / "clip.stance")
    with pytest.raises(StanceError, match="cannot be read"):
        read(tmp_path)


def test_a_copy_has_everything(project_path: Path, tmp_path: Path) -> None:
    copy_project(project_path, tmp_path / "copy.stance")
    assert numbers(read(tmp_path / "copy.stance")) == numbers(FRAMES)


def test_dropped_results_leave_the_edits(project_path: Path) -> None:
    with open_project(project_path) as project:
        project.add_answers("networks", b"answers")
        project.drop_results()
    with open_project(project_path) as project:
        (run,) = project.runs()
        assert (run.frames, run.complete, project.edits("key")) == (0, False, b"[1]")
        assert list(project.answers("networks")) == []


def test_a_project_is_read_while_it_cannot_be_written(project_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def read_only(address: str, **options: object) -> sqlite3.Connection:
        return connect(address.replace("mode=rw", "mode=ro"), **options)  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with open_project(project_path) as project:
        (run,) = project.runs()
        project.use_run(run.key)
        assert numbers(project.frames(run)) == numbers(FRAMES)
    with pytest.raises(StanceError, match="readonly"), open_project(project_path) as project:
        project.set_edits(run.key, b"[2]")
