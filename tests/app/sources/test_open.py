from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.header import source_file
from app.errors import StanceError
from app.sources import open_source
from tests.app.sources.clips import make_clip, steady


@pytest.mark.parametrize("text", ["nowhere.mp4", "", "   ", "a\0b", "x" * 5000, "no-such-folder/", "ftp://host/a.mp4"])
def test_what_is_not_there_is_one_sentence_that_names_it(text: str) -> None:
    with pytest.raises(StanceError) as caught:
        open_source(text)
    assert repr(text)[1:-1] in str(caught.value)
    assert "wanted" in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(b"x" * 100)
    path.chmod(0)
    with pytest.raises(StanceError, match=r"secret\.mp4"):
        open_source(str(path))


@pytest.mark.parametrize(
    "text",
    [
        r"\\server\share\clip.mp4",
        "//server/share/clip.mp4",
        r"C:\clips\anna@work.mp4",
        "~nobody-is-called-so/clip.mp4",
        "file:///no/such/clip.mp4",
        "file://server/share/clip.mp4",
    ],
)
def test_a_place_of_another_machine_is_a_name_and_told_as_it_was_written(text: str) -> None:
    with pytest.raises(StanceError) as caught:
        open_source(text)
    assert f"'{text}'" in str(caught.value)
    assert "There is no source" in str(caught.value)  # and not: no stream


def test_a_pattern_in_a_folder_of_nobody_is_one_sentence() -> None:
    with pytest.raises(StanceError, match="no picture in ~nobody-is-called-so"):
        open_source("~nobody-is-called-so/*.png")


@pytest.mark.parametrize("head", ["file://", "file://localhost", "FILE://"])
def test_the_address_of_a_file_is_that_file(tmp_path: Path, head: str) -> None:
    clip = make_clip(tmp_path / "a clip #1.mp4", steady(3))
    source = open_source(head + clip.as_uri().removeprefix("file://"))
    assert source.frames == 3
    assert source_file(source) == clip  # which no output may replace
    source.close()
