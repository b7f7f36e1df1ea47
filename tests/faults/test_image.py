"""Pictures that are broken, odd or too large, all the way from the file to the outputs."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.people import Image
from app.sources import open_source
from tests.faults.runs import Headless, lines

PATIENT = ("--threshold", "1")  # nothing is drawn on the picture


def quarters() -> Image:
    """64x48: red, green, blue and white."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:], image[24:, :32] = (0, 0, 255), (0, 255, 0), (255, 0, 0)
    image[24:, 32:] = 255
    return image


def save(path: Path, image: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def colours(image: Image) -> list[str]:
    """What the four quarters look like, from the upper left on, row by row."""
    names = {(0, 0, 1): "red", (0, 1, 0): "green", (1, 0, 0): "blue", (1, 1, 1): "white", (0, 0, 0): "black"}
    height, width = image.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [names[tuple(int(value > 127) for value in image[place])] for place in places]  # type: ignore[index]


def read(path: Path) -> Image:
    frame = open_source(str(path)).read()
    assert frame is not None
    return frame.image


def png(width: int, height: int) -> bytes:
    """A PNG that claims this size and holds a few rows of nothing, well packed."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (20_000, 8_000), (17_000, 10)])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, headless: Headless, size: tuple[int, int]) -> None:
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
def test_what_is_no_picture_is_refused(tmp_path: Path, headless: Headless, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    headless(tmp_path / name, tmp_path / "out.json").refused(name, "wanted a whole picture")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
def test_a_damaged_picture_is_shown_or_refused(tmp_path: Path, headless: Headless, ending: str, seed: int) -> None:
    path = save(tmp_path / f"a{ending}", quarters())
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    chance = np.random.default_rng(seed)
    places = chance.integers(0, len(data), 1 + 3 * seed)
    data[places] = chance.integers(0, 256, len(places), dtype=np.uint8)
    path.write_bytes(data.tobytes()[: None if seed % 3 else len(data) * 2 // 3])
    done = headless(path, tmp_path / "out.json")
    if done.code == 2:
        done.refused(path.name)
    else:
        done.played(1)


def test_a_cmyk_picture_has_its_colours(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "print.jpg"
    image.fromarray(quarters()[:, :, ::-1].copy()).convert("CMYK").save(path, quality=95)
    assert colours(read(path)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_a_deep_picture_has_its_colours(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, quarters().astype(np.uint16) * 257)
    assert colours(read(path)) == ["red", "green", "blue", "white"]
    np.testing.assert_array_equal(read(path), quarters())


@pytest.mark.parametrize("name", ["clear.png", "clear.webp"])
def test_what_is_seen_through_has_its_colours(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, np.dstack([quarters(), np.full((48, 64), 200, np.uint8)]))
    assert colours(read(path)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (3, ["white", "blue", "green", "red"]),
        (6, ["blue", "red", "white", "green"]),
        (8, ["green", "white", "red", "blue"]),
    ],
)
def test_a_turned_photo_is_drawn_upright(
    tmp_path: Path, headless: Headless, orientation: int, wanted: list[str]
) -> None:
    data = cv2.imencode(".jpg", quarters())[1].tobytes()
    exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + struct.pack(
        ">HHI", orientation, 0, 0
    )
    (tmp_path / "photo.jpg").write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    headless(tmp_path / "photo.jpg", tmp_path / "out.png", more=PATIENT).played(1)
    assert colours(read(tmp_path / "out.png")) == wanted


@pytest.mark.parametrize(("is_really", "is_called"), [(".png", ".jpg"), (".jpg", ".png"), (".webp", ".bmp")])
def test_a_wrong_ending_does_not_matter(tmp_path: Path, headless: Headless, is_really: str, is_called: str) -> None:
    path = save(tmp_path / f"a{is_really}", quarters()).rename(tmp_path / f"b{is_called}")
    headless(path, tmp_path / "out.json").played(1)
    assert colours(read(path)) == ["red", "green", "blue", "white"]


def test_a_picture_that_is_called_a_video_and_a_video_that_is_called_a_picture(
    tmp_path: Path, headless: Headless
) -> None:
    path = save(tmp_path / "a.png", quarters()).rename(tmp_path / "a.mp4")
    done = headless(path, tmp_path / "out.jsonl")
    if done.code == 2:
        done.refused("a.mp4")
    else:
        done.played(1)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 16_000)])
def test_every_size_can_be_drawn(tmp_path: Path, headless: Headless, size: tuple[int, int]) -> None:
    path = save(tmp_path / "a.png", np.full((size[1], size[0], 3), 90, np.uint8))
    headless(path, tmp_path / "out.png", tmp_path / "out.jsonl", tmp_path / "out.mp4").played(1)
    assert lines(tmp_path / "out.jsonl")[0]["size"] == list(size)
    assert read(tmp_path / "out.png").shape == (size[1], size[0], 3)


def test_pictures_of_all_kinds_in_one_folder_become_one_film(tmp_path: Path, headless: Headless) -> None:
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
