"""Images with more than 8 bits per sample are scaled to 8."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.sources import SourceEvent, open_source
from tests.app.sources.test_picture import read, read_all, tiff


def ramp(values: float) -> np.ndarray:
    """A gray image with values from 0 to ``values`` inclusive."""
    return np.linspace(0, values, 64 * 256).reshape(64, 256)


@pytest.mark.parametrize(
    ("pixels", "span"),
    [
        (ramp(255).astype(np.uint16), (0, 255)),
        (ramp(1000).astype(np.uint16), (0, 1023)),
        (ramp(4080).astype(np.uint16), (0, 4095)),
        (ramp(16383).astype(np.uint16), (0, 16383)),
        (ramp(65535).astype(np.uint16), None),
        (ramp(1).astype(np.float32), (0, 1)),
        (ramp(255).astype(np.float32), (0, 255)),
        (ramp(4095).astype(np.float64), (0, 4095)),
        (ramp(1e6).astype(np.float32), (0, 1e6)),
        (ramp(2).astype(np.float32) - 1, (-1, 1)),
        (ramp(4095).astype(np.int16), (0, 4095)),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, np.ndarray) else str(value),
)
@pytest.mark.parametrize("color", [False, True])
def test_deep_image_is_scaled_by_its_range_with_a_notice(
    tmp_path: Path, pixels: np.ndarray, span: tuple[float, float] | None, color: bool
) -> None:
    path = tmp_path / "lab.tif"
    path.write_bytes(cv2.imencode(".tiff", np.dstack([pixels] * 3) if color else pixels)[1].tobytes())
    events: list[SourceEvent] = []
    image = read(path, events=events)
    assert image.dtype == np.uint8
    assert image.shape == (64, 256, 3)
    low, high = span or (0, 65535)
    wanted = (pixels.astype(float) - low) * 255 / (high - low)
    np.testing.assert_allclose(image[..., 1], wanted, atol=1.01)
    messages = [event.message for event in events if event.state == "notice"]
    values = "" if span is None else f"{path} has values from {span[0]:g} to {span[1]:g}, which are scaled to 8 bits."
    assert messages == ([f"The image {values}"] if span else [])


@pytest.mark.parametrize("low", [0.0, 1000.0])
def test_declared_values_take_precedence_over_the_range(tmp_path: Path, low: float) -> None:
    (tmp_path / "a.tif").write_bytes(tiff(np.full((20, 30), 2000), {340: low, 341: 3000.0}))
    assert read(tmp_path / "a.tif")[0, 0].tolist() == [round((2000 - low) * 255 / (3000 - low))] * 3


def test_pages_are_scaled_alike_once_their_depth_is_known(tmp_path: Path) -> None:
    done, data = cv2.imencodemulti(".tiff", [np.full((64, 96), value, np.uint16) for value in (3000, 1000, 200)])
    assert done
    (tmp_path / "a.tif").write_bytes(data.tobytes())
    images = read_all(open_source(str(tmp_path / "a.tif")))
    assert [int(image[0, 0, 0]) for image in images] == [187, 62, 12]


def test_nan_and_infinity_are_black(tmp_path: Path) -> None:
    pixels = np.full((20, 30), 0.5, np.float32)
    pixels[0, 0], pixels[0, 1] = np.nan, np.inf
    (tmp_path / "a.tif").write_bytes(cv2.imencode(".tiff", pixels)[1].tobytes())
    assert read(tmp_path / "a.tif")[0, :3, 0].tolist() == [0, 0, 128]


@pytest.mark.parametrize("name", ["a.png", "a.pgm"])
def test_12_bits_in_other_formats_are_scaled(tmp_path: Path, name: str) -> None:
    pixels = ramp(4095).astype(np.uint16)
    data = b"P5 # made here\n256 64\n4095\n" + pixels.astype(">u2").tobytes()
    (tmp_path / name).write_bytes(data if name == "a.pgm" else cv2.imencode(".png", pixels)[1].tobytes())
    np.testing.assert_allclose(read(tmp_path / name)[..., 0], pixels * (255 / 4095), atol=1)


def test_portable_map_declares_its_maximum(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5\n4 1\n4095\n" + np.array([0, 10, 20, 40], ">u2").tobytes())
    assert read(tmp_path / "a.pgm")[0, :, 0].tolist() == [0, 1, 1, 2]


def test_scaling_notice_is_sent_once_per_folder(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(cv2.imencode(".png", ramp(4095).astype(np.uint16))[1].tobytes())
    events: list[SourceEvent] = []
    source = open_source(str(tmp_path), notify=events.append)
    assert all(image.max() == 255 for image in read_all(source))
    assert [event.message.count("0.png") for event in events] == [1]
