"""Frames of a video file are turned upright, or as requested."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.core.people import Frame
from app.sources import open_source
from app.sources.file import VideoFile
from tests.app.sources.clips import make_clip, steady


@pytest.mark.parametrize(("rotation", "corner"), [(0, "top left"), (90, "bottom left"), (180, "bottom right")])
def test_rotation_follows_the_display_matrix(tmp_path: Path, rotation: int, corner: str) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:16, :16] = 255
    path = make_clip(tmp_path / "r.mp4", steady(3), image=image, rotation=rotation)  # counter-clockwise
    source = VideoFile(path)
    first = source.read()
    assert first is not None
    assert source.size == ((48, 64) if rotation == 90 else (64, 48)) == first.image.shape[1::-1]
    assert bright_corner(first) == corner


@pytest.mark.parametrize(
    ("rotate", "corner"), [("0", "top left"), ("90", "top right"), ("180", "bottom right"), ("270", "bottom left")]
)
def test_forced_rotation_is_clockwise_and_replaces_the_display_matrix(tmp_path: Path, rotate: str, corner: str) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:16, :16] = 255
    path = make_clip(tmp_path / "r.mp4", steady(3), image=image, rotation=90)
    first = open_source(str(path), rotate=rotate).read()  # type: ignore[arg-type]
    assert first is not None
    assert bright_corner(first) == corner


def bright_corner(frame: Frame) -> str:
    height, width = frame.image.shape[:2]
    corners = {
        "top left": frame.image[: height // 4, : width // 4],
        "top right": frame.image[: height // 4, -width // 4 :],
        "bottom left": frame.image[-height // 4 :, : width // 4],
        "bottom right": frame.image[-height // 4 :, -width // 4 :],
    }
    return max(corners, key=lambda corner: float(corners[corner].mean()))
