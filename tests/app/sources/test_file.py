from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest

from app.errors import StanceError
from app.people import Frame
from app.sinks.video import TIME_BASE
from app.sources import open_source
from app.sources.file import VideoFile
from tests.app.sources.clips import MICROSECOND, make_clip, number_of, steady

UNEVEN = [0.0, 0.04, 0.1, 0.5, 0.52, 0.6, 1.3, 1.34, 1.5, 2.0, 2.04, 2.08, 2.9, 3.0, 3.5, 3.54]
KINDS = [
    pytest.param("a.mp4", {"codec": "libx264", "options": {"g": "12", "bf": "2"}}, id="h264-mp4"),
    pytest.param("a.mkv", {"codec": "libx264", "options": {"g": "7", "bf": "3"}}, id="h264-mkv"),
    pytest.param("a.mp4", {"codec": "libx264", "options": {"x264-params": "open-gop=1:keyint=9:bframes=3"}}, id="open"),
    pytest.param("a.ts", {"codec": "libx264", "options": {"g": "10", "bf": "2"}}, id="h264-ts"),
    pytest.param("a.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=9"}}, id="h265-mp4"),
    pytest.param("a.webm", {"codec": "libvpx-vp9", "options": {"g": "12", "cpu-used": "8"}}, id="vp9-webm"),
    pytest.param("a.webm", {"codec": "libvpx", "options": {"auto-alt-ref": "1", "lag-in-frames": "16"}}, id="vp8-alt"),
    pytest.param("a.avi", {"codec": "mpeg4", "options": {"g": "12"}}, id="mpeg4-avi"),
    pytest.param("a.mov", {"codec": "prores", "pix_fmt": "yuv422p10le"}, id="prores-mov"),
    pytest.param("a.h264", {"codec": "libx264", "options": {"bf": "2"}, "container": "h264"}, id="no-stamps"),
]


def frames_of(source: VideoFile) -> list[Frame]:
    return list(iter(source.read, None))


@pytest.mark.parametrize(("name", "how"), KINDS)
def test_every_frame_comes_once_in_order_and_on_time(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    source = VideoFile(make_clip(tmp_path / name, steady(60), **how))  # type: ignore[arg-type]
    frames = frames_of(source)
    assert [number_of(frame.image) for frame in frames] == list(range(60))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time_s for frame in frames] == pytest.approx(steady(60), abs=0.0011)
    assert source.size == (64, 48)
    source.close()


@pytest.mark.parametrize(("name", "how"), KINDS)
def test_a_seek_is_exact(tmp_path: Path, name: str, how: dict[str, object]) -> None:
    source = VideoFile(make_clip(tmp_path / name, steady(60), **how))  # type: ignore[arg-type]
    frames = frames_of(source)
    for wanted in [*frames[::-1], *frames[::7]]:
        source.seek(round(wanted.time_s, 6))
        for expected in frames[wanted.index : wanted.index + 2]:
            got = source.read()
            assert got is not None
            assert (got.index, got.time_s) == (expected.index, expected.time_s)
            assert np.array_equal(got.image, expected.image)
    source.close()


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts"])
def test_variable_rates_keep_their_stamps(tmp_path: Path, name: str) -> None:
    source = VideoFile(make_clip(tmp_path / name, UNEVEN, options={"bf": "2"}))
    frames = frames_of(source)
    assert [frame.time_s for frame in frames] == pytest.approx(UNEVEN, abs=0.0011)
    for between, index in ((0.45, 2), (1.299, 5), (2.5, 11), (99.0, 15), (-1.0, 0)):
        source.seek(between)
        frame = source.read()
        assert frame is not None
        assert (frame.index, number_of(frame.image)) == (index, index)
    source.close()


@pytest.mark.parametrize("name", ["burst.mkv", "burst.mp4"])
def test_frames_that_share_a_stamp_leave_the_others_theirs(tmp_path: Path, name: str) -> None:
    """What a network held up comes at once, and Matroska counts in milliseconds; nominally these are 25 a second."""
    burst = [0.0, 0.025, 0.05, 0.050001, 0.050002, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25]
    source = VideoFile(make_clip(tmp_path / name, burst, base=MICROSECOND))
    frames = frames_of(source)
    times = [frame.time_s for frame in frames]
    assert times == pytest.approx(burst, abs=0.0011)
    assert np.diff(times).min() > TIME_BASE  # a film that is written of them tells them apart
    for wanted in frames[::-1]:
        source.seek(round(wanted.time_s, 6))
        got = source.read()
        assert got is not None
        assert (got.index, number_of(got.image)) == (wanted.index, wanted.index)
    source.close()


def test_time_starts_at_zero_wherever_the_stream_starts(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "late.mkv", [t + 7.5 for t in steady(10)]))
    assert [frame.time_s for frame in frames_of(source)] == pytest.approx(steady(10), abs=0.0011)


def test_what_the_container_says_is_told(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "a.mp4", steady(50)), name="typed")
    assert (source.name, source.frames, source.fps, source.live, source.still) == ("typed", 50, 25.0, False, False)
    assert source.duration_s == pytest.approx(2.0, abs=0.05)
    assert source.frame_name(3) == ""


@pytest.mark.parametrize(("rotation", "corner"), [(0, "top left"), (90, "bottom left"), (180, "bottom right")])
def test_rotation_follows_the_display_matrix(tmp_path: Path, rotation: int, corner: str) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:16, :16] = 255
    path = make_clip(tmp_path / "r.mp4", steady(3), image=image, rotation=rotation)  # counter-clockwise
    source = VideoFile(path)
    first = source.read()
    assert first is not None
    assert source.size == ((48, 64) if rotation == 90 else (64, 48)) == first.image.shape[1::-1]
    assert bright_corner(first) == corner


