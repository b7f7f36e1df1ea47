"""Image files of all formats, as phones, cameras, laboratories and other programs write them."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pillow_heif
import pytest

from app.core.errors import StanceError
from app.core.people import Image
from app.sources import Source, SourceEvent, open_source
from app.sources.file import VideoFile
from app.sources.images import Images
from tests.app.sources.clips import make_clip, number_of, steady
from tests.app.sources.test_images import with_orientation

STORED = {
    1: None,
    2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
    3: PIL.Image.Transpose.ROTATE_180,
    4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
    5: PIL.Image.Transpose.TRANSPOSE,
    6: PIL.Image.Transpose.ROTATE_90,
    7: PIL.Image.Transpose.TRANSVERSE,
    8: PIL.Image.Transpose.ROTATE_270,
}
"""How an upright image is stored for each EXIF orientation."""


def quarters(width: int = 192, height: int = 128) -> PIL.Image.Image:
    """An image with a red, green, blue and white quarter, row by row."""
    image = np.full((height, width, 3), 255, np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    image[: height // 2, width // 2 :] = (0, 255, 0)
    image[height // 2 :, : width // 2] = (0, 0, 255)
    return PIL.Image.fromarray(image)


def stored(orientation: int, width: int = 192, height: int = 128) -> PIL.Image.Image:
    """An image of ``quarters`` as it is stored; ``width`` and ``height`` are those of the upright image."""
    turned = STORED[orientation]
    return quarters(width, height) if turned is None else quarters(width, height).transpose(turned)


def exif(orientation: int) -> PIL.Image.Exif:
    tags = PIL.Image.Exif()
    tags[0x112] = orientation
    return tags


def colors(image: Image) -> list[str]:
    names = {(0, 0, 1): "red", (0, 1, 0): "green", (1, 0, 0): "blue", (1, 1, 1): "white"}
    height, width = image.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [names.get(tuple(int(value > 127) for value in image[place]), "?") for place in places]  # type: ignore[arg-type]


UPRIGHT = ["red", "green", "blue", "white"]


def read(path: Path, rotate: Any = "auto", events: list[SourceEvent] | None = None) -> Image:
    frame = open_source(str(path), rotate=rotate, notify=(events if events is not None else []).append).read()
    assert frame is not None
    return frame.image


def read_all(source: Source) -> list[Image]:
    return [frame.image for frame in iter(source.read, None)]


@pytest.mark.parametrize("name", ["photo.heic", "photo.avif", "photo.mp4", "photo.png", "photo", "photo.xyz"])
def test_photo_is_recognized_by_content_not_by_name(tmp_path: Path, name: str) -> None:
    stored(6).save(tmp_path / "a.jpg", exif=exif(6), quality=95)
    source = open_source(str((tmp_path / "a.jpg").rename(tmp_path / name)))
    assert (source.still, source.frames, source.size) == (True, 1, (192, 128))
    assert colors(read_all(source)[0]) == UPRIGHT


@pytest.mark.parametrize("name", ["film.jpg", "film.heic", "film.png"])
def test_video_with_an_image_extension_plays(tmp_path: Path, name: str) -> None:
    source = open_source(str(make_clip(tmp_path / "a.mp4", steady(5)).rename(tmp_path / name)))
    assert (source.still, len(read_all(source))) == (False, 5)


@pytest.mark.parametrize("orientation", [1, 3, 6, 7, 8])
@pytest.mark.parametrize(
    ("size", "tile"), [((640, 384), 128), ((700, 500), 256), ((512, 1024), 512), ((1030, 258), 512), ((96, 1500), 512)]
)
def test_tiled_heic_is_read_completely_and_upright(
    tmp_path: Path, size: tuple[int, int], tile: int, orientation: int
) -> None:
    """A phone stores a photo as a grid of tiles, the last of which may reach beyond the image."""
    heif = pillow_heif.from_pillow(stored(orientation, *size))
    heif[0].info["exif"] = exif(orientation).tobytes()
    heif.save(tmp_path / "phone.heic", tile_size=tile, quality=90)
    assert b"grid" in (tmp_path / "phone.heic").read_bytes()
    source = open_source(str(tmp_path / "phone.heic"))
    assert (source.still, source.size) == (True, size)
    assert colors(read_all(source)[0]) == UPRIGHT


def test_heic_sequence_plays_as_a_video(tmp_path: Path) -> None:
    """A burst of a phone (.heics): HEVC in a track, as in MP4, whose type says pictures."""
    path = make_clip(tmp_path / "a.mp4", steady(8), codec="libx265", options={"x265-params": "log-level=none"})
    data = path.read_bytes()
    head = b"\0\0\0\x1cftyphevc\0\0\0\0msf1hevcmif1"
    assert int.from_bytes(data[:4]) == len(head)
    track = data[len(head) :].replace(b"hdlr" + bytes(8) + b"vide", b"hdlr" + bytes(8) + b"pict")
    (tmp_path / "burst.heics").write_bytes(head + track)
    source = open_source(str(tmp_path / "burst.heics"))
    assert (source.still, [number_of(image) for image in read_all(source)]) == (False, list(range(8)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_transformation_is_applied_once(tmp_path: Path, orientation: int) -> None:
    heif = pillow_heif.from_pillow(stored(orientation))
    heif[0].info["exif"] = exif(orientation).tobytes()  # phones store the orientation twice
    heif.save(tmp_path / "a.heic", quality=90)
    data = (tmp_path / "a.heic").read_bytes()
    assert (b"irot" in data or b"imir" in data) == (orientation > 1)
    assert colors(read(tmp_path / "a.heic")) == UPRIGHT
    stored_colors = colors(np.asarray(stored(orientation))[..., ::-1])
    assert colors(read(tmp_path / "a.heic", rotate="0")) == stored_colors
    assert colors(read(tmp_path / "a.heic", rotate="180")) == stored_colors[::-1]


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_heic_with_exif_only_follows_exif(tmp_path: Path, orientation: int) -> None:
    pillow_heif.register_heif_opener()
    stored(orientation).save(tmp_path / "a.heic", exif=exif(orientation), quality=90)
    assert b"irot" not in (tmp_path / "a.heic").read_bytes()
    assert colors(read(tmp_path / "a.heic")) == UPRIGHT


def test_missing_heic_reader_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow_heif.from_pillow(quarters()).save(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(StanceError, match=r"a\.heic is HEIC, for which no decoder .* `pip install pillow-heif`"):
        open_source(str(tmp_path / "a.heic"))


def test_damaged_heic_is_refused(tmp_path: Path) -> None:
    pillow_heif.from_pillow(quarters()).save(tmp_path / "a.heic")
    (tmp_path / "a.heic").write_bytes((tmp_path / "a.heic").read_bytes()[:200])
    with pytest.raises(StanceError, match=r"a\.heic cannot be decoded: wanted a complete image"):
        open_source(str(tmp_path / "a.heic"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", [".avif", ".png", ".webp", ".tif"])
def test_every_format_follows_its_orientation(tmp_path: Path, ending: str, orientation: int) -> None:
    path = tmp_path / f"a{ending}"
    stored(orientation).save(path, exif=exif(orientation), quality=95)
    assert colors(read(path)) == UPRIGHT
    assert colors(read(path, rotate="0")) == colors(np.asarray(stored(orientation))[..., ::-1])


def test_avif_with_exif_only_follows_exif(tmp_path: Path) -> None:
    pixels = np.ascontiguousarray(np.asarray(stored(6))[..., ::-1])
    note = np.frombuffer(exif(6).tobytes()[6:], np.uint8)
    done, data = cv2.imencodeWithMetadata(".avif", pixels, [cv2.IMAGE_METADATA_EXIF], [note])
    assert done
    (tmp_path / "a.avif").write_bytes(data.tobytes())
    assert colors(read(tmp_path / "a.avif")) == UPRIGHT


def test_16_bit_pages_follow_their_orientation(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(np.asarray(stored(6)).astype(np.uint16) * 257, {274: 6}))
    assert colors(read(tmp_path / "a.tif")) == UPRIGHT
    assert colors(read(tmp_path / "a.tif", rotate="0")) == colors(np.asarray(stored(6))[..., ::-1])


def tiff(pixels: np.ndarray, more: dict[int, float]) -> bytes:
    """A 16 bit gray or RGB image as a TIFF file with the additional tags ``more``."""
    height, width = pixels.shape[:2]
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    data = pixels.astype("<u2").tobytes()
    tags = {256: width, 257: height, 258: 16, 259: 1, 262: 2 if samples == 3 else 1, 273: 8, 277: samples, 278: height}
    tags |= {279: len(data)} | more
    place, entries, behind = 8 + len(data), b"", b""
    for tag, value in sorted(tags.items()):
        wide = struct.pack("<d", value) if isinstance(value, float) else struct.pack("<3H", *[16] * 3)
        if isinstance(value, float) or (tag == 258 and samples == 3):
            kind, count = (12, 1) if isinstance(value, float) else (3, 3)
            entries += struct.pack("<HHII", tag, kind, count, place + 2 + 12 * len(tags) + 4 + len(behind))
            behind += wide
        else:
            entries += struct.pack("<HHII", tag, 4, 1, value)
    return b"II*\0" + struct.pack("<I", place) + data + struct.pack("<H", len(tags)) + entries + bytes(4) + behind


def test_raw_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.dng").write_bytes(tiff(np.full((60, 80, 3), 9000), {254: 1}))
    with pytest.raises(StanceError, match=r"a\.dng is a camera raw file: wanted it converted"):
        open_source(str(tmp_path / "a.dng"))


@pytest.mark.parametrize("name", ["a.jpg", "a.xyz"])
def test_unsupported_formats_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\x0a" + bytes(100))
    with pytest.raises(StanceError, match=f"{name} is JPEG XL, for which there is no decoder"):
        open_source(str(tmp_path / name))
    quarters().save(tmp_path / name, "ICO")
    with pytest.raises(StanceError, match=f"{name} is ICO, for which there is no decoder"):
        open_source(str(tmp_path / name))


def test_consecutive_jpegs_are_a_video_unless_they_are_one_photo(tmp_path: Path) -> None:
    frames = [cv2.imencode(".jpg", np.full((48, 64, 3), 40 * number, np.uint8))[1].tobytes() for number in range(1, 5)]
    (tmp_path / "film.mjpeg").write_bytes(b"".join(frames))
    film = open_source(str(tmp_path / "film.mjpeg"))
    assert isinstance(film, VideoFile)
    assert len(read_all(film)) == 4
    listed = b"\xff\xe2\x00\x08MPF\0II"  # phones append a preview or a gain map to the photo
    (tmp_path / "photo.mpo").write_bytes(frames[0][:2] + listed + frames[0][2:] + frames[1])
    assert isinstance(open_source(str(tmp_path / "photo.mpo")), Images)
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(frames[1]) + 2) + frames[1]
    (tmp_path / "thumb.mpo").write_bytes(frames[0][:2] + thumbnail + frames[0][2:])
    assert isinstance(open_source(str(tmp_path / "thumb.mpo")), Images)


def test_jpeg_orientation_is_as_opencv_reads_it(tmp_path: Path) -> None:
    data = with_orientation(cv2.imencode(".jpg", np.arange(192 * 3, dtype=np.uint8).reshape(8, 24, 3))[1].tobytes(), 8)
    (tmp_path / "a.jpg").write_bytes(data)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), decoded)
