from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import av
import av.error
import numpy as np
import pytest

from app.overlay import Look
from app.people import Frame
from app.sinks import Header
from app.sinks.video import Video
from app.sources.file import VideoFile
from tests.app.sinks.people import blank, header, person, poses
from tests.app.sources.clips import make_clip, number_of, numbered, steady

UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0]
BARE = Look(skeleton=False, ids=False)
CONTAINERS = pytest.mark.parametrize("ending", [".mp4", ".mkv"])


def write(path: Path, frames: list[Frame], head: Header | None = None, look: Look = BARE) -> list[Frame]:
    """Write the frames, and what comes back."""
    head = head or header()
    sink = Video(path, head, look)
    for frame in frames:
        sink.write(frame, poses(frame, person(1, head.skeleton)))
    sink.close()
    return list(iter(VideoFile(path).read, None))


def sound_of(path: Path) -> tuple[str, float, float]:
    """The codec of the sound, and where it starts and ends in seconds."""
    with av.open(str(path)) as container:
        (track,) = container.streams.audio
        times: list[float] = []
        for packet in container.demux(track):
            with suppress(av.error.InvalidDataError):  # the last piece of a file that was never finished
                times += [float(frame.time or 0) for frame in packet.decode()]
        return track.codec_context.name, times[0], times[-1]


@CONTAINERS
def test_pictures_and_time_stamps_come_back(tmp_path: Path, ending: str) -> None:
    frames = [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(UNEVEN)]
    back = write(tmp_path / f"out{ending}", frames)
    assert [number_of(frame.image) for frame in back] == list(range(10))
    assert [frame.time_s for frame in back] == pytest.approx(UNEVEN, abs=0.0006)
    with av.open(str(tmp_path / f"out{ending}")) as container:
        video = container.streams.video[0].codec_context
        assert (video.name, video.pix_fmt) == ("h264", "yuv420p")
    assert len(list(tmp_path.iterdir())) == 1


@CONTAINERS
def test_the_first_frame_is_at_zero(tmp_path: Path, ending: str) -> None:
    back = write(tmp_path / f"out{ending}", [Frame(i, 7.3 + i / 25, numbered(i)) for i in range(30)])
    assert [frame.time_s for frame in back] == pytest.approx(steady(30), abs=0.0006)


def test_a_finished_mp4_has_its_index_in_front(tmp_path: Path) -> None:
    write(tmp_path / "out.mp4", [blank(i, i / 25) for i in range(60)])
    data = (tmp_path / "out.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    assert b"moof" not in data


@pytest.mark.parametrize(("width", "height"), [(63, 47), (64, 47), (1, 1)])
def test_odd_sizes_lose_no_pixel(tmp_path: Path, width: int, height: int) -> None:
    back = write(tmp_path / "out.mp4", [blank(i, i / 25, width, height) for i in range(3)])
    assert back[0].image.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(back[0].image.astype(int) - 90).max() <= 3


def test_a_picture_of_another_size_is_fitted_into_the_first(tmp_path: Path) -> None:
    frames = [blank(0, 0.0, 64, 48, 200), blank(1, 0.1, 100, 200, 200), blank(2, 0.2, 640, 480, 200)]
    back = write(tmp_path / "out.mp4", frames)
    assert {frame.image.shape for frame in back} == {(48, 64, 3)}
    assert back[1].image[24, 32].min() > 180
    assert back[1].image[24, 4].max() < 40
    assert back[2].image.min() > 180


def test_the_people_are_drawn_and_the_mirror_mirrors(tmp_path: Path) -> None:
    left = np.zeros((48, 64, 3), dtype=np.uint8)
    left[:, :20] = 200
    drawn = write(tmp_path / "a.mp4", [Frame(0, 0.0, left)], look=Look())
    plain = write(tmp_path / "b.mp4", [Frame(0, 0.0, left)])
    mirrored = write(tmp_path / "c.mp4", [Frame(0, 0.0, left)], look=Look(mirror=True, skeleton=False, ids=False))
    assert np.abs(drawn[0].image.astype(int) - plain[0].image).max() > 100
    assert mirrored[0].image[20, 60].min() > 180
    assert mirrored[0].image[20, 4].max() < 40


def test_colours_come_back(tmp_path: Path) -> None:
    image = np.full((48, 64, 3), (40, 200, 30), dtype=np.uint8)
    back = write(tmp_path / "out.mp4", [Frame(i, i / 25, image) for i in range(5)])
    assert np.abs(back[2].image.astype(int) - image).max() <= 8


@CONTAINERS
@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [("a.mp4", "aac", "aac"), ("a.mkv", "libopus", "opus"), ("a.avi", "pcm_s16le", "aac"), ("a.ts", "mp2", "aac")],
)
def test_the_sound_goes_along(tmp_path: Path, ending: str, name: str, codec: str, expected: str) -> None:
    video = "mpeg4" if name.endswith("avi") else "libx264"
    source = VideoFile(make_clip(tmp_path / name, steady(75), codec=video, sound=codec, sound_s=3.0))
    frames = list(iter(source.read, None))
    back = write(tmp_path / f"out{ending}", frames, header(source_file=tmp_path / name))
    assert len(back) == 75
    found, start_s, end_s = sound_of(tmp_path / f"out{ending}")
    assert found == expected
    assert start_s == pytest.approx(0.0, abs=0.06)
    assert end_s == pytest.approx(3.0, abs=0.12)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "aac"), ("a.avi", "pcm_s16le")])
