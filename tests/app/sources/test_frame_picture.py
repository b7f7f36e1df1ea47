"""Images of a video file's frames: their size, orientation and colors."""

from __future__ import annotations

import gc
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.people import Frame, Image
from app.core.settings import Rotate
from app.sources.color_conversion import HLG, PQ
from app.sources.file import VideoFile
from app.sources.frame_picture import PictureMaker
from tests.app.sources.clips import make_clip, number_of, numbered, pictures, read_all, steady, with_exif, write_clip

TASKS = Path("/proc/self/task")


def first_frame(path: Path, rotate: Rotate = "auto") -> Frame:
    source = VideoFile(path, rotate)
    frame = source.read()
    assert frame is not None
    assert source.size == (frame.image.shape[1], frame.image.shape[0])
    source.close()
    return frame


def circle(width: int, height: int, aspect: Fraction) -> Image:
    """A white disc that is round if shown with pixels of the ratio ``aspect``."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    radius = height / 3
    axes = (round(radius / aspect), round(radius))
    return np.asarray(cv2.ellipse(image, (width // 2, height // 2), axes, 0, 0, 360, (255, 255, 255), -1), np.uint8)


def roundness(image: Image) -> float:
    """Width / height of the white area."""
    rows, columns = np.nonzero(image[..., 1] > 127)
    return float(np.ptp(columns) + 1) / float(np.ptp(rows) + 1)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.h264"])
@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(64, 45), (256, 144)), (Fraction(10, 11), (180, 158)), (Fraction(1), (180, 144))]
)
def test_non_square_pixels_become_square(tmp_path: Path, name: str, aspect: Fraction, size: tuple[int, int]) -> None:
    images = [circle(180, 144, aspect)] * 3
    container = "h264" if name == "a.h264" else None
    path = write_clip(tmp_path / name, pictures(images), container=container, sample_aspect_ratio=aspect)
    frame = first_frame(path)
    assert frame.image.shape[1::-1] == size
    assert roundness(frame.image) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize(("rotation", "rotate"), [(90, "auto"), (270, "auto"), (0, "90"), (0, "270")])
def test_non_square_pixels_with_a_rotation(tmp_path: Path, rotation: int, rotate: Rotate) -> None:
    aspect = Fraction(4, 3)
    images = [circle(180, 144, aspect)] * 3
    path = write_clip(tmp_path / "a.mp4", pictures(images), rotation=rotation, sample_aspect_ratio=aspect)
    frame = first_frame(path, rotate)
    assert frame.image.shape[:2] == (240, 144)
    assert roundness(frame.image) == pytest.approx(1.0, abs=0.03)


def test_implausible_pixel_aspect_ratio_is_ignored(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", pictures([numbered(3)] * 2), sample_aspect_ratio=Fraction(200, 1))
    assert first_frame(path).image.shape[:2] == (48, 64)


@pytest.mark.parametrize("size", [(128, 96), (32, 24), (64, 64), (64, 36)])
def test_frames_of_another_size_are_scaled_to_the_first(tmp_path: Path, size: tuple[int, int]) -> None:
    """Two sizes in one stream, as in a broadcast or a video call."""
    data = b""
    for number, shape in enumerate(((64, 48), size)):
        image = circle(*shape, Fraction(1))
        times = [10 * number + time_s for time_s in steady(5)]
        data += make_clip(tmp_path / f"{number}.ts", times, size=shape, image=image).read_bytes()
    (tmp_path / "both.ts").write_bytes(data)
    source = VideoFile(tmp_path / "both.ts")
    frames = list(iter(source.read, None))
    assert len(frames) == 10
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert source.size == (64, 48)
    late = frames[-1].image
    assert roundness(late) == pytest.approx(1.0, abs=0.1)
    rows, columns = np.nonzero(late[..., 1] > 127)
    assert (columns.mean(), rows.mean()) == pytest.approx((31.5, 23.5), abs=1.0)
    scale = min(64 / size[0], 48 / size[1])
    assert np.ptp(rows) + 1 == pytest.approx(scale * size[1] * 2 / 3, abs=2)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (5, (0, 0)), (6, (0, -1)), (8, (-1, 0))]
)
def test_exif_orientation_of_frames_is_followed(tmp_path: Path, orientation: int, corner: tuple[int, int]) -> None:
    """Cameras that write MJPEG store EXIF data in every frame, a kind of side data that PyAV does not know."""
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:16, :16] = 255
    jpeg = with_exif(cv2.imencode(".jpg", image)[1].tobytes(), orientation)
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(5):
            packet = av.Packet(jpeg)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, number, number, Fraction(1, 15)
            packet.is_keyframe = True
            output.mux(packet)
    source = VideoFile(path)
    frames = list(iter(source.read, None))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 15 for number in range(5)])
    assert frames[0].image.shape[:2] == ((64, 48) if orientation > 4 else (48, 64))
    row, column = (index * 4 if index else 4 for index in corner)
    assert frames[0].image[row, column].min() > 200
    assert frames[0].image[frames[0].image.shape[0] // 2, frames[0].image.shape[1] // 2].max() < 50


def hdr(nits: float, transfer: int) -> NDArray[np.uint16]:
    """A gray image (48, 64, 3) uint16 that encodes ``nits`` cd/m2."""
    if transfer == PQ:
        light = (nits / 10_000) ** 0.1593017578125
        coded = ((0.8359375 + 18.8515625 * light) / (1 + 18.6875 * light)) ** 78.84375
    else:
        scene = (nits / 1000) ** (1 / 1.2)
        coded = (3 * scene) ** 0.5 if scene <= 1 / 12 else 0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073
    return np.full((48, 64, 3), round(coded * 65535), dtype=np.uint16)


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize(
    ("codec", "name", "pix_fmt"),
    [
        ("ffv1", "a.mkv", "yuv420p10le"),
        ("libsvtav1", "a.mp4", "yuv420p10le"),
        ("prores", "a.mov", "yuv422p10le"),
    ],
)
def test_hdr_is_converted_to_standard_range(tmp_path: Path, transfer: int, codec: str, name: str, pix_fmt: str) -> None:
    """203 cd/m2 is white paper, 20 a face in the shade, 900 a lamp."""
    levels = []
    colors: dict[str, Any] = {"color_trc": transfer, "color_primaries": 9, "colorspace": 9}
    diffuse = (0.0, 2.0, 20.0, 60.0, 120.0, 180.0)
    for nits in (*diffuse, 203.0, 400.0, 900.0):
        frames = []
        for _ in range(2):
            frame = av.VideoFrame.from_ndarray(hdr(nits, transfer), format="rgb48le")
            frame = frame.reformat(format=pix_fmt, dst_colorspace="BT2020", dst_color_range="MPEG")
            for field, value in colors.items():
                setattr(frame, field, value)
            frames.append(frame)
        path = write_clip(tmp_path / name, frames, codec=codec, pix_fmt=pix_fmt, **colors)
        image = first_frame(path).image
        assert np.ptp(image.mean(axis=(0, 1))) < 3  # gray stays gray
        levels.append(float(image.mean()))
    assert levels[: len(diffuse)] == pytest.approx([255 * (nits / 203) ** (1 / 2.4) for nits in diffuse], abs=2)
    assert 245 < levels[-3] < levels[-2] <= levels[-1] <= 255


COLORS = [(90, 130, 200), (40, 60, 90), (150, 90, 60), (60, 140, 80), (250, 250, 250)]
"""Skin in light and in shade, jeans, grass and paper, as BGR."""
FROM_BT709 = {
    9: ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956)),
    12: ((0.8225, 0.1774, 0.0001), (0.0332, 0.9669, -0.0001), (0.0171, 0.0724, 0.9105)),
}
"""Matrices from linear BT.709 to linear BT.2020 and Display P3."""


@pytest.mark.parametrize(("primaries", "space"), [(9, 9), (12, 1)])
@pytest.mark.parametrize("transfer", [1, PQ])
def test_wide_gamut_is_converted_to_the_colors_of_bt709(
    tmp_path: Path, primaries: int, space: int, transfer: int
) -> None:
    """A BT.2020 broadcast or a Display P3 screen recording, of a scene whose colors BT.709 has too."""
    image = np.repeat(np.array(COLORS, np.uint8)[None], 24, axis=0).repeat(16, axis=1)
    light = (image[..., ::-1] / 255) ** 2.4 @ np.array(FROM_BT709[primaries]).T
    if transfer == PQ:
        power = (light * 203 / 10_000) ** 0.1593017578125
        coded = ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    else:
        coded = light ** (1 / 2.4)
    frame = av.VideoFrame.from_ndarray(np.round(coded * 65535).astype(np.uint16), format="rgb48le")
    frame = frame.reformat(
        format="yuv444p10le", dst_colorspace="BT2020" if space == 9 else "ITU709", dst_color_range="MPEG"
    )
    fields: dict[str, Any] = {"color_trc": transfer, "color_primaries": primaries, "colorspace": space}
    for field, value in fields.items():
        setattr(frame, field, value)
    path = write_clip(tmp_path / "a.mkv", [frame], codec="ffv1", pix_fmt="yuv444p10le", **fields)
    shown = first_frame(path).image
    assert np.abs(shown.astype(int) - image).max() <= 5


@pytest.mark.skipif(not TASKS.is_dir(), reason="the threads of a process are listed on Linux only")
def test_frame_is_converted_in_the_thread_that_reads_it(tmp_path: Path) -> None:
    """Threads of a conversion take more processor time than they save."""
    decoded = next(av.open(str(make_clip(tmp_path / "a.mp4", steady(1)))).decode(video=0))
    frame = decoded.reformat(width=1280, height=720, format="yuv420p")
    with av.open(str(tmp_path / "a.mp4")) as container:
        make_picture = PictureMaker(container.streams.video[0], "auto")
        before = set(TASKS.iterdir())
        image = make_picture(frame)
        assert set(TASKS.iterdir()) <= before  # threads of decoders that were given up may have ended
    assert image.shape == (720, 1280, 3)


def test_standard_range_is_unchanged(tmp_path: Path) -> None:
    frames = [frame.reformat(format="yuv420p10le") for frame in pictures([numbered(5)] * 2)]
    path = write_clip(tmp_path / "a.mkv", frames, codec="ffv1", pix_fmt="yuv420p10le")
    assert number_of(first_frame(path).image) == 5


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
def test_10_bits_odd_sizes_and_transparency(tmp_path: Path, codec: str, pix_fmt: str, size: tuple[int, int]) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    source = VideoFile(
        make_clip(tmp_path / "a.mkv", steady(9), codec=codec, pix_fmt=pix_fmt, size=size, options=options)
    )
    frames = read_all(source)
    assert source.size == size
    assert {(frame.image.shape, str(frame.image.dtype)) for frame in frames} == {((size[1], size[0], 3), "uint8")}
    assert [number_of(frame.image) for frame in frames] == list(range(9))


def test_undeclared_color_space_is_decoded_as_players_do(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_frames_are_freed_at_once_and_not_by_collecting_cycles(tmp_path: Path, codec: str, rotation: int) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    clip = make_clip(tmp_path / "long.mkv", steady(150), codec=codec, pix_fmt=pixels, rotation=rotation)
    source = VideoFile(clip)
    first = source.read()
    assert first is not None
    gc.collect()
    gc.disable()
    try:
        before = alive()
        while source.read() is not None:
            pass
        # A key frame's side data is looked at now and then.
        assert alive() - before <= 5
    finally:
        gc.enable()
        source.close()


def alive() -> int:
    """The number of decoded frames in memory."""
    return sum(type(thing) is av.VideoFrame for thing in gc.get_objects())
