"""Annotated images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from app.core.errors import StanceError
from app.overlay import DrawStyle
from app.sinks.image import Pictures
from tests.app.sinks.people import blank, header, person, poses


@pytest.mark.parametrize("ending", [".png", ".jpg", ".jpeg"])
def test_people_are_drawn_on_the_image(tmp_path: Path, ending: str) -> None:
    head = header(still=True)
    sink = Pictures(tmp_path / f"out{ending}", head, DrawStyle())
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame, person(1, head.skeleton)))
    sink.close()
    image = cv2.imread(str(tmp_path / f"out{ending}"))
    assert image is not None
    assert image.shape == (48, 64, 3)
    assert image.max() > 200 > 90


def test_several_images_are_numbered(tmp_path: Path) -> None:
    head = header(still=True)
    sink = Pictures(tmp_path / "out-%03d.png", head, DrawStyle())
    for i in (0, 2):
        frame = blank(i, float(i))
        sink.write(frame, poses(frame))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-000.png", "out-002.png"]


def test_second_image_without_a_number_is_refused(tmp_path: Path) -> None:
    sink = Pictures(tmp_path / "out.png", header(still=True), DrawStyle())
    frame = blank(0, 0.0)
    sink.write(frame, poses(frame))
    with pytest.raises(StanceError, match="wanted a number in its name"):
        sink.write(blank(1, 1.0), poses(blank(1, 1.0)))


@pytest.mark.parametrize("source", ["photos/1.png", "photos", "photos/*.png"])
def test_source_image_is_never_overwritten(tmp_path: Path, source: str) -> None:
    photo = tmp_path / "photos" / "1.png"
    photo.parent.mkdir()
    photo.write_bytes(b"precious")
    sink = Pictures(
        tmp_path / "photos" / "%d.png", replace(header(still=True), source=str(tmp_path / source)), DrawStyle()
    )
    frame = blank(1, 1.0)
    with pytest.raises(StanceError, match="is an image of the source"):
        sink.write(frame, poses(frame), "1.png")
    assert photo.read_bytes() == b"precious"
