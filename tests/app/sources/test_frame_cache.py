"""A cached source gives the same frames as without the cache, and steps back without decoding again."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from app.core.people import Frame
from app.sources.file import VideoFile
from app.sources.frame_cache import CachedSource
from tests.app.sources.clips import make_clip, steady

FRAMES = 60
FRAME_BYTES = 64 * 48 * 3


class CountingFile(VideoFile):
    """Counts seeks and decoded frames."""

    seeks = reads = 0

    def seek(self, time_s: float) -> None:
        self.seeks += 1
        super().seek(time_s)

    def seek_index(self, index: int) -> None:
        self.seeks += 1
        super().seek_index(index)

    def read(self) -> Frame | None:
        self.reads += 1
        return super().read()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(
        tmp_path_factory.mktemp("kept") / "a.mp4", steady(FRAMES), codec="libx264", options={"g": "12", "bf": "2"}
    )


@pytest.mark.parametrize("max_frames", [1, 10, 1000])
def test_cached_frames_equal_those_of_the_file(clip: Path, max_frames: int) -> None:
    plain = VideoFile(clip)
    frames = list(iter(plain.read, None))
    plain.close()
    cached = CachedSource(VideoFile(clip), max_frames * FRAME_BYTES)
    chance = random.Random(7)
    for _ in range(120):
        position = chance.randrange(FRAMES)
        cached.seek(frames[position].time_s + chance.choice([0.0, 0.01]))
        for expected in frames[position : position + chance.randrange(1, 9)]:
            got = cached.read()
            assert got is not None
            assert (got.index, got.time_s) == (expected.index, expected.time_s)
            assert np.array_equal(got.image, expected.image)
        position = chance.randrange(FRAMES)
        cached.seek_index(position)
        for expected in frames[position : position + chance.randrange(1, 9)]:
            got = cached.read()
            assert got is not None
            assert got.index == expected.index
            assert np.array_equal(got.image, expected.image)
    cached.seek(frames[-1].time_s)
    assert cached.read() is not None
    assert cached.read() is None
    cached.close()


def test_stepping_back_in_the_cache_decodes_nothing(clip: Path) -> None:
    source = CountingFile(clip)
    cached = CachedSource(source)
    frames = [cached.read() for _ in range(40)]
    source.reads = 0
    for frame in frames[-2::-1]:
        assert frame is not None
        cached.seek(frame.time_s)
        assert cached.read() is frame
    assert (source.seeks, source.reads) == (0, 0)
    cached.close()


def test_stepping_back_beyond_the_cache_seeks_rarely(clip: Path) -> None:
    source = CountingFile(clip)
    cached = CachedSource(source, 20 * FRAME_BYTES)
    frames = [cached.read() for _ in range(FRAMES)]
    for frame in frames[-2:20:-1]:
        assert frame is not None
        cached.seek(frame.time_s)
        got = cached.read()
        assert got is not None
        assert got.index == frame.index
    assert source.seeks <= 5
    cached.close()


def test_closed_source_returns_none(clip: Path) -> None:
    cached = CachedSource(VideoFile(clip))
    cached.read()
    cached.seek(0.0)
    cached.close()
    assert cached.read() is None
