"""Files, folders and patterns of still images."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import StanceError
from app.core.people import Image
from app.sources import PICTURE_ENDINGS, SourceEvent, open_source
from app.sources.images import Images


def picture(value: int, width: int = 30, height: int = 20) -> Image:
    return np.full((height, width, 3), value, dtype=np.uint8)


def save(path: Path, image: np.ndarray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """``jpeg`` with an EXIF block that contains only the orientation."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def png(width: int, height: int) -> bytes:
    """A PNG that declares a size but contains no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_folder_is_read_in_natural_order_with_names(tmp_path: Path) -> None:
    for number in (10, 9, 1, 100):
        save(tmp_path / f"p{number}.png", picture(number))
    (tmp_path / "notes.txt").write_text("not a picture")
    source = open_source(str(tmp_path))
    frames = list(iter(source.read, None))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 9, 10, 100]
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]
    assert [source.frame_name(frame.index) for frame in frames] == ["p1.png", "p9.png", "p10.png", "p100.png"]
    assert (source.frames, source.duration_s, source.still, source.live) == (4, 4.0, True, False)
    assert source.name == str(tmp_path)


def test_pattern_opens_matching_images(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a1.png", "a2.png", "b1.png", "deep/a3.png"):
        save(tmp_path / name, picture(5))
    assert open_source(str(tmp_path / "a*.png")).frames == 2
    assert open_source(str(tmp_path / "**" / "a*.png")).frames == 3
    with pytest.raises(StanceError, match=r"no image in .*c\*"):
        open_source(str(tmp_path / "c*.png"))


@pytest.mark.parametrize("name", ["a[1].png", "100%d.png", "what?.png", "two\nlines.png", "mensch-🧍 .png"])
def test_file_with_special_characters_opens(tmp_path: Path, name: str) -> None:
    save(tmp_path / "plain.png", picture(7)).rename(tmp_path / name)
    source = open_source(str(tmp_path / name))
    assert source.frames == 1
    assert source.frame_name(0) == name


@pytest.mark.parametrize(
    "ending", sorted({*PICTURE_ENDINGS} - {".jfif", ".pgm", ".pbm", ".gif", ".heic", ".heif", ".hif"})
)  # OpenCV cannot write these formats, or not in color
def test_every_listed_extension_can_be_read(tmp_path: Path, ending: str) -> None:
    frame = open_source(str(save(tmp_path / f"a{ending}", picture(200, 90, 70)))).read()
    assert frame is not None
    assert frame.image.shape == (70, 90, 3)
    assert abs(int(frame.image[5, 5, 1]) - 200) <= 3


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.full((4, 6), 77, np.uint8), (77, 77, 77)),
        (np.full((4, 6, 4), (10, 20, 30, 0), np.uint8), (10, 20, 30)),
        (np.full((4, 6, 3), 40_000, np.uint16), (156, 156, 156)),
        (np.full((4, 6), 40_000, np.uint16), (156, 156, 156)),
    ],
)
def test_grey_transparent_and_16_bit_images_become_8_bit_bgr(
    tmp_path: Path, pixels: np.ndarray, expected: tuple[int, int, int]
) -> None:
    frame = open_source(str(save(tmp_path / "a.png", pixels))).read()
    assert frame is not None
    assert frame.image.dtype == np.uint8
    assert tuple(frame.image[0, 0]) == expected


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (0, -1)), (3, (-1, -1)), (4, (-1, 0)), (5, (0, 0)), (6, (0, -1)), (7, (-1, -1)), (8, (-1, 0))],
)
def test_exif_orientation_is_followed_and_can_be_overridden(
    tmp_path: Path, orientation: int, corner: tuple[int, int]
) -> None:
    image = picture(0, 64, 32)
    image[:16, :16] = 255
    path = tmp_path / "photo.jpg"
    path.write_bytes(with_orientation(cv2.imencode(".jpg", image)[1].tobytes(), orientation))
    upright = open_source(str(path))
    frame = upright.read()
    assert frame is not None
    assert upright.size == ((64, 32) if orientation < 5 else (32, 64))
    assert frame.image[corner].min() > 200
    raw = open_source(str(path), rotate="0").read()
    assert raw is not None
    assert raw.image.shape == (32, 64, 3)
    assert raw.image[0, 0].min() > 200
    turned = open_source(str(path), rotate="90").read()
    assert turned is not None
    assert turned.image.shape == (64, 32, 3)
    assert turned.image[0, -1].min() > 200


def test_bad_image_among_good_ones_is_skipped_with_an_event(tmp_path: Path) -> None:
    events: list[SourceEvent] = []
    for number in (1, 2, 3):
        save(tmp_path / f"{number}.png", picture(number))
    (tmp_path / "2.png").write_bytes(b"no picture")
    frames = list(iter(open_source(str(tmp_path), notify=events.append).read, None))
    assert [frame.index for frame in frames] == [0, 2]
    assert [event.state for event in events] == ["skipped"]
    assert "2.png" in events[0].message


def test_only_bad_images_is_an_error(tmp_path: Path) -> None:
    for name in ("1.png", "2.jpg"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(StanceError, match="None of the 2 images"):
        open_source(str(tmp_path))
    with pytest.raises(StanceError, match=r"1\.png cannot be decoded"):
        open_source(str(tmp_path / "1.png"))


def test_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StanceError, match=f"There is no image in {tmp_path}"):
        open_source(str(tmp_path))


def test_decompression_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png(60_000, 60_000))
    with pytest.raises(StanceError, match=r"bomb\.png is too large"):
        open_source(str(tmp_path / "bomb.png"))


def test_seek_and_close(tmp_path: Path) -> None:
    for number in range(5):
        save(tmp_path / f"{number}.png", picture(number))
    source = Images(tmp_path)
    for time_s, index in ((3.0, 3), (2.9, 2), (99.0, 4), (-1.0, 0)):
        source.seek(time_s)
        frame = source.read()
        assert frame is not None
        assert frame.index == index
    source.close()
    assert source.read() is None


def test_seek_to_an_unreadable_image_gives_the_one_before_it(tmp_path: Path) -> None:
    for number in (0, 2, 3):
        save(tmp_path / f"{number}.png", picture(number))
    (tmp_path / "1.png").write_bytes(b"nothing")
    source = Images(tmp_path)
    for wanted, got in ((3, 3), (2, 2), (1, 0), (9, 3), (0, 0)):
        source.seek_index(wanted)
        frame = source.read()
        assert frame is not None
        assert frame.index == got
    following = source.read()
    assert following is not None
    assert following.index == 2
