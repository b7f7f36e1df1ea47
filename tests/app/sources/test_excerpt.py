"""A part of a file has the frames that were asked for, and seeking stays within them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.sources import Source
from app.sources.excerpt import Part
from app.sources.file import VideoFile
from app.sources.frame_cache import CachedSource
from app.sources.images import Images
from tests.app.sources.clips import make_clip, steady, torn_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """40 frames at 25 frames per second, with a key frame every 12."""
    return make_clip(tmp_path / "clip.mp4", steady(40), codec="libx264", options={"g": "12"})


def read_all(source: Source) -> list[int]:
    indices = []
    while (frame := source.read()) is not None:
        indices.append(frame.index)
    return indices


@pytest.mark.parametrize(
    ("part", "expected", "duration_s"),
    [
        (Part(limit=10), range(10), 0.4),
        (Part(limit=1), range(1), 0.04),
        (Part(limit=40), range(40), 1.6),
        (Part(limit=500), range(40), 1.6),
        (Part(start_s=0.4), range(10, 40), 1.6),
        (Part(start_s=0.4, limit=5), range(10, 15), 0.6),
        (Part(start_s=0.41, end_s=0.8), range(10, 20), 0.8),
        (Part(end_s=0.79), range(20), 0.79),
        (Part(end_s=0.8, limit=30), range(20), 0.8),
        (Part(end_s=0.8, limit=3), range(3), 0.12),
        (Part(end_s=99.0), range(40), 1.6),
        (Part(start_s=99.0), range(39, 40), 1.6),
    ],
)
@pytest.mark.parametrize("cached", [False, True])
def test_a_part_has_the_requested_frames_and_seeking_stays_within_them(
    clip: Path, part: Part, expected: range, duration_s: float, cached: bool
) -> None:
    file: Source = VideoFile(clip)
    source = part.of(CachedSource(file) if cached else file)
    assert read_all(source) == list(expected)
    assert source.read() is None
    assert source.frames == expected[-1] + 1
    assert source.duration_s == pytest.approx(duration_s)
    for seek, found in (
        (lambda: source.seek(0.0), expected[0]),
        (lambda: source.seek(99.0), expected[-1]),
        (lambda: source.seek(source.duration_s or 0.0), expected[-1]),
        (lambda: source.seek_index(0), expected[0]),
        (lambda: source.seek_index(99), expected[-1]),
        (lambda: source.seek_index(expected[-1] + 1), expected[-1]),
    ):
        seek()
        frame = source.read()
        assert frame is not None
        assert frame.index == found
    source.seek_index(0)
    assert read_all(source) == list(expected)
    source.close()
    assert source.read() is None


def test_the_whole_file_is_not_wrapped(clip: Path) -> None:
    source = VideoFile(clip)
    assert Part().of(source) is source
    source.close()


def test_a_part_of_a_folder_of_pictures_keeps_their_names(tmp_path: Path) -> None:
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((8, 8, 3), np.uint8))
    source = Part(start_s=1.0, limit=3).of(Images(tmp_path, "auto", "pictures"))
    assert source.still
    assert source.frames == 4
    assert [source.frame_name(index) for index in read_all(source)] == ["1.png", "2.png", "3.png"]
    source.seek_index(9)
    frame = source.read()
    assert frame is not None
    assert frame.index == 3
    source.close()


@pytest.mark.parametrize("cached", [False, True])
def test_a_limit_counts_the_frames_that_can_be_read(tmp_path: Path, cached: bool) -> None:
    file: Source = VideoFile(torn_clip(tmp_path))
    whole = read_all(file)
    lost = [index for index in range(60) if index not in whole]
    assert lost == list(range(14, 21))
    for limit, last in ((10, 9), (14, 13), (15, 21), (20, 26), (52, 58), (53, 59), (57, 59)):
        file.seek_index(0)
        source = Part(limit=limit).of(CachedSource(file) if cached else file)
        for _ in range(2):
            assert read_all(source) == whole[:limit]
            assert source.frames == last + 1
            assert source.duration_s == pytest.approx((last + 1) / 25)
            source.seek_index(0)
        source.seek(99.0)
        frame = source.read()
        assert frame is not None
        assert frame.index == last
        assert source.read() is None
    part = Part(start_s=0.4, end_s=1.0, limit=14)
    source = part.of(file)
    assert read_all(source) == [10, 11, 12, 13, *range(21, 25)]
    assert (source.frames, source.duration_s) == (25, 1.0)
    file.close()


def test_an_unreadable_picture_does_not_count(tmp_path: Path) -> None:
    for number in range(6):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "1.png").write_bytes(b"torn")
    source = Part(limit=3).of(Images(tmp_path, "auto", "pictures"))
    assert read_all(source) == [0, 2, 3]
    assert source.frames == 4
    source.close()
