"""Videos that are broken, unusual or too large, from the file to the outputs."""

from __future__ import annotations

import json
import re
import struct
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from tests.app.sources.clips import make_clip, number_of, pictures, steady, torn_clip, truncated_clip, write_clip
from tests.faults.runs import Headless, lines

FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.trc")


def outputs(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in FORMS)


def written(folder: Path) -> int:
    """Number of frames, which must be equal in all outputs."""
    counts = set()
    for name in ("out.mp4", "out.mkv"):
        with av.open(str(folder / name)) as video:
            counts.add(sum(1 for _ in video.decode(video=0)))
    counts.add(len(lines(folder / "out.jsonl")) - 1)
    counts.add(len({person["image_id"] for person in json.loads((folder / "out.json").read_text())}))
    (count,) = counts
    return count


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"These are words.\n" * 500),
        ("zeros.mp4", bytes(50_000)),
        ("only-a-head.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"),
        ("endless-box.mp4", b"\x00\x00\x00\x01ftyp\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(100)),
        ("picture.avi", b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrl" + bytes(500)),
    ],
)
def test_file_that_is_not_a_video_leaves_no_output(tmp_path: Path, headless: Headless, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    headless(tmp_path / name, *outputs(tmp_path)).refused(name, "wanted a video")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.35, 0.6, 0.95])
@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".avi"])
def test_truncated_video_plays_up_to_the_cut_or_is_refused(
    tmp_path: Path, headless: Headless, ending: str, share: float
) -> None:
    path = make_clip(tmp_path / f"a{ending}", steady(40), options={"g": "5"}, codec="mpeg4")
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * share)])
    out = tmp_path / "out.jsonl"
    done = headless(path, out)
    if done.code == 2:
        done.refused(path.name)
        assert not out.exists()
        return
    frames = lines(out)[1:]
    done.played(len(frames))
    assert 0 < len(frames) <= 40


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_damaged_video_plays_what_is_left_or_is_refused(
    tmp_path: Path, headless: Headless, ending: str, seed: int
) -> None:
    """Random bytes are changed, in index, header or frames."""
    path = make_clip(tmp_path / f"a{ending}", steady(30), options={"g": "5"})
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(data), 1 + 4 * seed)
    data[places] = rng.integers(0, 256, len(places), dtype=np.uint8)
    path.write_bytes(data.tobytes())
    done = headless(path, tmp_path / "out.jsonl", more=("--limit", "60"))
    if done.code == 2:
        done.refused(path.name)
        return
    times = [frame["time_s"] for frame in lines(tmp_path / "out.jsonl")[1:]]
    done.played(len(times))
    assert times == sorted(set(times))


def damaged_group(path: Path) -> Path:
    """Six seconds of noise with a single key frame, damaged after two: the damage lasts to the end."""
    noise = np.random.default_rng(5).integers(0, 256, (150, 120, 160, 3), dtype=np.uint8)
    write_clip(path, pictures(list(noise)), options={"g": "250", "crf": "30"})
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + len(data) // 50] = bytes(len(data) // 50)
    path.write_bytes(data)
    return path


def test_damage_gives_one_sentence(tmp_path: Path, headless: Headless) -> None:
    path = damaged_group(tmp_path / "group.mp4")
    for more, wanted in (
        ((), r"group\.mp4 is damaged from (\d\.\d\d) s to 6\.00 s\."),
        (("--limit", "100"), r"group\.mp4 is damaged from (\d\.\d\d) s on\."),
    ):
        done = headless(path, tmp_path / "out.jsonl", more=more)
        assert done.code == 0
        assert done.err.count("damaged") == 1
        found = re.search(wanted, done.err)
        assert found is not None
        assert 1.5 < float(found[1]) < 2.5
        assert all(set(line) == {"frame", "time_s", "people"} for line in lines(tmp_path / "out.jsonl")[1:])


def test_start_in_the_missing_rest_is_refused_in_one_sentence(tmp_path: Path, headless: Headless) -> None:
    path = truncated_clip(tmp_path)
    done = headless(path, tmp_path / "out.jsonl", more=("--start", "1.5"))
    done.refused("There is nothing at the start 1.5 s", "cut.mp4 ends at", "of 2.00 s")
    assert done.err.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_limit_counts_the_frames_that_can_be_read(tmp_path: Path, headless: Headless) -> None:
    path = torn_clip(tmp_path)
    headless(path, tmp_path / "out.jsonl", more=("--limit", "20")).played(20)
    assert [line["frame"] for line in lines(tmp_path / "out.jsonl")[1:]] == [*range(14), *range(21, 27)]


def test_sound_without_video_is_refused(tmp_path: Path, headless: Headless) -> None:
    path = make_clip(tmp_path / "both.mp4", steady(10), sound="aac", sound_s=1.0)
    alone = tmp_path / "sound.mp4"
    with av.open(str(path)) as source, av.open(str(alone), "w") as output:
        track = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                output.mux(packet)
    headless(alone, tmp_path / "out.csv").refused("sound.mp4", "no video stream")


@pytest.mark.parametrize("size", [(1, 1), (1, 48), (64, 1), (2, 2), (3, 5), (63, 47), (16384, 2)])
def test_videos_of_any_size_are_recorded(tmp_path: Path, headless: Headless, size: tuple[int, int]) -> None:
    path = make_clip(tmp_path / "a.mov", steady(3), codec="png", pix_fmt="rgb24", size=size)
    headless(path, *outputs(tmp_path)).played(3)
    assert written(tmp_path) == 3
    assert lines(tmp_path / "out.jsonl")[0]["size"] == list(size)


