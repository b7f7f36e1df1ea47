"""Numbers and times of the frames of an AVI file in which frames are lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest

from app.sources import SourceEvent
from app.sources.file import VideoFile
from tests.app.sources.clips import number_of, numbered, pictures, read_all, write_clip

FRAME = Fraction(1, 25)


def test_dropped_frames_of_an_avi_leave_gaps_in_time(tmp_path: Path) -> None:
    """A recorder writes an empty chunk for a missed frame: the last one stays on screen."""
    with av.open(str(tmp_path / "a.avi"), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in (0, 1, 2, 6, 7):
            packet = av.Packet(cv2.imencode(".jpg", numbered(number))[1].tobytes())
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, FRAME
            packet.is_keyframe = True
            output.mux(packet)
    source = VideoFile(tmp_path / "a.avi")
    frames = read_all(source)
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 6, 7]
    assert [frame.time_s for frame in frames] == pytest.approx([n / 25 for n in (0, 1, 2, 6, 7)], abs=1e-6)
    for wanted in frames[::-1]:
        source.seek(wanted.time_s)
        got = source.read()
        assert got is not None
        assert (got.index, got.time_s, number_of(got.image)) == (wanted.index, wanted.time_s, number_of(wanted.image))


def without_chunk_headers(data: bytes, first: int, count: int) -> bytes:
    """An AVI in which the demuxer cannot find ``count`` video chunks, as after damage on a disk; its index is whole."""
    spoilt = bytearray(data)
    offset = data.index(b"movi")
    for number in range(first + count):
        offset = data.index(b"00dc", offset + 4)
        if number >= first:
            spoilt[offset : offset + 8] = bytes(8)
    return bytes(spoilt)


@pytest.mark.parametrize(
    ("codec", "options"),
    [("mjpeg", {}), ("mpeg4", {"g": "6", "bf": "2"}), ("libx264", {"g": "6", "bf": "2"}), ("libx264", {"g": "60"})],
)
def test_frames_after_lost_chunks_of_an_avi_keep_their_numbers_and_times(
    tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    images = pictures([numbered(number) for number in range(60)])
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_clip(tmp_path / "a.avi", images, codec=codec, options=options, pix_fmt=pix_fmt)
    path.write_bytes(without_chunk_headers(path.read_bytes(), 20, 7))
    events: list[SourceEvent] = []
    source = VideoFile(path, notify=events.append)
    frames = read_all(source)
    assert 40 <= len(frames) <= 54
    if options.get("g") != "60":  # with a single key frame nothing after the hole can be decoded right
        whole = [frame for frame in frames if not 17 <= frame.index < 36]
        assert [number_of(frame.image) for frame in whole] == [*range(17), *range(36, 60)]
        assert [frame.index for frame in whole] == [*range(17), *range(36, 60)]
    assert [frame.time_s for frame in frames] == pytest.approx([frame.index / 25 for frame in frames], abs=1e-6)
    assert frames[-1].index == 59
    start_s, end_s = events[-1].spans[0]
    assert 17 / 25 <= start_s < 27 / 25 <= end_s
    for wanted in (*frames[::-5], *frames[::7]):
        source.seek_index(wanted.index)
        got = source.read()
        assert got is not None
        assert got.index == wanted.index
        assert got.time_s == pytest.approx(wanted.time_s)
        source.seek(wanted.time_s)
        got = source.read()
        assert got is not None
        assert got.index == wanted.index
    source.close()
