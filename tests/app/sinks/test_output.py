"""The message about a failed output states what is left of its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.overlay import DrawStyle
from app.sinks.opening import open_sink
from app.sinks.output import Output, keep_whole
from tests.app.sinks.people import blank, header, person, poses


def test_nothing_is_kept_of_files_that_are_gone(tmp_path: Path) -> None:
    assert keep_whole([], 3) == 0
    assert keep_whole([tmp_path / "gone.csv"], 3) == 0
    (tmp_path / "cut.csv").write_text("frame,pers", encoding="utf-8")
    assert keep_whole([tmp_path / "cut.csv"], 3) == 0
    assert not (tmp_path / "cut.csv").exists()


def test_an_output_without_a_file_does_not_say_that_frames_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    head = header()
    output = Output(open_sink(folder / "out.xlsx", head, DrawStyle(), None))
    for index in range(2):
        frame = blank(index, index / 25)
        output.write(frame, poses(frame, person(1, head.skeleton)))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()  # as when a disk is unplugged
    with pytest.raises(StanceError, match=r"cannot be written: .*\. Nothing of it is kept\.$"):
        output.close()
