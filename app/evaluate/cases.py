"""Pictures of single people for the report: crops of the photo with the ground truth or the estimate drawn."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from app.core.people import Floats, FramePoses, Image, Person
from app.core.skeleton import Skeleton
from app.evaluate.pairs import Pair
from app.evaluate.photos import Annotated
from app.overlay import DrawStyle, painted

HEIGHT = 360
ASPECT = 0.72
"""Height of a picture in pixels, and its width relative to the height."""

MARGIN = 0.12
"""Margin around the person on each side, relative to the person's size."""
QUALITY = 86
"""JPEG quality."""


def pictures(pair: Pair, image: Image, skeleton: Skeleton, threshold: float) -> list[tuple[str, Image]]:
    """The pictures of a pair as (label, picture): the ground truth and the estimate, as far as they exist.

    Both show the same region of the photo ``image`` (H, W, 3), uint8 BGR. Keypoints with a score below ``threshold``
    are not drawn.
    """
    shown: list[tuple[str, Person]] = []
    if pair.truth is not None:
        shown.append(("truth", _truth_as_person(pair.truth)))
    if pair.estimate is not None:
        shown.append(("estimate", pair.estimate))
    region = _region([_extent(person, threshold) for _, person in shown], (image.shape[1], image.shape[0]))
    return [(what, _cut_out(image, person, region, skeleton, threshold)) for what, person in shown]


def embedded(picture: Image) -> str:
    """``picture`` (H, W, 3) as a JPEG data URL."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a picture of bytes is a JPEG"
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _truth_as_person(truth: Annotated) -> Person:
    keypoints = truth.keypoints.copy()
    keypoints[:, 2] = keypoints[:, 2] > 0
    return Person(0, 1.0, truth.box, keypoints)


def _extent(person: Person, threshold: float) -> Floats:
    """The box (4,) around the person's box and visible keypoints."""
    points = person.keypoints[person.keypoints[:, 2] >= threshold, :2]
    low = np.minimum(person.box[:2], points.min(axis=0, initial=np.inf))
    high = np.maximum(person.box[2:], points.max(axis=0, initial=-np.inf))
    return np.concatenate([low, high]).astype(np.float32)


def _region(extents: Sequence[Floats], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The region x0 y0 x1 y1 (end exclusive) around ``extents`` with a margin, in a photo of ``size`` (width, height).

    It has the aspect ratio ``ASPECT`` if the photo is large enough.
    """
    boxes = np.array(extents)
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    wanted = (high - low) * (1 + 2 * MARGIN)
    wanted = np.maximum(wanted, (wanted[1] * ASPECT, wanted[0] / ASPECT))
    sides = np.clip(np.ceil(wanted), 2, size).astype(int)
    start = np.clip(np.rint((low + high - sides) / 2), 0, np.array(size) - sides).astype(int)
    x0, y0, x1, y1 = np.concatenate([start, start + sides]).tolist()
    return x0, y0, x1, y1


def _cut_out(
    image: Image, person: Person, region: tuple[int, int, int, int], skeleton: Skeleton, threshold: float
) -> Image:
    """The region scaled to the picture's size; the person is drawn after scaling, so that lines stay sharp."""
    x0, y0, x1, y1 = region
    scale = min(HEIGHT / (y1 - y0), HEIGHT * ASPECT / (x1 - x0))
    size = (max(round((x1 - x0) * scale), 1), max(round((y1 - y0) * scale), 1))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = cv2.resize(image[y0:y1, x0:x1], size, interpolation=interpolation).astype(np.uint8)
    keypoints = person.keypoints.copy()
    keypoints[:, :2] = (keypoints[:, :2] - (x0, y0) + 0.5) * scale - 0.5
    box = (person.box - np.array([x0, y0, x0, y0]) + 0.5) * scale - 0.5
    moved = replace(person, box=box.astype(np.float32), keypoints=keypoints)
    style = DrawStyle(threshold=threshold, boxes=True, ids=False)
    return painted(canvas, FramePoses(0, 0.0, (moved,)), skeleton, style)