@pytest.mark.parametrize(
    ("rotate", "corner"), [("0", "top left"), ("90", "top right"), ("180", "bottom right"), ("270", "bottom left")]
)
def test_a_forced_rotation_is_clockwise_and_replaces_the_files_own(tmp_path: Path, rotate: str, corner: str) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:16, :16] = 255
    path = make_clip(tmp_path / "r.mp4", steady(3), image=image, rotation=90)
    first = open_source(str(path), rotate=rotate).read()  # type: ignore[arg-type]
    assert first is not None
    assert bright_corner(first) == corner


def bright_corner(frame: Frame) -> str:
    height, width = frame.image.shape[:2]
    corners = {
        "top left": frame.image[: height // 4, : width // 4],
        "top right": frame.image[: height // 4, -width // 4 :],
        "bottom left": frame.image[-height // 4 :, : width // 4],
        "bottom right": frame.image[-height // 4 :, -width // 4 :],
    }
    return max(corners, key=lambda corner: float(corners[corner].mean()))


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "size"),
    [
        ("ffv1", "yuv420p10le", (63, 47)),
        ("libx265", "yuv420p10le", (64, 48)),
        ("ffv1", "bgra", (61, 33)),
        ("ffv1", "gray", (17, 5)),
        ("libx264", "yuv444p", (65, 49)),
    ],
)
def test_ten_bits_odd_sizes_and_transparency(tmp_path: Path, codec: str, pix_fmt: str, size: tuple[int, int]) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = VideoFile(
        make_clip(tmp_path / "a.mkv", steady(9), codec=codec, pix_fmt=pix_fmt, size=size, options=options)
    )
    frames = frames_of(source)
    assert source.size == size
    assert {(frame.image.shape, str(frame.image.dtype)) for frame in frames} == {((size[1], size[0], 3), "uint8")}
    assert [number_of(frame.image) for frame in frames] == list(range(9))


def test_colours_without_a_name_are_those_that_players_show(tmp_path: Path) -> None:
    image = np.full((720, 1280, 3), (40, 200, 30), dtype=np.uint8)
    path = tmp_path / "hd.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.colorspace = 2
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    got = VideoFile(path).read()
    assert got is not None
    assert np.abs(got.image.astype(int) - image).max() <= 6


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", steady(30))
    one, other = (b"".join(frame.image.tobytes() for frame in frames_of(VideoFile(path))) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "name", ["with space.mp4", "new\nline.mp4", "100%04d.mp4", "a[1]*?.mp4", "mensch-🧍.mp4", "x:y.mp4"]
)
def test_odd_names(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / "plain.mp4", steady(5)).rename(tmp_path / name)
    source = open_source(str(path))
    assert isinstance(source, VideoFile)
    assert len(frames_of(source)) == 5


def test_what_is_no_video_is_refused_in_one_sentence(tmp_path: Path) -> None:
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


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tone.m4a"
    with av.open(str(path), "w", format="mp4") as output:
        track = output.add_stream("aac", rate=48000, layout="mono")
        piece = av.AudioFrame.from_ndarray(np.zeros((1, 4096), dtype=np.int16), format="s16", layout="mono")
        piece.sample_rate = 48000
        output.mux(track.encode(piece))
        output.mux(track.encode(None))
    with pytest.raises(StanceError, match="no moving picture"):
        open_source(str(path))


def test_a_playlist_does_not_lead_elsewhere(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.ts", steady(20))
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(StanceError):
        open_source(str(tmp_path / "list.m3u8"))


def test_frames_that_are_too_large_are_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mkv", [0.0], codec="ffv1", pix_fmt="gray", size=(16400, 16))
    with pytest.raises(StanceError, match=r"16400x16.*at most 16384"):
        VideoFile(path)


def test_what_was_cut_off_plays_up_to_there(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mkv", steady(100), options={"g": "5"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    frames = frames_of(VideoFile(path))
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(len(numbers)))
    assert 20 < len(numbers) < 100


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_damage_in_the_middle_is_passed_over(tmp_path: Path, name: str) -> None:
    size = (320, 240)
    noise = np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    path = make_clip(tmp_path / name, steady(100), size=size, options={"g": "5"}, image=noise)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 40_000] = bytes(40_000)
    path.write_bytes(data)
    frames = frames_of(VideoFile(path))
    assert len(frames) > 50
    assert frames[-1].time_s == pytest.approx(99 / 25, abs=0.1)
    times = [frame.time_s for frame in frames]
    assert times == sorted(set(times))


def test_close_ends_a_reading_thread(tmp_path: Path) -> None:
    source = VideoFile(make_clip(tmp_path / "a.mp4", steady(250)))
    counted: list[int] = []
    reader = threading.Thread(target=lambda: counted.append(len(frames_of(source))))
    reader.start()
    source.close()
    source.close()
    reader.join(timeout=10)
    assert not reader.is_alive()
    assert source.read() is None
    source.seek(0.0)
    assert source.read() is None


def test_the_shared_clips_are_whole(shared: Path) -> None:
    for path in sorted((shared / "data" / "videos").glob("*.mp4")):
        source = VideoFile(path)
        frames = sum(1 for _ in iter(source.read, None))
        assert frames == source.frames, path.name
