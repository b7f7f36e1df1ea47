"""Files have their final names only when they are whole; what a killed process leaves is removed later."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.sinks import KEYPOINT_FILES
from app.sinks.output_lock import sweep
from app.sinks.staging import Staging, write_staged
from tests.conftest import ROOT

KILLED = """
import os, sys
from pathlib import Path
from app.sinks.staging import Staging
staged = Staging([Path(sys.argv[1])])
staged.paths[0].write_text("half")
os.kill(os.getpid(), 9)
"""


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    outputs = [tmp_path / "a.csv", tmp_path / "poses" / KEYPOINT_FILES, tmp_path / "pictures" / "%03d.png"]
    with Staging(outputs) as staged:
        made = [staged.paths[0], staged.paths[1].with_name("1.json"), staged.paths[2].with_name("1.png")]
        for path in made:
            path.parent.mkdir(exist_ok=True)
            path.write_text("whole")
        (unfinished,) = tmp_path.iterdir()
        assert unfinished.name.startswith("stance-unfinished-")
        expected = [tmp_path / "a.csv", tmp_path / "poses" / "1.json", tmp_path / "pictures" / "1.png"]
        assert staged.finish(made) == expected
    assert all(path.read_text() == "whole" for path in expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "pictures", "poses"]


def test_files_of_the_same_name_that_appear_meanwhile_are_kept(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("old")
    with Staging([tmp_path / "old.csv", tmp_path / "new.csv"]) as staged:
        for path in staged.paths:
            path.write_text("mine")
        (tmp_path / "new.csv").write_text("of another program")
        assert staged.finish(staged.paths) == [tmp_path / "old.csv", tmp_path / "new-2.csv"]
    assert (tmp_path / "old.csv").read_text() == (tmp_path / "new-2.csv").read_text() == "mine"
    assert (tmp_path / "new.csv").read_text() == "of another program"


def test_nothing_is_left_of_what_is_not_finished(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise StanceError(f"The output {path} cannot be written: No space left on device.")

    with pytest.raises(StanceError, match="No space left") as caught:
        write_staged(tmp_path / "a.csv", fail)
    assert str(caught.value) == f"The output {tmp_path / 'a.csv'} cannot be written: No space left on device."
    assert not list(tmp_path.iterdir())


def test_writers_that_begin_at_once_in_one_folder_keep_their_files(tmp_path: Path) -> None:
    """Each sweeps the folder, where the other's folder may exist already and not be locked yet."""
    start = threading.Barrier(4)

    def write(number: int) -> None:
        for turn in range(60):
            start.wait(60)
            write_staged(tmp_path / f"{number}-{turn}.csv", lambda path: path.write_text("whole"))

    with ThreadPoolExecutor(4) as pool:
        for written in [pool.submit(write, number) for number in range(4)]:
            written.result()
    expected = sorted(f"{number}-{turn}.csv" for number in range(4) for turn in range(60))
    assert sorted(path.name for path in tmp_path.iterdir()) == expected


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_partial_files_of_a_killed_process_are_named_as_such_and_removed_later(tmp_path: Path) -> None:
    (tmp_path / "stance-unfinished-notes").write_text("a file of the user")
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "a.csv"], cwd=ROOT, check=False, timeout=60)
    (left,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert left.name.startswith("stance-unfinished-")
    with Staging([tmp_path / "b.csv"]) as staged:
        assert not left.exists()
        sweep(tmp_path)
        assert staged.paths[0].parent.exists()  # in use
    assert [path.name for path in tmp_path.iterdir()] == ["stance-unfinished-notes"]
