"""Opening sources by the text that the user types."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.engine.header import source_file
from app.sources import open_source
from tests.app.sources.clips import make_clip, steady
from tests.app.sources.test_images import picture, save


@pytest.mark.parametrize("text", ["nowhere.mp4", "", "   ", "a\0b", "x" * 5000, "no-such-folder/", "ftp://host/a.mp4"])
def test_missing_source_is_named_in_the_error(text: str) -> None:
    with pytest.raises(StanceError) as caught:
        open_source(text)
    assert repr(text)[1:-1] in str(caught.value)
    assert "wanted" in str(caught.value)


def test_unreadable_file_is_named_in_the_error(tmp_path: Path) -> None:
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
def test_foreign_paths_are_quoted_as_they_were_typed(text: str) -> None:
    with pytest.raises(StanceError) as caught:
        open_source(text)
    assert f"'{text}'" in str(caught.value)
    assert "There is no source" in str(caught.value)  # and not that there is no stream


def test_pattern_in_an_unknown_home_folder_is_an_error() -> None:
    with pytest.raises(StanceError, match="no image in ~nobody-is-called-so"):
        open_source("~nobody-is-called-so/*.png")


@pytest.mark.parametrize("head", ["file://", "file://localhost", "FILE://"])
def test_file_url_opens_that_file(tmp_path: Path, head: str) -> None:
    clip = make_clip(tmp_path / "a clip #1.mp4", steady(3))
    source = open_source(head + clip.as_uri().removeprefix("file://"))
    assert source.frames == 3
    assert source_file(source) == clip  # so that no output can replace it
    source.close()


@pytest.mark.parametrize("name", ["001", "0", "7"])
def test_existing_path_takes_precedence_over_a_camera_number(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    save(tmp_path / name / "a.png", picture(7))
    monkeypatch.chdir(tmp_path)
    for text in (name, f"{name}/"):
        source = open_source(text)
        assert (source.still, source.name, source.frame_name(0)) == (True, text, "a.png")
    (tmp_path / name / "a.png").rename(tmp_path / "b.png")
    (tmp_path / name).rmdir()
    with pytest.raises(StanceError, match=f"There is no camera {name}"):
        open_source(name)
    (tmp_path / "b.png").rename(tmp_path / name)
    assert open_source(name).still


@pytest.mark.parametrize("sequence", ["%04d.jpg", "frames/img_%d.png", "a/%08d/b_%2d.tif"])
def test_printf_sequence_error_suggests_a_glob_pattern(
    tmp_path: Path, sequence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2, 3):
        path = tmp_path / re.sub(r"%(\d*)d", f"{number:04d}", sequence)
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, picture(number))
    with pytest.raises(StanceError) as caught:
        open_source(sequence)
    assert f"'{sequence}'" in str(caught.value)
    (pattern,) = re.findall(r"as the pattern '(.*)'\.$", str(caught.value))
    assert open_source(pattern).frames == 3


def test_file_named_like_a_printf_sequence_opens(tmp_path: Path) -> None:
    save(tmp_path / "%04d.png", picture(7))
    assert open_source(str(tmp_path / "%04d.png")).frames == 1
