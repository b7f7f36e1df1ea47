"""Pictures that are broken, unusual or too large, from the file to the outputs."""

from __future__ import annotations

import csv
import json
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.people import Image
from app.sources import open_source
from tests.faults.runs import Headless, lines

NOT_DRAWN = ("--threshold", "1")  # no keypoint reaches the threshold, so the picture stays clean


def quarters() -> Image:
    """A picture of 64x48 with quarters in red, green, blue and white."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:], image[24:, :32] = (0, 0, 255), (0, 255, 0), (255, 0, 0)
    image[24:, 32:] = 255
    return image


def save(path: Path, image: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def colors(image: Image) -> list[str]:
    """Names of the colors of the four quarters, row by row from the upper left."""
    names = {(0, 0, 1): "red", (0, 1, 0): "green", (1, 0, 0): "blue", (1, 1, 1): "white", (0, 0, 0): "black"}
    height, width = image.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [names[tuple(int(value > 127) for value in image[place])] for place in places]  # type: ignore[index]


def read(path: Path) -> Image:
    frame = open_source(str(path)).read()
    assert frame is not None
    return frame.image


def png(width: int, height: int) -> bytes:
    """A PNG with this size in its header and a few rows of compressed zeros."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (20_000, 8_000), (17_000, 10)])