def test_huge_declared_size_is_refused_with_the_limit(tmp_path: Path, headless: Headless) -> None:
    """The file is small, but declares a huge size."""
    path = make_clip(tmp_path / "a.mp4", steady(5))
    data = path.read_bytes()
    for size, limit in (((64_000, 2), "16384"), ((16_000, 16_000), "134 megapixels")):
        (tmp_path / "vast.mp4").write_bytes(resized(data, *size))
        done = headless(tmp_path / "vast.mp4", tmp_path / "out.mp4")
        if done.code == 2:
            done.refused("vast.mp4", f"{size[0]}x{size[1]}", limit)
        else:  # the size in the frames themselves is correct and used
            done.played(5)


def resized(data: bytes, width: int, height: int) -> bytes:
    """MP4 ``data`` with another size in its sample description."""
    at = data.index(b"avc1", data.index(b"stsd")) + 4 + 24
    return data[:at] + struct.pack(">HH", width, height) + data[at + 4 :]


def test_unknown_codec_is_refused(tmp_path: Path, headless: Headless) -> None:
    data = make_clip(tmp_path / "a.mp4", steady(5)).read_bytes()
    at = data.index(b"avc1", data.index(b"stsd"))
    (tmp_path / "new.mp4").write_bytes(data[:at] + b"zz99" + data[at + 4 :])
    headless(tmp_path / "new.mp4").refused("new.mp4", "no decoder", "wanted")


def test_ten_bit_video_is_recorded(tmp_path: Path, headless: Headless) -> None:
    path = make_clip(tmp_path / "a.mkv", steady(5), codec="ffv1", pix_fmt="yuv420p10le")
    headless(path, *outputs(tmp_path)).played(5)
    assert written(tmp_path) == 5


def test_variable_frame_rate_keeps_its_timestamps_in_every_output(tmp_path: Path, headless: Headless) -> None:
    times = [0.0, 0.01, 0.5, 0.51, 0.52, 3.0, 3.04]
    path = make_clip(tmp_path / "a.mkv", times, codec="ffv1", pix_fmt="bgr0")
    headless(path, *outputs(tmp_path)).played(len(times))
    assert [frame["time_s"] for frame in lines(tmp_path / "out.jsonl")[1:]] == pytest.approx(times, abs=2e-3)
    for name in ("out.mp4", "out.mkv"):
        with av.open(str(tmp_path / name)) as video:
            back = [frame.time for frame in video.decode(video=0)]
        assert back == pytest.approx(times, abs=2e-3)


@pytest.mark.parametrize("rate", [0, 1, 90_000, 2**31 - 1])
def test_absurd_frame_rate_in_the_header_does_not_matter(tmp_path: Path, headless: Headless, rate: int) -> None:
    """An AVI states its frame rate in two places and has no timestamps."""
    data = bytearray(make_clip(tmp_path / "a.avi", steady(8), codec="mpeg4").read_bytes())
    head, stream = data.index(b"avih") + 8, data.index(b"strh") + 8
    struct.pack_into("<I", data, head, 1_000_000 // rate if rate else 0)
    struct.pack_into("<II", data, stream + 20, 1, rate)
    (tmp_path / "a.avi").write_bytes(bytes(data))
    done = headless(tmp_path / "a.avi", *outputs(tmp_path))
    if done.code == 2:
        done.refused("a.avi")
        return
    done.played(8)
    assert written(tmp_path) == 8
    times = [frame["time_s"] for frame in lines(tmp_path / "out.jsonl")[1:]]
    assert times == sorted(set(times))


@pytest.mark.parametrize(("rotation", "size"), [(90, [48, 64]), (180, [64, 48]), (270, [48, 64])])
def test_rotated_video_is_upright_in_the_output(
    tmp_path: Path, headless: Headless, rotation: int, size: list[int]
) -> None:
    path = make_clip(tmp_path / "a.mp4", steady(3), rotation=rotation)
    headless(path, *outputs(tmp_path)).played(3)
    assert lines(tmp_path / "out.jsonl")[0]["size"] == size
    with av.open(str(tmp_path / "out.mp4")) as video:
        frame = next(video.decode(video=0))
        assert [frame.width, frame.height] == size
        assert not frame.side_data.get("DISPLAYMATRIX")  # rotated once, not twice


@pytest.mark.parametrize("ending", [".ts", ".mkv"])
def test_growing_file_plays_as_far_as_it_was_written(tmp_path: Path, headless: Headless, ending: str) -> None:
    data = make_clip(tmp_path / f"whole{ending}", steady(200), options={"g": "5"}).read_bytes()
    growing = tmp_path / f"growing{ending}"
    growing.write_bytes(data[: len(data) // 3])

    def grow() -> None:
        with growing.open("ab", buffering=0) as file:
            for start in range(len(data) // 3, len(data), 2000):
                file.write(data[start : start + 2000])
                time.sleep(0.005)

    writer = threading.Thread(target=grow)
    writer.start()
    done = headless(growing, tmp_path / "out.jsonl", tmp_path / "%03d.png")
    writer.join()
    frames = lines(tmp_path / "out.jsonl")[1:]
    done.played(len(frames))
    assert 40 < len(frames) <= 200
    assert [frame["frame"] for frame in frames] == list(range(len(frames)))


def test_recorded_video_has_the_frames_of_the_source_in_order(tmp_path: Path, headless: Headless) -> None:
    """With the highest threshold nothing is drawn, so that the number in each frame can be read."""
    path = make_clip(tmp_path / "a.mkv", steady(50), size=(128, 96))
    headless(path, tmp_path / "out.mkv", more=("--threshold", "1")).played(50)
    with av.open(str(tmp_path / "out.mkv")) as video:
        numbers = [number_of(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)) for frame in video.decode(video=0)]
    assert numbers == list(range(50))
