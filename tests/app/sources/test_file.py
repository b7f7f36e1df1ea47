"""Reading and seeking of video files."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from app.sinks.film_clock import TIME_BASE
from app.sources import open_source
from app.sources.file import VideoFile
from tests.app.sources.clips import MICROSECOND, make_clip, number_of, read_all, steady

UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0, 2.04, 2.08, 2.9, 3.0, 3.5, 3.54]
FRAME = Fraction(1, 25)
OPEN_GOP = {"x264-params": "open-gop=1:keyint=9:bframes=3"}
KINDS = [
    pytest.param("a.mp4", {"codec": "libx264", "options": {"g": "12", "bf": "2"}}, id="h264-mp4"),
    pytest.param("a.mkv", {"codec": "libx264", "options": {"g": "7", "bf": "3"}}, id="h264-mkv"),
    pytest.param("a.mp4", {"codec": "libx264", "options": OPEN_GOP}, id="open"),
    pytest.param("a.ts", {"codec": "libx264", "options": {"g": "10", "bf": "2"}}, id="h264-ts"),
    pytest.param("a.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=9"}}, id="h265-mp4"),
    pytest.param("a.webm", {"codec": "libvpx-vp9", "options": {"g": "12", "cpu-used": "8"}}, id="vp9-webm"),
    pytest.param("a.webm", {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}}, id="vp8-alt"),
    pytest.param("a.avi", {"codec": "mpeg4", "options": {"g": "12"}}, id="mpeg4-avi"),
    pytest.param("a.mov", {"codec": "prores", "pix_fmt": "yuv422p10le"}, id="prores-mov"),
    pytest.param("a.h264", {"codec": "libx264", "options": {"bf": "2"}, "container": "h264"}, id="no-stamps"),
    # These store decoding timestamps only.
    pytest.param("a.avi", {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}}, id="xvid-avi"),
    pytest.param("a.avi", {"codec": "libx264", "options": {"g": "40", "bf": "3"}, "base": FRAME}, id="h264-avi"),
    pytest.param("a.avi", {"codec": "libx264", "options": OPEN_GOP, "base": FRAME}, id="h264-open-avi"),
    pytest.param("a.avi", {"codec": "mpeg2video", "options": {"g": "6", "bf": "2"}, "base": FRAME}, id="mpeg2-avi"),
    pytest.param("a.avi", {"codec": "ffv1", "pix_fmt": "bgr0", "base": FRAME}, id="key-frames-avi"),
    pytest.param("a.asf", {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}}, id="mpeg4-asf"),
    pytest.param("a.wmv", {"codec": "wmv2", "base": FRAME}, id="wmv"),
    pytest.param("a.m2v", {"codec": "mpeg2video", "options": {"bf": "2"}, "base": FRAME}, id="mpeg2-raw"),
    pytest.param("a.mpg", {"codec": "mpeg2video", "options": {"bf": "2", "g": "9"}, "base": FRAME}, id="mpeg2-ps"),
    pytest.param("a.nut", {"codec": "mpeg4", "options": {"bf": "2", "g": "12"}}, id="mpeg4-nut"),
    pytest.param("a.flv", {"codec": "flv", "base": FRAME}, id="flv"),
]


@pytest.mark.parametrize(("name", "how"), KINDS)
def test_every_frame_is_read_once_in_order_with_its_time(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    source = VideoFile(make_clip(tmp_path / name, steady(60), **how))  # type: ignore[arg-type]
    frames = read_all(source)
    assert [number_of(frame.image) for frame in frames] == list(range(60))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time_s for frame in frames] == pytest.approx(steady(60), abs=0.0011)
    assert source.size == (64, 48)
    source.close()


@pytest.mark.parametrize(("name", "how"), KINDS)
def test_seek_is_exact(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    source = VideoFile(make_clip(tmp_path / name, steady(60), **how))  # type: ignore[arg-type]
    frames = read_all(source)
    for wanted in [*frames[::-1], *frames[::7]]:
        source.seek(round(wanted.time_s, 6))
        for expected in frames[wanted.index : wanted.index + 2]:
            got = source.read()
            assert got is not None
            assert (got.index, got.time_s) == (expected.index, expected.time_s)
            assert np.array_equal(got.image, expected.image)
    source.close()


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_variable_frame_rate_keeps_its_timestamps(tmp_path: Path, name: str) -> None:
    source = VideoFile(make_clip(tmp_path / name, UNEVEN, options={"bf": "2"}))
    frames = read_all(source)
    assert [frame.time_s for frame in frames] == pytest.approx(UNEVEN, abs=0.0011)
    for between, index in ((0.45, 2), (1.299, 5), (2.5, 11), (99.0, 15), (-1.0, 0)):
        source.seek(between)
        frame = source.read()
        assert frame is not None
        assert (frame.index, number_of(frame.image)) == (index, index)
    source.close()


@pytest.mark.parametrize("name", ["burst.mkv", "burst.mp4"])
def test_frames_that_share_a_timestamp_do_not_shift_others(tmp_path: Path, name: str) -> None:
    """A burst of frames after a network delay; Matroska rounds timestamps to milliseconds, the nominal rate is 25."""
    burst = [0.0, 0.025, 0.05, 0.050001, 0.050002, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25]
    source = VideoFile(make_clip(tmp_path / name, burst, base=MICROSECOND))
    frames = read_all(source)
    times = [frame.time_s for frame in frames]
    assert times == pytest.approx(burst, abs=0.0011)
    assert np.diff(times).min() > TIME_BASE  # a video written from them keeps them distinct
    for wanted in frames[::-1]:
        source.seek(round(wanted.time_s, 6))
        got = source.read()
        assert got is not None
        assert (got.index, number_of(got.image)) == (wanted.index, wanted.index)
    source.close()


@pytest.mark.parametrize(
    ("name", "times", "options"),
    [
        ("dense.mp4", [i * 2e-5 for i in range(40)], {"g": "8", "bf": "2"}),
        ("uneven.mp4", [0.0, 0.004, 0.1, 0.11, 0.5, 0.500021, 0.500042, 1.7, 1.71, 3.0], {"g": "3"}),
        ("shared.mkv", [0.0, 0.025, 0.05, 0.050001, 0.050002, 0.050003, 0.075, 0.1], {"g": "1"}),
        ("steady.avi", steady(40), {"g": "12", "bf": "0"}),
    ],
)
def test_seek_by_index_is_exact(tmp_path: Path, name: str, times: list[float], options: dict[str, str]) -> None:
    source = VideoFile(
        make_clip(tmp_path / name, times, base=None if name.endswith("avi") else MICROSECOND, options=options)
    )
    frames = read_all(source)
    assert len(frames) == len(times)
    for wanted in [*frames[::-1], frames[3], frames[-1]]:
        source.seek_index(wanted.index)
        for expected in frames[wanted.index : wanted.index + 3]:
            got = source.read()
            assert got is not None
            assert (got.index, number_of(got.image)) == (expected.index, expected.index)
    source.seek_index(1000)
    last = source.read()
    assert last is not None
    assert last.index == frames[-1].index
    assert source.read() is None
    source.close()


def test_time_starts_at_zero(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "late.mkv", [t + 7.5 for t in steady(10)]))
    assert [frame.time_s for frame in read_all(source)] == pytest.approx(steady(10), abs=0.0011)


def test_metadata_of_the_container_is_read(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "a.mp4", steady(50)), name="typed")
    assert (source.name, source.frames, source.fps, source.live, source.still) == ("typed", 50, 25.0, False, False)
    assert source.duration_s == pytest.approx(2.0, abs=0.05)
    assert source.frame_name(3) == ""


def test_decoding_is_deterministic(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", steady(30))
    one, other = (b"".join(frame.image.tobytes() for frame in read_all(VideoFile(path))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "name", ["with space.mp4", "new\nline.mp4", "100%04d.mp4", "a[1]*?.mp4", "mensch-🧍.mp4", "x:y.mp4"]
)
def test_special_characters_in_file_names(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / "plain.mp4", steady(5)).rename(tmp_path / name)
    source = open_source(str(path))
    assert isinstance(source, VideoFile)
    assert len(read_all(source)) == 5


def test_close_ends_a_read_in_another_thread(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "a.mp4", steady(250)))
    counted: list[int] = []
    reader = threading.Thread(target=lambda: counted.append(len(read_all(source))))
    reader.start()
    source.close()
    source.close()
    reader.join(timeout=10)
    assert not reader.is_alive()
    assert source.read() is None
    source.seek(0.0)
    assert source.read() is None


@pytest.mark.slow
def test_shared_clips_are_complete(shared: Path) -> None:
    for path in sorted((shared / "data" / "videos").glob("*.mp4")):
        source = VideoFile(path)
        frames = sum(1 for _ in iter(source.read, None))
        assert frames == source.frames, path.name