def test_the_sound_of_a_part_is_that_parts(tmp_path: Path, name: str, codec: str) -> None:
    video = "mpeg4" if name.endswith("avi") else "libx264"
    source = VideoFile(make_clip(tmp_path / name, steady(100), codec=video, sound=codec, sound_s=4.0))
    source.seek(2.0)
    frames = [frame for _ in range(25) if (frame := source.read()) is not None]
    write(tmp_path / "out.mp4", frames, header(source_file=tmp_path / name))
    _, start_s, end_s = sound_of(tmp_path / "out.mp4")
    assert start_s == pytest.approx(0.0, abs=0.06)
    assert end_s == pytest.approx(1.0, abs=0.12)


def test_the_sound_fits_the_pictures(tmp_path: Path) -> None:
    """A click at the very moment of a white picture stays there, whatever part is written."""
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
            piece = av.AudioFrame.from_ndarray(samples[None, i * 1920 : (i + 1) * 1920], format="s16", layout="mono")
            piece.sample_rate, piece.pts = 48000, i * 1920
            output.mux(track.encode(piece))
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


def test_a_source_that_jumps_back_goes_on_in_the_output(tmp_path: Path) -> None:
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
from app.overlay import Look
from app.people import Frame, FramePoses
from app.sinks.video import Video
from tests.app.sinks.people import header
sink = Video(Path(sys.argv[1]), header(source_file=Path(sys.argv[2])), Look())
noise = np.random.default_rng(0)
for i in range(400):
    frame = Frame(i, i / 25, noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    sink.write(frame, FramePoses(i, i / 25, ()))
os._exit(9)
"""


@CONTAINERS
def test_a_kill_leaves_a_file_that_plays(tmp_path: Path, ending: str) -> None:
    make_clip(tmp_path / "a.mp4", steady(500), sound="aac", sound_s=20.0)
    path = tmp_path / f"out{ending}"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", KILLED, path, tmp_path / "a.mp4"], cwd=root, check=False, timeout=120)
    assert done.returncode == 9
    frames = list(iter(VideoFile(path).read, None))
    assert len(frames) > 200
    assert sound_of(path)[2] > 8


def test_no_frame_leaves_no_file_and_an_old_one_alone(tmp_path: Path) -> None:
    Video(tmp_path / "new.mp4", header(), Look()).close()
    assert not (tmp_path / "new.mp4").exists()
    (tmp_path / "old.mp4").write_bytes(b"old")
    Video(tmp_path / "old.mp4", header(), Look()).close()
    assert (tmp_path / "old.mp4").read_bytes() == b"old"


def test_live_time_stamps_are_kept(tmp_path: Path) -> None:
    times = np.cumsum(np.random.default_rng(3).uniform(0.005, 0.2, 50)).tolist()
    back = write(tmp_path / "out.mp4", [Frame(i, time_s, numbered(i)) for i, time_s in enumerate(times)])
    assert [frame.time_s for frame in back] == pytest.approx([time_s - times[0] for time_s in times], abs=0.0001)


@pytest.mark.parametrize("name", ["with space.mp4", "100%04d.mp4", "a:b?.mkv", "mensch-🧍.mp4"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    assert len(write(tmp_path / name, [blank(i, i / 25) for i in range(5)])) == 5
    assert [path.name for path in tmp_path.iterdir()] == [name]
