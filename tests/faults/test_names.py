"""File names that are hard to type, print or store."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.app.sources.clips import make_clip, steady
from tests.faults.runs import Headless, arguments, child, finished, lines

STEMS = {
    "spaces": "  a  b ",
    "newline": "a\nb",
    "emoji": "mensch-\U0001f9cd\u200d\u2640\ufe0f",
    "percent": "100%",
    "percent d": "100%d",
    "quotes": "a'b\"c`d",
    "right to left": "\u202e\u05d0\u05d1",
    "dash": "--limit",
    "dots": "..a..",
    "colon": "http:a",
    "glob": "[a]*?",
    "at": "0@1280x720",
    "long": "x" * 245,
}
FORMS = (".mp4", ".mkv", ".jsonl", ".csv", ".json", ".trc")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="this system forbids most of these file names")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "a.mp4", steady(3))


@pytest.mark.parametrize("stem", STEMS.values(), ids=STEMS)
def test_video_and_outputs_of_any_name(tmp_path: Path, headless: Headless, clip: Path, stem: str) -> None:
    source = tmp_path / f"{stem}.mp4"
    source.write_bytes(clip.read_bytes())
    folder = tmp_path / "out"
    folder.mkdir()
    outputs = tuple(folder / f"{stem}{ending}" for ending in FORMS)
    headless(source, *outputs).played(3)
    assert {path.name for path in folder.iterdir()} == {path.name for path in outputs}
    assert lines(folder / f"{stem}.jsonl")[0]["source"] == str(source)
    with av.open(f"file:{outputs[0]}") as video:
        assert sum(1 for _ in video.decode(video=0)) == 3


@pytest.mark.parametrize("stem", STEMS.values(), ids=STEMS)
def test_picture_of_any_name(tmp_path: Path, headless: Headless, stem: str) -> None:
    source = tmp_path / f"{stem}.png"
    source.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
    headless(source, tmp_path / "out.jsonl").played(1)
    assert lines(tmp_path / "out.jsonl")[1]["name"] == source.name


@pytest.mark.parametrize("stem", [*STEMS.values(), "x" * 300], ids=[*STEMS, "too long"])
def test_missing_file_of_any_name_gives_one_line(tmp_path: Path, headless: Headless, stem: str) -> None:
    done = headless(tmp_path / f"{stem}.mp4")
    done.refused()
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("stem", STEMS.values(), ids=STEMS)
def test_broken_file_of_any_name_gives_one_line(tmp_path: Path, headless: Headless, stem: str) -> None:
    for ending in (".mp4", ".png"):
        (tmp_path / f"{stem}{ending}").write_bytes(b"nothing")
        done = headless(tmp_path / f"{stem}{ending}")
        done.refused("wanted")
        assert done.err.count("\n") == 1
    (tmp_path / f"{stem}.onnx").write_bytes(b"nothing")
    headless("demo", more=("--pose", str(tmp_path / f"{stem}.onnx"))).refused()


TOO_LONG = "x" * 300


@pytest.mark.parametrize("option", ["--source", "--pose", "--detector", "--fetch"])
def test_argument_longer_than_file_names_gives_one_line(headless: Headless, clip: Path, option: str) -> None:
    for text in (TOO_LONG, f"{TOO_LONG}.onnx"):
        run = headless(text) if option == "--source" else headless(clip, more=(option, text))
        run.refused(TOO_LONG)


def test_output_with_a_too_long_name_is_refused(tmp_path: Path, headless: Headless, clip: Path) -> None:
    for ending in FORMS:
        headless(clip, tmp_path / ("x" * 300 + ending)).refused("too long")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="this system stores names as text")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_name_that_is_not_utf8(tmp_path: Path, made_pose: Path, clip: Path, encoding: str) -> None:
    """A name in Latin-1 bytes, on a UTF-8 and on an ASCII terminal."""
    name = os.fsdecode(b"caf\xe9")
    picture = tmp_path / f"{name}.png"
    picture.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), 90, np.uint8))[1].tobytes())
    (tmp_path / f"{name}.mp4").write_bytes(clip.read_bytes())
    outputs = tuple(tmp_path / f"out-{name}{ending}" for ending in FORMS)
    terminal = {"PYTHONIOENCODING": encoding}
    runs = [(picture, outputs), (tmp_path / f"{name}.mp4", ()), (tmp_path / f"no-{name}.mp4", ())]
    started = [child(arguments(made_pose, source, paths), environment=terminal) for source, paths in runs]
    photo, video, missing = map(finished, started)
    photo.played(1)
    assert len(lines(tmp_path / f"out-{name}.jsonl")) == 2
    video.played(3)
    missing.refused("no-caf")
