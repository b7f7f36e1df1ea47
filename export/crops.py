"""Crops of people to check networks on and to calibrate them with."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import isdir
from pathlib import Path

import cv2
import numpy as np

from app.card import PoseCard
from app.detect.detector import Detect, WholeFrame, open_detector
from app.errors import StanceError
from app.estimate.crop import box_region, cut
from app.people import Image
from app.zoo.cache import find
from app.zoo.catalogue import find_entry
from app.zoo.fetch import locate

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
DETECTOR = "yolox-tiny"
CLIP = "demo"
CLIP_FRAMES = (0, 60, 120, 180)
SURE = 0.5
MOST_CROPS = 256
"""More crops teach a calibration nothing and cost memory."""


def check_crops(card: PoseCard) -> tuple[Image, str]:
    """Crops (N, H, W, 3) to check a network on, at least three, and what they are.

    They are people of the demo clip where that and the detector have been fetched, else pictures made here: a
    conversion needs no network connection.
    """
    clip, detector = (find(find_entry(name)) for name in (CLIP, DETECTOR))
    if clip and detector:
        crops = _people(_frames(clip), open_detector(detector, "cpu"), card)
        if len(crops) >= 3:
            return crops, f"{len(crops)} people of the demo clip"
    crops = _people(_made_pictures(), WholeFrame(), card)
    return crops, f"{len(crops)} made-up pictures"


def folder_crops(folder: Path, card: PoseCard) -> Image:
    """The people (N, H, W, 3) in a folder's pictures, as the detector finds them.

    Raises StanceError where there is no such folder, no picture in it or nobody in them.
    """
    if not isdir(folder):
        raise StanceError(f"There is no folder {str(folder)!r}: wanted one with pictures of people to calibrate on.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not files:
        raise StanceError(f"The folder {str(folder)!r} has no pictures (.jpg, .png, .bmp, .webp) to calibrate on.")
    crops = _people(_pictures(files), open_detector(locate(DETECTOR), "cpu"), card)
    if not len(crops):
        raise StanceError(f"Nobody is seen in the {len(files)} pictures of {str(folder)!r}: wanted pictures of people.")
    return crops


def _people(pictures: Iterator[Image], detector: Detect, card: PoseCard) -> Image:
    """Everybody in ``pictures``, cut out as ``card`` wants it."""
    width, height = card.picture.size
    crops = np.empty((0, height, width, 3), np.uint8)
    for picture in pictures:
        boxes = detector(picture, SURE)[:, :4]
        if len(boxes):
            centres, extents = box_region(boxes, card.picture.size, card.padding)
            crops = np.concatenate([crops, cut(picture, centres, extents, card.picture, card.udp)])
        if len(crops) >= MOST_CROPS:
            break
    return crops[:MOST_CROPS]


def _pictures(files: list[Path]) -> Iterator[Image]:
    for file in files:
        picture = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR) if file.stat().st_size else None
        if picture is not None:
            yield np.asarray(picture, np.uint8)


def _frames(clip: Path) -> Iterator[Image]:
    """A few frames; they need no time stamps."""
    video = cv2.VideoCapture(str(clip))
    for number in range(CLIP_FRAMES[-1] + 1):
        if not video.grab():
            break
        if number in CLIP_FRAMES:
            yield np.asarray(video.retrieve()[1], np.uint8)
    video.release()


def _made_pictures() -> Iterator[Image]:
    """Soft blobs of all sizes with a little noise: nothing to recognise, but smooth as photographs are."""
    random = np.random.default_rng(0)
    for _ in range(6):
        picture = np.zeros((480, 640, 3), np.float32)
        for cells in (4, 12, 40):
            grid = random.uniform(0, 255 / 3, (cells, cells, 3)).astype(np.float32)
            picture += cv2.resize(grid, (640, 480), interpolation=cv2.INTER_CUBIC)
        yield np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
