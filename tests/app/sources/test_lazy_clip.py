"""Reading a clip again gives the same frames, and decodes only images that are accessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Frame
from app.sources import Source, lazy_clip
from app.sources.file import VideoFile
from app.sources.lazy_clip import FrameList, LazyClip
from tests.app.sources.clips import make_clip, number_of, steady

COUNT = 60


class CountingOpener:
    """Opens the clip and counts decoded frames."""

    def __init__(self, path: Path) -> None:
        self.path, self.decoded, self.opened = path, 0, 0

    def __call__(self) -> Source:
        self.opened += 1
        source, counter = VideoFile(self.path), self

        class Counting(VideoFile):
            def read(self) -> Frame | None:
                frame = super().read()
                counter.decoded += frame is not None
                return frame

        source.__class__ = Counting
        return source


@pytest.fixture
def counted(tmp_path: Path) -> CountingOpener:
    return CountingOpener(make_clip(tmp_path / "clip.mp4", steady(COUNT), options={"g": "12"}))


def read_all(source: Source) -> list[Frame]:
    return list(iter(source.read, None))


def read_once(counted: CountingOpener) -> FrameList:
    known = FrameList()
    clip = LazyClip(counted, known)
    assert len(read_all(clip)) == COUNT
    clip.close()
    assert counted.decoded == COUNT
    counted.decoded = 0
    return known


def test_known_frames_are_not_decoded(counted: CountingOpener) -> None:
    known = read_once(counted)
    again = read_all(LazyClip(counted, known))
    assert counted.decoded == 0
    plain = read_all(VideoFile(counted.path))
    assert [(f.index, f.time_s, f.size) for f in again] == [(f.index, f.time_s, f.size) for f in plain]


@pytest.mark.parametrize("wanted", [[0, 1, 2], [20], [59, 3, 58], [10, 9, 11, 8], list(range(COUNT))], ids=str)
@pytest.mark.parametrize("far", [lazy_clip.FAR, 5])
def test_lazy_image_equals_the_decoded_one(
    counted: CountingOpener, wanted: list[int], far: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy_clip, "FAR", far)
    known = read_once(counted)
    frames = read_all(LazyClip(counted, known))
    plain = read_all(VideoFile(counted.path))
    for index in wanted:
        assert number_of(frames[index].image) == index
        np.testing.assert_array_equal(frames[index].image, plain[index].image)
        assert frames[index].image.shape[1::-1] == frames[index].size
    assert counted.decoded <= 2 * COUNT


def test_partly_read_clip_continues_where_it_stopped(counted: CountingOpener) -> None:
    known = FrameList()
    first = LazyClip(counted, known)
    for _ in range(25):
        first.read()
    first.close()
    counted.decoded = 0
    again = read_all(LazyClip(counted, known))
    assert [number_of(frame.image) for frame in again[25:]] == list(range(25, COUNT))
    assert [frame.index for frame in again] == list(range(COUNT))
    assert known.ended
    counted.decoded = 0
    read_all(LazyClip(counted, known))
    assert counted.decoded == 0


def test_inexact_seek_falls_back_to_reading_from_the_start(
    counted: CountingOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = read_once(counted)
    monkeypatch.setattr(lazy_clip, "FAR", 5)
    monkeypatch.setattr(VideoFile, "seek_index", lambda self, index: self.seek(0.5))
    frames = read_all(LazyClip(counted, known))
    assert number_of(frames[40].image) == 40


def test_after_a_seek_every_frame_is_decoded(counted: CountingOpener) -> None:
    known = read_once(counted)
    for seek in (lambda clip: clip.seek(1.0), lambda clip: clip.seek_index(25)):
        clip = LazyClip(counted, known)
        seek(clip)
        frame = clip.read()
        assert frame is not None
        assert type(frame) is Frame
        assert number_of(frame.image) == frame.index == 25


def test_changed_or_closed_clip_is_an_error(counted: CountingOpener, tmp_path: Path) -> None:
    known = read_once(counted)
    frames = read_all(LazyClip(CountingOpener(make_clip(tmp_path / "short.mp4", steady(10))), known))
    with pytest.raises(StanceError):
        _ = frames[30].image
    clip = LazyClip(counted, known)
    frame = clip.read()
    clip.close()
    assert frame is not None
    with pytest.raises(StanceError):
        _ = frame.image
