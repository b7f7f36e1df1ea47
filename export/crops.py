"""Crops of people for checking and calibrating converted networks."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import isdir
from pathlib import Path

import cv2
import numpy as np

from app.core.errors import StanceError
from app.core.message import Message
from app.core.people import Image
from app.detection.detector import Detect, WholeFrame, open_detector
from app.inference.model_card import PoseCard
from app.pose.crop import box_region, crop_people
from app.zoo.cache import find
from app.zoo.catalogue import find_entry
from app.zoo.fetch import locate

PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
DETECTOR = "yolox-tiny"
CLIP = "demo"
CLIP_FRAMES = (0, 60, 120, 180)
"""Indices of the clip's frames that are used."""
MIN_SCORE = 0.5
"""Detection score threshold."""
MAX_CROPS = 256
"""More crops do not improve the calibration and cost memory."""


def check_crops(card: PoseCard) -> tuple[Image, str]:
    """At least three crops (N, H, W, 3), uint8 BGR, to check a network on, and a description of them.

    They are people of the demo clip if the clip and the detector have been fetched, else generated pictures: a
    conversion needs no network connection.
    """
    clip, detector = (find(find_entry(name)) for name in (CLIP, DETECTOR))
    if clip and detector:
        crops = _people(_frames(clip), open_detector(detector, "cpu"), card)
        if len(crops) >= 3:
            return crops, Message("{count} people from the demo clip", count=len(crops))
    crops = _people(_generated_pictures(), WholeFrame(), card)
    return crops, Message("{count} synthetic images", count=len(crops))


def check_picture() -> tuple[Image, str]:
    """A picture (H, W, 3), uint8 BGR, to check a network on, and a description of it: see ``check_crops``."""
    clip = find(find_entry(CLIP))
    frame = next(_frames(clip), None) if clip else None
    if frame is not None:
        return frame, Message("a frame of the demo clip")
    return next(_generated_pictures()), Message("a synthetic image")


def folder_crops(folder: Path, card: PoseCard) -> Image:
    """Crops (N, H, W, 3), uint8 BGR, of the people detected in a folder's pictures.

    Raises StanceError if there is no such folder, no picture in it or no person in the pictures.
    """
    if not isdir(folder):
        raise StanceError(
            "There is no folder {folder!r}: wanted a folder of images of people for calibration.", folder=str(folder)
        )
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    if not files:
        raise StanceError(
            "The folder {folder!r} has no images for calibration: wanted .jpg, .png, .bmp or .webp.", folder=str(folder)
        )
    crops = _people(_pictures(files), open_detector(locate(DETECTOR), "cpu"), card)
    if not len(crops):
        raise StanceError(
            "No people were found in the {count} images of {folder!r}: wanted images of people.",
            count=len(files),
            folder=str(folder),
        )
    return crops


def _people(pictures: Iterator[Image], detector: Detect, card: PoseCard) -> Image:
    """Crops (N, H, W, 3) of all people in ``pictures``, of the size and padding that ``card`` states."""
    width, height = card.picture.size
    crops = np.empty((0, height, width, 3), np.uint8)
    for picture in pictures:
        boxes = detector(picture, MIN_SCORE)[:, :4]
        if len(boxes):
            centers, extents = box_region(boxes, card.picture.size, card.padding)
            crops = np.concatenate([crops, crop_people(picture, centers, extents, card.picture, card.udp)])
        if len(crops) >= MAX_CROPS:
            break
    return crops[:MAX_CROPS]


def _pictures(files: list[Path]) -> Iterator[Image]:
    for file in files:
        picture = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR) if file.stat().st_size else None
        if picture is not None:
            yield np.asarray(picture, np.uint8)


def _frames(clip: Path) -> Iterator[Image]:
    """The frames of ``CLIP_FRAMES``; read by OpenCV, as no timestamps are needed."""
    video = cv2.VideoCapture(str(clip))
    for number in range(CLIP_FRAMES[-1] + 1):
        if not video.grab():
            break
        if number in CLIP_FRAMES:
            yield np.asarray(video.retrieve()[1], np.uint8)
    video.release()


def _generated_pictures() -> Iterator[Image]:
    """Random smooth blobs of several sizes with a little noise: no people, but smooth as photographs are."""
    random = np.random.default_rng(0)
    for _ in range(6):
        picture = np.zeros((480, 640, 3), np.float32)
        for cells in (4, 12, 40):
            grid = random.uniform(0, 255 / 3, (cells, cells, 3)).astype(np.float32)
            picture += cv2.resize(grid, (640, 480), interpolation=cv2.INTER_CUBIC)
        yield np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
