"""Damaged and truncated video files: what is left is read, and the rest is reported."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from app.sources import SourceEvent
from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, number_of, pictures, read_all, steady, write_clip


def test_truncated_file_plays_up_to_its_end(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", steady(100), options={"g": "5"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames = read_all(VideoFile(path))
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(len(numbers)))
    assert 20 < len(numbers) < 100


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_damage_in_the_middle_is_skipped_and_reported(tmp_path: Path, name: str) -> None:
    size = (320, 240)
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    path = make_clip(tmp_path / name, steady(100), size=size, options={"g": "5"}, image=noise)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 40_000] = bytes(40_000)
    path.write_bytes(data)
    events: list[SourceEvent] = []
    source = VideoFile(path, notify=events.append)
    frames = read_all(source)
    assert 50 < len(frames) < 100
    assert frames[-1].time_s == pytest.approx(99 / 25, abs=0.1)
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))
    # The gap is reported, from the last whole frame to the next key frame.
    assert {event.state for event in events} == {"damaged"}
    assert f"{name} is damaged from" in events[0].message
    widest = max(np.diff(times))
    gap = int(np.argmax(np.diff(times)))
    assert any(start - 0.05 <= times[gap] + 0.04 and times[gap + 1] <= end + 0.05 for start, end in events[-1].spans)
    assert sum(end - start for start, end in events[-1].spans) < widest + 1.0
    # Seeking finds the same frames, and nothing is reported twice.
    messages = [event.message for event in events]
    for wanted in frames[::9]:
        source.seek(round(wanted.time_s, 6))
        got = source.read()
        assert got is not None
        assert (got.index, got.time_s) == (wanted.index, wanted.time_s)
    assert [event.message for event in events] == messages


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mov", "mpeg4"), ("a.mkv", "libx264"), ("a.avi", "mpeg4"), ("a.flv", "flv")],
)
def test_truncated_file_is_reported(tmp_path: Path, name: str, codec: str) -> None:
    """An incomplete download or copy: the header is there and declares more."""
    noise = np.random.default_rng(5).integers(0, 256, (100, 48, 64, 3), dtype=np.uint8)
    muxer = {"movflags": "faststart"} if name in ("a.mp4", "a.mov") else {}
    write_clip(tmp_path / name, pictures(list(noise)), codec=codec, options={"g": "5"}, muxer=muxer)
    for share, complete in ((1.0, True), (0.3, False)):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: round(len(data) * share)])
        events: list[SourceEvent] = []
        frames = read_all(VideoFile(tmp_path / name, notify=events.append))
        if complete:
            assert (len(frames), events) == (100, [])
            continue
        assert 10 < len(frames) < 40
        end_s = frames[-1].time_s + 1 / 25
        assert f"{name} ends at {end_s:.1f} s of 4.0 s" in events[-1].message
        assert events[-1].spans[-1] == pytest.approx((end_s, 4.0), abs=0.05)


def test_longer_audio_is_no_damage(tmp_path: Path) -> None:
    events: list[SourceEvent] = []
    path = make_clip(tmp_path / "a.mkv", steady(100), sound="aac", sound_s=5.0)
    assert len(read_all(VideoFile(path, notify=events.append))) == 100
    assert events == []


@pytest.mark.parametrize("seed", range(6))
def test_reading_and_seeking_agree_on_indices_after_lost_frames(tmp_path: Path, seed: int) -> None:
    whole = make_clip(tmp_path / "whole.mp4", steady(60), options={"g": "10", "bf": "2"})
    data, chance = bytearray(whole.read_bytes()), random.Random(seed)
    begin = data.index(b"mdat") + 8 + chance.randrange(200, len(data) // 2)
    data[begin : begin + 400] = bytes(chance.randrange(256) for _ in range(400))
    (tmp_path / "torn.mp4").write_bytes(data)
    source = VideoFile(tmp_path / "torn.mp4")
    frames = read_all(source)
    assert len(frames) < 60
    for wanted in frames:
        source.seek_index(wanted.index)
        got = source.read()
        assert got is not None
        assert got.index == wanted.index
        assert got.time_s == pytest.approx(wanted.time_s)
    source.close()
