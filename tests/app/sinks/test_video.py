"""Written videos: frames, timestamps, audio, notes, and what a kill leaves."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
import pytest
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from app.core.film_note import PREFIX, FilmNote, from_comment
from app.core.people import Frame
from app.overlay import DrawStyle
from app.sinks import Header, open_sinks
from app.sinks.video import Video
from app.sources.file import VideoFile
from app.sources.film_note_reader import read_note
from tests.app.sinks.people import blank, header, person, poses
from tests.app.sources.clips import make_clip, number_of, numbered, steady

UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0]
BARE = DrawStyle(skeleton=False, ids=False)
CONTAINERS = pytest.mark.parametrize("ending", [".mp4", ".mkv"])


def write(path: Path, frames: list[Frame], head: Header | None = None, style: DrawStyle = BARE) -> list[Frame]:
    """Write ``frames`` to ``path`` and return the decoded frames."""
    head = head or header()
    sink = Video(path, head, style)
    for frame in frames:
        sink.write(frame, poses(frame, person(1, head.skeleton)))
    sink.close()
    return list(iter(VideoFile(path).read, None))


def sound_of(path: Path) -> tuple[str, float, float]:
    """The codec of the audio, and its start and end in seconds."""
    with av.open(str(path)) as container:
        (track,) = container.streams.audio
        times: list[float] = []
        for packet in container.demux(track):
            with suppress(av.error.InvalidDataError):  # the last packet of an unfinished file
                times += [float(frame.time or 0) for frame in packet.decode()]
        return track.codec_context.name, times[0], times[-1]


@CONTAINERS
def test_frames_and_timestamps_are_preserved(tmp_path: Path, ending: str) -> None:
    frames = [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(UNEVEN)]
    back = write(tmp_path / f"out{ending}", frames)
    assert [number_of(frame.image) for frame in back] == list(range(10))
    assert [frame.time_s for frame in back] == pytest.approx(UNEVEN, abs=0.0006)
    with av.open(str(tmp_path / f"out{ending}")) as container:
        video = container.streams.video[0].codec_context
        assert (video.name, video.pix_fmt) == ("h264", "yuv420p")
    assert len(list(tmp_path.iterdir())) == 1


@CONTAINERS
def test_first_frame_is_at_zero(tmp_path: Path, ending: str) -> None:
    back = write(tmp_path / f"out{ending}", [Frame(i, 7.3 + i / 25, numbered(i)) for i in range(30)])
    assert [frame.time_s for frame in back] == pytest.approx(steady(30), abs=0.0006)


def test_finished_mp4_has_its_index_in_front(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", [blank(i, i / 25) for i in range(60)])
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


@pytest.mark.parametrize(("width", "height"), [(63, 47), (64, 47), (1, 1)])
def test_odd_sizes_are_padded(tmp_path: Path, width: int, height: int) -> None:
    back = write(tmp_path / "out.mp4", [blank(i, i / 25, width, height) for i in range(3)])
    assert back[0].image.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(back[0].image.astype(int) - 90).max() <= 3


def test_frame_of_another_size_is_scaled_to_the_first(tmp_path: Path) -> None:
    frames = [blank(0, 0.0, 64, 48, 200), blank(1, 0.1, 100, 200, 200), blank(2, 0.2, 640, 480, 200)]
    back = write(tmp_path / "out.mp4", frames)
    assert {frame.image.shape for frame in back} == {(48, 64, 3)}
    assert back[1].image[24, 32].min() > 180
    assert back[1].image[24, 4].max() < 40
    assert back[2].image.min() > 180


def test_people_are_drawn_and_frames_are_mirrored(tmp_path: Path) -> None:
    left = np.zeros((48, 64, 3), dtype=np.uint8)
    left[:, :20] = 200
    drawn = write(tmp_path / "a.mp4", [Frame(0, 0.0, left)], style=DrawStyle())
    plain = write(tmp_path / "b.mp4", [Frame(0, 0.0, left)])
    mirrored = write(tmp_path / "c.mp4", [Frame(0, 0.0, left)], style=DrawStyle(mirror=True, skeleton=False, ids=False))
    assert np.abs(drawn[0].image.astype(int) - plain[0].image).max() > 100
    assert mirrored[0].image[20, 60].min() > 180
    assert mirrored[0].image[20, 4].max() < 40


def test_colors_are_preserved(tmp_path: Path) -> None:
    image = np.full((48, 64, 3), (40, 200, 30), dtype=np.uint8)
    back = write(tmp_path / "out.mp4", [Frame(i, i / 25, image) for i in range(5)])
    assert np.abs(back[2].image.astype(int) - image).max() <= 8


@CONTAINERS
@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [("a.mp4", "aac", "aac"), ("a.mkv", "libopus", "opus"), ("a.avi", "pcm_s16le", "aac"), ("a.ts", "mp2", "aac")],
)
def test_audio_is_copied(tmp_path: Path, ending: str, name: str, codec: str, expected: str) -> None:
    video = "mpeg4" if name.endswith("avi") else "libx264"
    source = VideoFile(make_clip(tmp_path / name, steady(75), codec=video, sound=codec, sound_s=3.0))
    frames = list(iter(source.read, None))
    back = write(tmp_path / f"out{ending}", frames, header(source_file=tmp_path / name))
    assert len(back) == 75
    found, start_s, end_s = sound_of(tmp_path / f"out{ending}")
    assert found == expected
    assert start_s == pytest.approx(0.0, abs=0.06)
    assert end_s == pytest.approx(3.0, abs=0.12)


FLASH = 30


def flash_and_click(path: Path, video: str, audio: str, options: dict[str, str]) -> Path:
    """Write a black video of 25 frames per second with a white frame ``FLASH`` and a click at the same time."""
    with av.open(str(path), "w") as output:
        stream = cast(VideoStream, output.add_stream(video, rate=25, options=options))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track = cast(AudioStream, output.add_stream(audio, rate=48000, layout="mono"))
        sound = np.zeros((1, 3 * 48000), dtype=np.float32)
        sound[0, FLASH * 1920 : FLASH * 1920 + 480] = np.sin(np.arange(480) * 0.3)
        kind = track.codec_context.format.name if track.codec_context.format else "s16"
        for start in range(0, sound.shape[1], 1024):
            chunk = sound[:, start : start + 1024]
            whole = chunk if kind.startswith("flt") else (chunk * 20_000).astype(np.int16)
            packed = av.AudioFrame.from_ndarray(whole, format=kind, layout="mono")
            packed.sample_rate, packed.pts, packed.time_base = 48000, start, Fraction(1, 48000)
            output.mux(track.encode(packed))
        output.mux(track.encode(None))
        for number in range(75):
            image = np.full((48, 64, 3), 255 if number == FLASH else 0, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def click_s(path: Path) -> float:
    """The time of the click in the container, in seconds."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float).reshape(-1))
            peak = 0.3 * (1.0 if frame.format.name.startswith("flt") else 20_000)
            if loud.max() > peak:
                return float(frame.time or 0) + int(np.argmax(loud > peak)) / len(loud) * frame.samples / frame.rate
    return -1.0


