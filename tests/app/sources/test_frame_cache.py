"""A file with a memory gives the same frames as without, and goes back without decoding again."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from app.people import Frame
from app.sources.file import VideoFile
from app.sources.kept import Kept
from tests.app.sources.clips import make_clip, steady

FRAMES = 60
FRAME_BYTES = 64 * 48 * 3


class Counted(VideoFile):
    """Counts how often the file is gone to and decoded."""

    seeks = reads = 0

    def seek(self, time_s: float) -> None:
        self.seeks += 1
        super().seek(time_s)

    def read(self) -> Frame | None:
        self.reads += 1
        return super().read()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("kept") / "a.mp4", steady(FRAMES), codec="libx264", options={"g": "12", "bf": "2"}
    )


@pytest.mark.parametrize("most", [1, 10, 1000])
def test_wherever_one_goes_the_frames_are_those_of_the_file(clip: Path, most: int) -> None:
    plain = VideoFile(clip)
    frames = list(iter(plain.read, None))
    plain.close()
    kept = Kept(VideoFile(clip), most * FRAME_BYTES)
    chance = random.Random(7)
    for _ in range(120):
        place = chance.randrange(FRAMES)
        kept.seek(frames[place].time_s + chance.choice([0.0, 0.01]))
        for expected in frames[place : place + chance.randrange(1, 9)]:
            got = kept.read()
            assert got is not None
            assert (got.index, got.time_s) == (expected.index, expected.time_s)
            assert np.array_equal(got.image, expected.image)
    kept.seek(frames[-1].time_s)
    assert kept.read() is not None
    assert kept.read() is None
    kept.close()


def test_going_back_to_what_was_seen_decodes_nothing(clip: Path) -> None:
    source = Counted(clip)
    kept = Kept(source)
    frames = [kept.read() for _ in range(40)]
    source.reads = 0
    for frame in frames[-2::-1]:
        assert frame is not None
        kept.seek(frame.time_s)
        assert kept.read() is frame
    assert (source.seeks, source.reads) == (0, 0)
    kept.close()


def test_stepping_back_beyond_what_is_kept_goes_to_the_file_once_for_many(clip: Path) -> None:
    source = Counted(clip)
    kept = Kept(source, 20 * FRAME_BYTES)
    frames = [kept.read() for _ in range(FRAMES)]
    for frame in frames[-2:20:-1]:
        assert frame is not None
        kept.seek(frame.time_s)
        got = kept.read()
        assert got is not None
        assert got.index == frame.index
    assert source.seeks <= 5
    kept.close()


def test_after_the_end_of_it_there_is_nothing(clip: Path) -> None:
    kept = Kept(VideoFile(clip))
    kept.read()
    kept.seek(0.0)
    kept.close()
    assert kept.read() is None
