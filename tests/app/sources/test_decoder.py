"""Which files are decoded, which are refused, and what a stream without timestamps or key frames gives."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from app.core.errors import StanceError
from app.sources import SourceEvent, open_source
from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, number_of, numbered, pictures, read_all, steady, write_clip


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("a.h264", "libx264", "h264"), ("a.m2v", "mpeg2video", None), ("a.m4v", "mpeg4", "m4v")],
)
@pytest.mark.parametrize("rate", [24, 30, 50])
def test_raw_stream_has_the_rate_in_its_headers(
    tmp_path: Path, name: str, codec: str, container: str | None, rate: int
) -> None:
    frames = pictures([numbered(number) for number in range(30)])
    source = VideoFile(write_clip(tmp_path / name, frames, codec=codec, container=container, fps=rate))
    events: list[SourceEvent] = []
    source = VideoFile(tmp_path / name, notify=events.append)
    assert (source.fps, source.frames) == (rate, 30)
    assert source.duration_s == pytest.approx(30 / rate)
    assert [frame.time_s for frame in read_all(source)] == pytest.approx(steady(30, rate), abs=1e-6)
    assert events == []


def test_raw_stream_without_a_rate_gives_a_notice(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mjpeg", pictures([numbered(1)] * 5), codec="mjpeg", pix_fmt="yuvj420p", fps=10)
    events: list[SourceEvent] = []
    source = VideoFile(path, notify=events.append)
    assert events == []  # the caller may not handle events yet
    assert [frame.time_s for frame in read_all(source)] == pytest.approx(steady(5), abs=1e-6)
    assert [event.state for event in events] == ["notice"]
    assert "a.mjpeg does not state its frame rate: 25 fps is assumed." in events[0].message


def test_joined_recordings_follow_each_other(tmp_path: Path) -> None:
    """Two recordings joined by concatenating their bytes: the timestamps of the second one start again."""
    parts = [steady(80, 25), steady(80, 50)]
    data = b""
    for number, times in enumerate(parts):
        data += make_clip(tmp_path / f"{number}.ts", times, options={"g": "10", "bf": "2"}).read_bytes()
    (tmp_path / "both.ts").write_bytes(data)
    source = VideoFile(tmp_path / "both.ts")
    frames = read_all(source)
    assert [number_of(frame.image) for frame in frames] == [*range(80), *range(80)]
    assert [frame.time_s for frame in frames] == pytest.approx([*parts[0], *(3.2 + time_s for time_s in parts[1])])
    for wanted in frames[3::31]:
        source.seek(round(wanted.time_s, 6))
        got = source.read()
        assert got is not None
        assert (got.index, number_of(got.image)) == (wanted.index, number_of(wanted.image))


def test_non_video_files_are_refused(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", steady(50)).read_bytes()
    spoilt = {
        "empty.mp4": b"",
        "text.mp4": b"hello " * 1000,
        "text.txt": b"hello\n" * 1000,
        "noise.mkv": bytes(np.random.default_rng(0).integers(0, 256, 10_000, dtype=np.uint8)),
        "headless.mp4": whole[: len(whole) // 2],  # the index of such a file is at its end
    }
    for name, data in spoilt.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(StanceError) as caught:
            open_source(str(tmp_path / name))
        assert name in str(caught.value)
        assert "wanted a video" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_audio_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tone.m4a"
    with av.open(str(path), "w", format="mp4") as output:
        track = output.add_stream("aac", rate=48000, layout="mono")
        piece = av.AudioFrame.from_ndarray(np.zeros((1, 4096), dtype=np.int16), format="s16", layout="mono")
        piece.sample_rate = 48000
        output.mux(track.encode(piece))
        output.mux(track.encode(None))
    with pytest.raises(StanceError, match="no video stream"):
        open_source(str(path))


def test_playlist_is_refused(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.ts", steady(20))
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(StanceError):
        open_source(str(tmp_path / "list.m3u8"))


def test_too_large_frames_are_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mkv", [0.0], codec="ffv1", pix_fmt="gray", size=(16400, 16))
    with pytest.raises(StanceError, match=r"16400x16.*at most 16384"):
        VideoFile(path)


NULL_PACKET = b"\x47\x1f\xff\x10" + bytes(184)
BYTES_READ = Path("/proc/self/io")


def bytes_read() -> int:
    """The number of bytes that this process has read so far."""
    return int(BYTES_READ.read_text().split()[1])


@pytest.mark.skipif(not BYTES_READ.exists(), reason="The system does not count the bytes that a process reads.")
def test_broadcast_that_starts_between_key_frames_is_not_read_whole(tmp_path: Path) -> None:
    """A recording of a broadcast starts anywhere; padding stands for the size of a long one."""
    whole = make_clip(tmp_path / "whole.ts", steady(200), options={"g": "50", "bf": "2"}).read_bytes()
    packets = [whole[start : start + 188] for start in range(0, len(whole), 188)]
    cut = packets[:2] + packets[40:]  # the tables of the stream, and what follows later
    path = tmp_path / "cut.ts"
    path.write_bytes(b"".join(packet + 600 * NULL_PACKET for packet in cut))
    size = path.stat().st_size
    assert size > 30_000_000
    before = bytes_read()
    source = VideoFile(path)
    assert bytes_read() - before < size / 2
    frames = read_all(source)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(numbers[0], 200))
    assert numbers[0] > 0
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(1 / 25, abs=1e-4)
    source.seek_index(1)
    for wanted in (*frames[::-31], frames[-2]):
        before = bytes_read()
        source.seek_index(wanted.index)
        got = source.read()
        assert got is not None
        assert (got.index, got.time_s) == (wanted.index, wanted.time_s)
        assert bytes_read() - before < 0.6 * size
    source.close()