def test_decompression_bomb_is_refused_before_allocation(
    tmp_path: Path, headless: Headless, size: tuple[int, int]
) -> None:
    (tmp_path / "bomb.png").write_bytes(png(*size))
    tracemalloc.start()
    headless(tmp_path / "bomb.png", tmp_path / "out.json").refused("bomb.png", "wanted")
    assert tracemalloc.get_traced_memory()[1] < 700e6
    tracemalloc.stop()
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.jpg", b""),
        ("text.png", b"no picture"),
        ("head.png", b"\x89PNG\r\n\x1a\n"),
        ("head.jpg", b"\xff\xd8\xff\xe0"),
        ("head.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 "),
        ("head.tif", b"II*\x00\xff\xff\xff\xff"),
        ("head.bmp", b"BM" + b"\xff" * 60),
    ],
)
def test_file_that_is_not_a_picture_is_refused(tmp_path: Path, headless: Headless, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    headless(tmp_path / name, tmp_path / "out.json").refused(name, "wanted a complete image")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
def test_damaged_picture_is_read_or_refused(tmp_path: Path, headless: Headless, ending: str, seed: int) -> None:
    path = save(tmp_path / f"a{ending}", quarters())
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    rng = np.random.default_rng(seed)
    places = rng.integers(0, len(data), 1 + 3 * seed)
    data[places] = rng.integers(0, 256, len(places), dtype=np.uint8)
    path.write_bytes(data.tobytes()[: None if seed % 3 else len(data) * 2 // 3])
    done = headless(path, tmp_path / "out.json")
    if done.code == 2:
        done.refused(path.name)
    else:
        done.played(1)


def test_cmyk_picture_keeps_its_colors(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "print.jpg"
    image.fromarray(quarters()[:, :, ::-1].copy()).convert("CMYK").save(path, quality=95)
    assert colors(read(path)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_16_bit_picture_keeps_its_colors(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, quarters().astype(np.uint16) * 257)
    assert colors(read(path)) == ["red", "green", "blue", "white"]
    np.testing.assert_array_equal(read(path), quarters())


@pytest.mark.parametrize("name", ["clear.png", "clear.webp"])
def test_transparent_picture_keeps_its_colors(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, np.dstack([quarters(), np.full((48, 64), 200, np.uint8)]))
    assert colors(read(path)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (3, ["white", "blue", "green", "red"]),
        (6, ["blue", "red", "white", "green"]),
        (8, ["green", "white", "red", "blue"]),
    ],
)
def test_rotated_photo_is_upright_in_the_output(
    tmp_path: Path, headless: Headless, orientation: int, wanted: list[str]
) -> None:
    data = cv2.imencode(".jpg", quarters())[1].tobytes()
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(
        ">HHI", orientation, 0, 0
    )
    (tmp_path / "photo.jpg").write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    headless(tmp_path / "photo.jpg", tmp_path / "out.png", more=NOT_DRAWN).played(1)
    assert colors(read(tmp_path / "out.png")) == wanted


@pytest.mark.parametrize(("actual", "ending"), [(".png", ".jpg"), (".jpg", ".png"), (".webp", ".bmp")])
def test_wrong_ending_does_not_matter(tmp_path: Path, headless: Headless, actual: str, ending: str) -> None:
    path = save(tmp_path / f"a{actual}", quarters()).rename(tmp_path / f"b{ending}")
    headless(path, tmp_path / "out.json").played(1)
    assert colors(read(path)) == ["red", "green", "blue", "white"]


def test_picture_with_the_ending_of_a_video_is_read_or_refused(tmp_path: Path, headless: Headless) -> None:
    path = save(tmp_path / "a.png", quarters()).rename(tmp_path / "a.mp4")
    done = headless(path, tmp_path / "out.jsonl")
    if done.code == 2:
        done.refused("a.mp4")
    else:
        done.played(1)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 16_000)])
def test_pictures_of_any_size_are_drawn(tmp_path: Path, headless: Headless, size: tuple[int, int]) -> None:
    path = save(tmp_path / "a.png", np.full((size[1], size[0], 3), 90, np.uint8))
    headless(path, tmp_path / "out.png", tmp_path / "out.jsonl", tmp_path / "out.mp4").played(1)
    assert lines(tmp_path / "out.jsonl")[0]["size"] == list(size)
    assert read(tmp_path / "out.png").shape == (size[1], size[0], 3)


def test_folder_of_mixed_and_broken_pictures_becomes_one_video(tmp_path: Path, headless: Headless) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    save(folder / "1.png", quarters())
    save(folder / "2.png", np.full((500, 3), 90, np.uint8))
    (folder / "3.png").write_bytes(png(60_000, 60_000))
    (folder / "4.jpg").write_bytes(b"nothing")
    save(folder / "5.png", np.full((1, 1, 4), 90, np.uint8))
    done = headless(folder, tmp_path / "out.jsonl", tmp_path / "out.mp4")
    done.played(3)
    assert "3.png" in done.err
    assert "4.jpg" in done.err
    assert [frame["name"] for frame in lines(tmp_path / "out.jsonl")[1:]] == ["1.png", "2.png", "5.png"]


def tree(folder: Path) -> Path:
    """Photos with equal names in two folders, and a folder of three with two that differ only in the ending."""
    for name in ("cam1/0001.jpg", "cam1/0002.jpg", "cam2/0001.jpg", "cam2/0002.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        save(folder / name, quarters())
    (folder / "mixed").mkdir()
    for name in ("2.jpg", "beach.jpg", "beach.png"):
        save(folder / "mixed" / name, quarters())
    return folder


CAMERAS = ["cam1/0001.jpg", "cam1/0002.jpg", "cam2/0001.jpg", "cam2/0002.jpg"]
ALL = [*CAMERAS, "mixed/2.jpg", "mixed/beach.jpg", "mixed/beach.png"]


@pytest.mark.parametrize(
    ("source", "names", "ids", "files"),
    [
        ("cam*/*.jpg", CAMERAS, [0, 1, 2, 3], ["cam1_0001", "cam1_0002", "cam2_0001", "cam2_0002"]),
        ("cam1", ["0001.jpg", "0002.jpg"], [1, 2], ["0001", "0002"]),
        ("cam2/*.jpg", ["0001.jpg", "0002.jpg"], [1, 2], ["0001", "0002"]),
        ("mixed", ["2.jpg", "beach.jpg", "beach.png"], [0, 1, 2], ["2", "beach.jpg", "beach.png"]),
        ("mixed/*", ["2.jpg", "beach.jpg", "beach.png"], [0, 1, 2], ["2", "beach.jpg", "beach.png"]),
        ("mixed/2.jpg", ["2.jpg"], [2], ["2"]),
        (
            "**",
            ALL,
            [0, 1, 2, 3, 4, 5, 6],
            [*("cam1_0001", "cam1_0002", "cam2_0001", "cam2_0002"), *("mixed_2", "mixed_beach.jpg", "mixed_beach.png")],
        ),
    ],
)
def test_every_photo_of_a_run_has_a_name_of_its_own(
    tmp_path: Path, headless: Headless, source: str, names: list[str], ids: list[int], files: list[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    written = [out / name for name in ("a.json", "a.jsonl", "a.csv", "a.mmpose.json", "%d.png")]
    poses = out / "poses" / "%012d_keypoints.json"
    headless(tree(tmp_path / "tree") / source, *written, poses, more=("--threshold", "0")).played(len(names))
    people = json.loads((out / "a.json").read_text())
    assert [(one["file_name"], one["image_id"]) for one in people] == list(zip(names, ids, strict=True))
    assert [line["name"] for line in lines(out / "a.jsonl")[1:]] == names
    with (out / "a.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == names
    frames = json.loads((out / "a.mmpose.json").read_text())["instance_info"]
    assert [frame["file_name"] for frame in frames] == names
    assert sorted(path.name for path in (out / "poses").iterdir()) == sorted(f"{name}_keypoints.json" for name in files)
    assert len(list(out.glob("*.png"))) == len(names)


def test_pages_of_one_file_have_different_names(tmp_path: Path, headless: Headless) -> None:
    done, data = cv2.imencodemulti(".tiff", [quarters()] * 3)
    assert done
    (tmp_path / "7.tif").write_bytes(data.tobytes())
    headless(tmp_path / "7.tif", tmp_path / "a.json", tmp_path / "poses" / "%012d_keypoints.json").played(3)
    people = json.loads((tmp_path / "a.json").read_text())
    assert [(one["file_name"], one["image_id"]) for one in people] == [("7.tif#0", 0), ("7.tif#1", 1), ("7.tif#2", 2)]
    assert len(list((tmp_path / "poses").iterdir())) == 3


@pytest.mark.parametrize("source", ["tree/cam1", "tree/cam*/*.jpg", "tree/**/*.jpg", "tree/cam1/0001.jpg"])
def test_photos_are_never_overwritten(tmp_path: Path, headless: Headless, source: str) -> None:
    tree(tmp_path / "tree")
    photo = tmp_path / "tree" / "cam1" / "0.jpg"
    (tmp_path / "tree" / "cam1" / "0001.jpg").rename(photo)
    before = photo.read_bytes()
    done = headless(tmp_path / source.replace("0001", "0"), tmp_path / "tree" / "cam1" / "%d.jpg")
    done.refused("0.jpg", "the source")
    assert photo.read_bytes() == before