@CONTAINERS
@pytest.mark.parametrize(
    ("name", "video", "audio", "options"),
    [
        ("a.avi", "mpeg4", "pcm_s16le", {"bf": "2", "g": "12"}),
        ("a.avi", "libx264", "pcm_s16le", {"bf": "3", "g": "12"}),
        ("a.avi", "mpeg4", "pcm_s16le", {"bf": "0"}),
        ("a.asf", "mpeg4", "pcm_s16le", {"bf": "2", "g": "12"}),
        ("a.nut", "mpeg4", "pcm_s16le", {"bf": "2", "g": "12"}),
        ("a.mp4", "libx264", "aac", {"bf": "2"}),
        ("a.mkv", "libx264", "flac", {"bf": "2"}),
        ("a.ts", "libx264", "mp2", {"bf": "2"}),
    ],
)
@pytest.mark.parametrize("from_s", [0.0, 0.6])
def test_audio_stays_in_sync(
    tmp_path: Path, ending: str, name: str, video: str, audio: str, options: dict[str, str], from_s: float
) -> None:
    """For a whole video, and for a part of it."""
    source = VideoFile(flash_and_click(tmp_path / name, video, audio, options))
    source.seek(from_s)
    frames = list(iter(source.read, None))
    (flash,) = [frame for frame in frames if frame.image.mean() > 120]
    assert flash.index == FLASH
    assert flash.time_s == pytest.approx(FLASH / 25, abs=0.0011)
    back = write(tmp_path / f"out{ending}", frames, header(source_file=tmp_path / name))
    (shown_s,) = [frame.time_s for frame in back if frame.image.mean() > 120]
    assert shown_s == pytest.approx(FLASH / 25 - from_s, abs=0.0011)
    assert click_s(tmp_path / f"out{ending}") == pytest.approx(shown_s, abs=0.003)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.avi", "pcm_s16le")])
