"""Videos that are broken, odd or too large, all the way from the file to the outputs."""

from __future__ import annotations

import json
import struct
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from tests.app.sources.clips import make_clip, number_of, steady
from tests.faults.runs import Headless, lines

FORMS = ("out.mp4", "out.mkv", "out.jsonl", "out.csv", "out.json", "out.trc")


def outputs(folder: Path) -> tuple[Path, ...]:
    return tuple(folder / name for name in FORMS)


def written(folder: Path) -> int:
    """The frames that every output agrees on."""
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
def test_what_is_no_video_leaves_no_output(tmp_path: Path, headless: Headless, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    headless(tmp_path / name, *outputs(tmp_path)).refused(name, "wanted a video")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("share", [0.02, 0.1, 0.35, 0.6, 0.95])
@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".avi"])
def test_a_cut_video_plays_up_to_there_or_is_refused(
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
def test_a_damaged_video_plays_what_is_left_or_is_refused(
    tmp_path: Path, headless: Headless, ending: str, seed: int
) -> None:
    """Bytes are changed anywhere: in the index, in the head, in the pictures."""
    path = make_clip(tmp_path / f"a{ending}", steady(30), options={"g": "5"})
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    chance = np.random.default_rng(seed)
    places = chance.integers(0, len(data), 1 + 4 * seed)
    data[places] = chance.integers(0, 256, len(places), dtype=np.uint8)
    path.write_bytes(data.tobytes())
    done = headless(path, tmp_path / "out.jsonl", more=("--limit", "60"))
    if done.code == 2:
        done.refused(path.name)
        return
    times = [frame["time_s"] for frame in lines(tmp_path / "out.jsonl")[1:]]
    done.played(len(times))
    assert times == sorted(set(times))


def test_sound_without_a_picture_is_refused(tmp_path: Path, headless: Headless) -> None:
    path = make_clip(tmp_path / "both.mp4", steady(10), sound="aac", sound_s=1.0)
    alone = tmp_path / "sound.mp4"
    with av.open(str(path)) as source, av.open(str(alone), "w") as output:
        track = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = track
                output.mux(packet)
    headless(alone, tmp_path / "out.csv").refused("sound.mp4", "no moving picture")


@pytest.mark.parametrize("size", [(1, 1), (1, 48), (64, 1), (2, 2), (3, 5), (63, 47), (16384, 2)])
def test_every_size_can_be_recorded(tmp_path: Path, headless: Headless, size: tuple[int, int]) -> None:
    path = make_clip(tmp_path / "a.mov", steady(3), codec="png", pix_fmt="rgb24", size=size)
    headless(path, *outputs(tmp_path)).played(3)
    assert written(tmp_path) == 3
    assert lines(tmp_path / "out.jsonl")[0]["size"] == list(size)


def test_a_side_or_an_area_that_would_take_the_memory_is_refused_with_the_limit(
    tmp_path: Path, headless: Headless
) -> None:
    """The file is small; what it claims is not."""
    path = make_clip(tmp_path / "a.mp4", steady(5))
    data = path.read_bytes()
    for size, limit in (((64_000, 2), "16384"), ((16_000, 16_000), "134 megapixels")):
        (tmp_path / "vast.mp4").write_bytes(resized(data, *size))
        done = headless(tmp_path / "vast.mp4", tmp_path / "out.mp4")
        if done.code == 2:
            done.refused("vast.mp4", f"{size[0]}x{size[1]}", limit)
        else:  # the pictures themselves tell the truth, and win
            done.played(5)


def resized(data: bytes, width: int, height: int) -> bytes:
    """An MP4 whose table of contents claims another size."""
    at = data.index(b"avc1", data.index(b"stsd")) + 4 + 24
    return data[:at] + struct.pack(">HH", width, height) + data[at + 4 :]


def test_a_coding_that_nobody_knows_is_told(tmp_path: Path, headless: Headless) -> None:
    data = make_clip(tmp_path / "a.mp4", steady(5)).read_bytes()
    at = data.index(b"avc1", data.index(b"stsd"))
    (tmp_path / "new.mp4").write_bytes(data[:at] + b"zz99" + data[at + 4 :])
    headless(tmp_path / "new.mp4").refused("new.mp4", "no decoder", "wanted")


def test_ten_bits_go_all_the_way(tmp_path: Path, headless: Headless) -> None:
    path = make_clip(tmp_path / "a.mkv", steady(5), codec="ffv1", pix_fmt="yuv420p10le")
    headless(path, *outputs(tmp_path)).played(5)
    assert written(tmp_path) == 5


def test_a_variable_rate_keeps_its_times_in_every_output(tmp_path: Path, headless: Headless) -> None:
    times = [0.0, 0.01, 0.5, 0.51, 0.52, 3.0, 3.04]
    path = make_clip(tmp_path / "a.mkv", times, codec="ffv1", pix_fmt="bgr0")
    headless(path, *outputs(tmp_path)).played(len(times))
    assert [frame["time_s"] for frame in lines(tmp_path / "out.jsonl")[1:]] == pytest.approx(times, abs=2e-3)
    for name in ("out.mp4", "out.mkv"):
        with av.open(str(tmp_path / name)) as video:
            back = [frame.time for frame in video.decode(video=0)]
        assert back == pytest.approx(times, abs=2e-3)


@pytest.mark.parametrize("rate", [0, 1, 90_000, 2**31 - 1])
def test_an_absurd_rate_in_the_head_does_not_matter(tmp_path: Path, headless: Headless, rate: int) -> None:
    """An AVI tells its rate in two places, and nothing else of time."""
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
def test_a_turned_video_is_upright_in_the_output(
    tmp_path: Path, headless: Headless, rotation: int, size: list[int]
) -> None:
    path = make_clip(tmp_path / "a.mp4", steady(3), rotation=rotation)
    headless(path, *outputs(tmp_path)).played(3)
    assert lines(tmp_path / "out.jsonl")[0]["size"] == size
    with av.open(str(tmp_path / "out.mp4")) as video:
        frame = next(video.decode(video=0))
        assert [frame.width, frame.height] == size
        assert not frame.side_data.get("DISPLAYMATRIX")  # turned once, not twice


@pytest.mark.parametrize("ending", [".ts", ".mkv"])
def test_a_file_that_grows_plays_as_far_as_it_went(tmp_path: Path, headless: Headless, ending: str) -> None:
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


def test_numbers_survive_the_way_through(tmp_path: Path, headless: Headless) -> None:
    """Nothing is drawn on a picture whose keypoints are doubtful, so that every number can be read again."""
    path = make_clip(tmp_path / "a.mkv", steady(50), size=(128, 96))
    headless(path, tmp_path / "out.mkv", more=("--threshold", "1")).played(50)
    with av.open(str(tmp_path / "out.mkv")) as video:
        numbers = [number_of(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)) for frame in video.decode(video=0)]
    assert numbers == list(range(50))
