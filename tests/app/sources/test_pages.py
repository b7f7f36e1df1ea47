"""Several images in one file: pages, and animations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pillow_heif
import pytest
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from app.core.errors import StanceError
from app.core.people import Image
from app.sources import SourceEvent, open_source
from tests.app.sources.test_picture import UPRIGHT, colors, exif, read, read_all, stored


def numbered(count: int) -> list[PIL.Image.Image]:
    """Uniform images, each 10 brighter than the one before."""
    return [PIL.Image.new("RGB", (96, 64), (10 * number,) * 3) for number in range(count)]


def numbers(images: list[Image]) -> list[int]:
    return [round(float(image.mean()) / 10) for image in images]


@pytest.mark.parametrize("ending", [".tif", ".heic"])
def test_all_pages_are_read_with_their_names(tmp_path: Path, ending: str) -> None:
    pillow_heif.register_heif_opener()
    first, *rest = numbered(6)
    first.save(tmp_path / f"stack{ending}", save_all=True, append_images=rest)
    source = open_source(str(tmp_path / f"stack{ending}"))
    assert (source.still, source.frames, source.duration_s) == (True, 6, 6.0)
    frames = list(iter(source.read, None))
    assert numbers([frame.image for frame in frames]) == [0, 1, 2, 3, 4, 5]
    assert [source.frame_name(frame.index) for frame in frames] == [f"stack{ending}#{page}" for page in range(6)]
    source.seek(4.5)
    assert numbers(read_all(source)) == [4, 5]
    source.seek_index(2)
    assert numbers(read_all(source)) == [2, 3, 4, 5]


def test_reduced_copy_is_no_page(tmp_path: Path) -> None:
    small = PIL.Image.new("RGB", (48, 32), (200,) * 3)
    tags = ImageFileDirectory_v2()
    tags[254] = 1
    first, second = numbered(2)
    small.encoderinfo = {"tiffinfo": tags}
    first.save(tmp_path / "pyramid.tif", save_all=True, append_images=[small, second])
    source = open_source(str(tmp_path / "pyramid.tif"))
    assert numbers(read_all(source)) == [0, 1]


@pytest.mark.parametrize("ending", [".webp", ".png", ".gif", ".avif"])
def test_animation_keeps_its_timestamps(tmp_path: Path, ending: str) -> None:
    first, *rest = numbered(6)
    path = tmp_path / f"a{ending}"
    first.save(path, save_all=True, append_images=rest, duration=[100, 200, 100, 100, 300, 100])
    source = open_source(str(path))
    assert (source.still, source.live) == (False, False)
    frames = list(iter(source.read, None))
    assert numbers([frame.image for frame in frames]) == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose([frame.time_s for frame in frames], [0, 0.1, 0.3, 0.4, 0.5, 0.8], atol=1e-6)
    source.seek(0.45)
    assert numbers(read_all(source)) == [3, 4, 5]
    source.seek_index(1)
    assert numbers(read_all(source)) == [1, 2, 3, 4, 5]
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("ending", [".webp", ".png", ".gif", ".avif"])
def test_animation_format_with_one_frame_is_a_still_image(tmp_path: Path, ending: str) -> None:
    numbered(8)[7].save(tmp_path / f"a{ending}")
    source = open_source(str(tmp_path / f"a{ending}"))
    assert (source.still, source.frames, numbers(read_all(source))) == (True, 1, [7])


def test_rotated_animation_is_upright(tmp_path: Path) -> None:
    stored(6).save(tmp_path / "a.webp", save_all=True, append_images=[stored(8)], exif=exif(6), quality=95)
    assert open_source(str(tmp_path / "a.webp")).size == (192, 128)
    assert colors(read(tmp_path / "a.webp")) == UPRIGHT
    assert colors(read(tmp_path / "a.webp", rotate="0")) == colors(np.asarray(stored(6))[..., ::-1])


@pytest.mark.parametrize("ending", [".webp", ".png", ".gif", ".avif", ".tif", ".heic"])
def test_in_a_folder_a_file_with_pages_gives_one_with_a_notice(tmp_path: Path, ending: str) -> None:
    pillow_heif.register_heif_opener()
    first, *rest = numbered(6)
    first.save(tmp_path / f"b{ending}", save_all=True, append_images=rest)
    numbered(9)[8].save(tmp_path / "a.png")
    events: list[SourceEvent] = []
    source = open_source(str(tmp_path), notify=events.append)
    assert numbers(read_all(source)) == [8, 0]
    assert [source.frame_name(index) for index in (0, 1)] == ["a.png", f"b{ending}"]
    (event,) = events
    assert event.state == "notice"
    assert event.message == (
        f"The file {tmp_path / f'b{ending}'} holds 6 images, of which only one is used: "
        "open it by itself to use all of them."
    )


def test_damaged_animation_is_an_error(tmp_path: Path) -> None:
    first, *rest = numbered(6)
    first.save(tmp_path / "a.webp", save_all=True, append_images=rest)
    (tmp_path / "a.webp").write_bytes((tmp_path / "a.webp").read_bytes()[:-60])
    with pytest.raises(StanceError, match=r"a\.webp"):
        read_all(open_source(str(tmp_path / "a.webp")))
