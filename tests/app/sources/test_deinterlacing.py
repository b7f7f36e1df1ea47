"""Interlaced videos: each frame consists of two fields taken at different times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.people import Image
from app.sources import SourceEvent
from app.sources.file import VideoFile
from tests.app.sources.clips import number_of, numbered, pictures, steady, write_clip

SIZE = (128, 96)
INTERLACED = {"flags": "+ildct+ilme", "x264-params": "tff=1:bframes=2:keyint=10", "crf": "5"}
KINDS = pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", INTERLACED),
        ("a.ts", "libx264", INTERLACED),
        ("a.avi", "libx264", INTERLACED),
        ("a.mpg", "mpeg2video", {"flags": "+ildct+ilme", "bf": "2", "g": "9", "b": "8M"}),
        ("a.m2v", "mpeg2video", {"flags": "+ildct+ilme", "bf": "2", "g": "9", "b": "8M"}),
    ],
)


def moving_post(number: int, step: float) -> Image:
    """The bars of ``number`` below, and above them a white post that moves 12 pixels to the right per frame."""
    image = numbered(number, *SIZE)
    image[: SIZE[1] // 2] = 0
    left = 4 + round(12 * ((number + step) % 8))
    image[8:40, left : left + 12] = 255
    return image


def interlaced(number: int) -> Image:
    """An interlaced image: even rows at frame ``number``, odd rows half a frame later."""
    image = moving_post(number, 0.0)
    image[1::2] = moving_post(number, 0.5)[1::2]
    return image


def comb_strength(image: Image) -> float:
    """The mean difference between rows of the post and their neighbor rows."""
    rows = image[10:38].astype(float)
    return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())


@KINDS
def test_interlaced_frames_are_deinterlaced(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    events: list[SourceEvent] = []
    path = write_clip(tmp_path / name, pictures([interlaced(n) for n in range(40)]), codec=codec, options=options)
    source = VideoFile(path, notify=events.append)
    frames = list(iter(source.read, None))
    assert [number_of(frame.image[48:]) for frame in frames] == list(range(40))
    assert [frame.index for frame in frames] == list(range(40))
    assert [frame.time_s for frame in frames] == pytest.approx(steady(40), abs=0.0011)
    assert comb_strength(interlaced(7)) > 20
    assert max(comb_strength(frame.image) for frame in frames) < 6
    assert [event.message for event in events] == [f"{path} is interlaced: its frames are deinterlaced."]


@KINDS
def test_seek_gives_the_same_image(tmp_path: Path, name: str, codec: str, options: dict[str, str]) -> None:
    """De-interlacing uses the neighbor frames, also after a seek past them."""
    path = write_clip(tmp_path / name, pictures([interlaced(n) for n in range(40)]), codec=codec, options=options)
    source = VideoFile(path)
    frames = list(iter(source.read, None))
    for wanted in [*frames[::-3], *frames[::7]]:
        source.seek(round(wanted.time_s, 6))
        got = source.read()
        assert got is not None
        assert (got.index, got.time_s) == (wanted.index, wanted.time_s)
        assert np.array_equal(got.image, wanted.image)


def test_progressive_frames_are_unchanged(tmp_path: Path) -> None:
    events: list[SourceEvent] = []
    images = [interlaced(n) for n in range(10)]
    path = write_clip(tmp_path / "a.mkv", pictures(images), codec="ffv1", pix_fmt="bgr0")
    source = VideoFile(path, notify=events.append)
    assert all(np.array_equal(frame.image, images[frame.index]) for frame in iter(source.read, None))
    assert events == []


def test_video_that_changes_to_interlaced_and_in_size(tmp_path: Path) -> None:
    """A broadcast that changes from progressive to interlaced, and to another size."""
    parts = [{"crf": "5"}, INTERLACED, INTERLACED]
    data = b""
    for number, options in enumerate(parts):
        images = [interlaced(n)[: 96 if number < 2 else 64] for n in range(10 * number, 10 * number + 10)]
        data += write_clip(tmp_path / f"{number}.ts", pictures(images), options=options).read_bytes()
    (tmp_path / "all.ts").write_bytes(data)
    frames = list(iter(VideoFile(tmp_path / "all.ts").read, None))
    assert len(frames) == 30
    assert comb_strength(frames[5].image) > 20
    assert max(comb_strength(frame.image) for frame in frames[10:20]) < 6
    assert {frame.image.shape for frame in frames} == {(96, 128, 3)}


def test_video_too_small_for_the_filter_plays(tmp_path: Path) -> None:
    options = {"flags": "+ildct+ilme"}
    path = write_clip(
        tmp_path / "a.m2v", pictures([np.zeros((2, 2, 3), np.uint8)] * 3), codec="mpeg2video", options=options
    )
    assert len(list(iter(VideoFile(path).read, None))) == 3