def test_part_of_a_video_has_the_audio_of_that_part(tmp_path: Path, name: str, codec: str) -> None:
    video = "mpeg4" if name.endswith("avi") else "libx264"
    source = VideoFile(make_clip(tmp_path / name, steady(100), codec=video, sound=codec, sound_s=4.0))
    source.seek(2.0)
    frames = [frame for _ in range(25) if (frame := source.read()) is not None]
    write(tmp_path / "out.mp4", frames, header(source_file=tmp_path / name))
    _, start_s, end_s = sound_of(tmp_path / "out.mp4")
    assert start_s == pytest.approx(0.0, abs=0.06)
    assert end_s == pytest.approx(1.0, abs=0.12)


def test_click_stays_at_its_frame(tmp_path: Path) -> None:
    """A click at the time of a white frame stays at that frame in a part of the video."""
    path = tmp_path / "click.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track = output.add_stream("flac", rate=48000, layout="mono")
        samples = np.zeros(48000 * 4, dtype=np.int16)
        samples[48000 * 3 : 48000 * 3 + 1920] = 20000
        for i in range(100):
            image = np.full((48, 64, 3), 255 if i == 75 else 0, dtype=np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
            chunk = av.AudioFrame.from_ndarray(samples[None, i * 1920 : (i + 1) * 1920], format="s16", layout="mono")
            chunk.sample_rate, chunk.pts = 48000, i * 1920
            output.mux(track.encode(chunk))
        output.mux(stream.encode(None))
        output.mux(track.encode(None))
    source = VideoFile(path)
    source.seek(2.2)
    frames = list(iter(source.read, None))
    back = write(tmp_path / "out.mkv", frames, header(source_file=path))
    (white_s,) = [frame.time_s for frame in back if frame.image.mean() > 128]
    with av.open(str(tmp_path / "out.mkv")) as container:
        loud = [frame for frame in container.decode(audio=0) if np.abs(frame.to_ndarray()).max() > 10000]
        first = loud[0].to_ndarray().ravel()
        click_s = float(loud[0].time or 0) + int(np.argmax(np.abs(first) > 10000)) / 48000
    assert click_s == pytest.approx(white_s, abs=0.005)


def test_source_that_goes_back_in_time_continues_in_the_output(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", steady(100), sound="aac", sound_s=4.0)
    times = [*steady(25), *steady(25)]
    back = write(
        tmp_path / "out.mp4",
        [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(times)],
        header(source_file=tmp_path / "a.mp4"),
    )
    assert [number_of(frame.image) for frame in back] == list(range(50))
    assert [frame.time_s for frame in back] == pytest.approx(steady(50), abs=0.001)
    assert sound_of(tmp_path / "out.mp4")[2] == pytest.approx(2.0, abs=0.12)


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from app.core.film_note import PREFIX, FilmNote, from_comment
from app.overlay import DrawStyle
from app.core.people import Frame, FramePoses
from app.sinks.video import Video
from tests.app.sinks.people import header
sink = Video(Path(sys.argv[1]), header(source_file=Path(sys.argv[2])), DrawStyle())
noise = np.random.default_rng(0)
for i in range(400):
    frame = Frame(i, i / 25, noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    sink.write(frame, FramePoses(i, i / 25, ()))
os._exit(9)
"""


@CONTAINERS
def test_killed_process_leaves_a_file_that_plays(tmp_path: Path, ending: str) -> None:
    make_clip(tmp_path / "a.mp4", steady(500), sound="aac", sound_s=20.0)
    path = tmp_path / f"out{ending}"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", KILLED, path, tmp_path / "a.mp4"], cwd=root, check=False, timeout=120)
    assert done.returncode == 9
    frames = list(iter(VideoFile(path).read, None))
    assert len(frames) > 200
    assert sound_of(path)[2] > 8


def test_without_frames_no_file_is_written_or_changed(tmp_path: Path) -> None:
    Video(tmp_path / "new.mp4", header(), DrawStyle()).close()
    assert not (tmp_path / "new.mp4").exists()
    (tmp_path / "old.mp4").write_bytes(b"old")
    Video(tmp_path / "old.mp4", header(), DrawStyle()).close()
    assert (tmp_path / "old.mp4").read_bytes() == b"old"


def test_live_timestamps_are_preserved(tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(3).uniform(0.005, 0.2, 50)).tolist()
    back = write(tmp_path / "out.mp4", [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(times)])
    assert [frame.time_s for frame in back] == pytest.approx([time_s - times[0] for time_s in times], abs=0.0001)


@pytest.mark.parametrize("name", ["with space.mp4", "100%04d.mp4", "a:b?.mkv", "mensch-🧍.mp4"])
def test_special_characters_in_file_names(tmp_path: Path, name: str) -> None:
    assert len(write(tmp_path / name, [blank(i, i / 25) for i in range(5)])) == 5
    assert [path.name for path in tmp_path.iterdir()] == [name]


@CONTAINERS
@pytest.mark.parametrize(
    ("style", "people"),
    [(DrawStyle(mirror=True), "drawn"), (BARE, "clean"), (DrawStyle(skeleton=False, ids=True), "drawn")],
)
def test_note_describes_the_frames(tmp_path: Path, ending: str, style: DrawStyle, people: str) -> None:
    path, data = tmp_path / f"out{ending}", tmp_path / "café.jsonl"
    film, table = open_sinks([path, data], header(), style)
    film.write(blank(0, 0.0), poses(blank(0, 0.0)))
    for sink in (film, table):
        sink.close()
    assert read_note(path) == FilmNote(people, style.mirror, data.name)  # type: ignore[arg-type]


def test_unfinished_video_has_the_note(tmp_path: Path) -> None:
    sink = Video(tmp_path / "out.mp4", header(), DrawStyle())
    for number in range(30):
        sink.write(blank(number, number / 25), poses(blank(number, number / 25)))
    assert read_note(tmp_path / "out.mp4") == FilmNote("drawn")
    sink.close()


def test_other_videos_have_no_note(tmp_path: Path) -> None:
    make_clip(tmp_path / "plain.mp4", steady(3))
    (tmp_path / "no-film.mp4").write_bytes(b"no film")
    for name in ("plain.mp4", "no-film.mp4", "missing.mp4"):
        assert read_note(tmp_path / name) is None
    for comment in ("", "holiday", PREFIX + "{", PREFIX + '{"people":"lost"}', PREFIX + "[" * 9999):
        assert from_comment(comment) is None
