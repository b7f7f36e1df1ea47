"""Damage that the demuxer of Matroska files skips without an error."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.people import Frame
from app.sources import SourceEvent
from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, number_of, numbered, steady

KINDS = [
    ("a.webm", "libvpx-vp9", {"cpu-used": "8"}),
    ("a.webm", "libvpx", {"cpu-used": "8"}),
    ("a.mkv", "libx265", {"x265-params": "log-level=none:keyint=5"}),
    ("a.mkv", "mpeg4", {}),
]


def read_all(path: Path) -> tuple[list[Frame], list[SourceEvent]]:
    events: list[SourceEvent] = []
    source = VideoFile(path, notify=events.append)
    frames = list(iter(source.read, None))
    source.close()
    return frames, events


@pytest.mark.slow
@pytest.mark.parametrize("sound", ["", "libopus"])
@pytest.mark.parametrize(("name", "codec", "options"), KINDS)
def test_lost_frames_are_reported(tmp_path: Path, name: str, codec: str, options: dict[str, str], sound: str) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    path = make_clip(
        tmp_path / name,
        steady(100),
        size=(320, 240),
        codec=codec,
        options={"g": "5", "b": "4000000"} | options,
        image=noise,
        sound=sound,
        sound_s=4.0 if sound else 0.0,
    )
    assert read_all(path)[1] == []
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 40_000] = bytes(40_000)
    path.write_bytes(data)
    frames, events = read_all(path)
    times = [frame.time_s for frame in frames]
    gap = int(np.argmax(np.diff(times)))
    assert times[gap + 1] - times[gap] > 0.1
    assert any(start < times[gap + 1] - 0.02 and times[gap + 1] - 0.02 < end for start, end in events[-1].spans)


def test_uneven_times_are_no_damage(tmp_path: Path) -> None:
    """A screen recording with sound."""
    uneven = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0, 2.04, 2.08, 2.9, 3.0, 3.5, 3.54]
    frames, events = read_all(make_clip(tmp_path / "a.mkv", uneven, sound="flac", sound_s=4.0))
    assert len(frames) == len(uneven)
    assert events == []


def element(name: int, content: bytes) -> bytes:
    """An EBML element, with its size in eight bytes."""
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + struct.pack(">Q", 1 << 56 | len(content)) + content


def number(name: int, value: int) -> bytes:
    """An EBML element that holds a number."""
    return element(name, value.to_bytes(4, "big"))


def block(track: int, time_ms: int, data: bytes, laced: int = 0) -> bytes:
    """A block of ``data``, which consists of ``laced`` frames of one size where that is not 0."""
    head = struct.pack(">BhB", 0x80 | track, time_ms, 0x84 if laced else 0x80)
    return element(0xA3, head + (bytes([laced - 1]) if laced else b"") + data)


def test_several_frames_of_sound_in_one_block_are_not_skipped_bytes(tmp_path: Path) -> None:
    """Some programs write several frames of sound into a block, which has one position."""
    video = number(0xD7, 1) + number(0x73C5, 1) + number(0x83, 1) + element(0x86, b"V_MJPEG")
    video += element(0xE0, number(0xB0, 64) + number(0xBA, 48)) + number(0x23E383, 40_000_000)
    rate = element(0xB5, struct.pack(">d", 96000.0))
    sound = number(0xD7, 2) + number(0x73C5, 2) + number(0x83, 2) + element(0x86, b"A_PCM/INT/LIT")
    sound += element(0xE1, rate + number(0x9F, 1) + number(0x6264, 16))
    times_ms = [0, 40, 80, 500, 540, 580, 1200, 1240, 1280, 2000, 2040]
    cluster = number(0xE7, 0)
    for place, time_ms in enumerate(times_ms):
        cluster += block(1, time_ms, cv2.imencode(".jpg", numbered(place))[1].tobytes())
        cluster += block(2, time_ms, bytes(8 * 800), laced=8)
    tracks = element(0x1654AE6B, element(0xAE, video) + element(0xAE, sound))
    info = element(0x1549A966, number(0x2AD7B1, 1_000_000))
    segment = element(0x18538067, info + tracks + element(0x1F43B675, cluster))
    path = tmp_path / "laced.mkv"
    path.write_bytes(element(0x1A45DFA3, element(0x4282, b"matroska")) + segment)
    frames, events = read_all(path)
    assert [number_of(frame.image) for frame in frames] == list(range(len(times_ms)))
    assert [frame.time_s for frame in frames] == pytest.approx([time_ms / 1000 for time_ms in times_ms])
    assert events == []
