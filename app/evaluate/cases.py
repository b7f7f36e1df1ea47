"""Pictures of single people for the report: cut out of the photo, with the truth or the estimate drawn."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from app.evaluate.pairs import Pair
from app.evaluate.photos import Annotated
from app.overlay import Look, painted
from app.people import Floats, FramePoses, Image, Person
from app.skeleton import Skeleton

HEIGHT = 360
ASPECT = 0.72
"""Pixels of a picture's height, and its width to that."""

MARGIN = 0.12
QUALITY = 86


def pictures(pair: Pair, image: Image, skeleton: Skeleton, threshold: float) -> list[tuple[str, Image]]:
    """What there is of a pair, as (what, picture): the truth, and the estimate from keypoint score ``threshold`` on.

    Both show the same part of the photo ``image`` (H, W, 3).
    """
    shown: list[tuple[str, Person]] = []
    if pair.truth is not None:
        shown.append(("truth", _as_person(pair.truth)))
    if pair.found is not None:
        shown.append(("estimate", pair.found))
    region = _region([_extent(person, threshold) for _, person in shown], (image.shape[1], image.shape[0]))
    return [(what, _cut_out(image, person, region, skeleton, threshold)) for what, person in shown]


def embedded(picture: Image) -> str:
    """A JPEG of ``picture`` as the address that a page shows it by."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a picture of bytes is a JPEG"
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()


def _as_person(truth: Annotated) -> Person:
    keypoints = truth.keypoints.copy()
    keypoints[:, 2] = keypoints[:, 2] > 0
    return Person(0, 1.0, truth.box, keypoints)


def _extent(person: Person, threshold: float) -> Floats:
    """The box around the person's box and keypoints."""
    points = person.keypoints[person.keypoints[:, 2] >= threshold, :2]
    low = np.minimum(person.box[:2], points.min(axis=0, initial=np.inf))
    high = np.maximum(person.box[2:], points.max(axis=0, initial=-np.inf))
    return np.concatenate([low, high]).astype(np.float32)


def _region(extents: Sequence[Floats], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of a photo of ``size`` (width, height) that holds all, with some air, as x0 y0 x1 y1 (end exclusive).

    It has the aspect of a picture where the photo is large enough.
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
    """The region at a legible size, with the person drawn at that size, so that the lines are sharp."""
    x0, y0, x1, y1 = region
    scale = min(HEIGHT / (y1 - y0), HEIGHT * ASPECT / (x1 - x0))
    size = (max(round((x1 - x0) * scale), 1), max(round((y1 - y0) * scale), 1))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = cv2.resize(image[y0:y1, x0:x1], size, interpolation=way).astype(np.uint8)
    keypoints = person.keypoints.copy()
    keypoints[:, :2] = (keypoints[:, :2] - (x0, y0) + 0.5) * scale - 0.5
    box = (person.box - np.array([x0, y0, x0, y0]) + 0.5) * scale - 0.5
    moved = replace(person, box=box.astype(np.float32), keypoints=keypoints)
    look = Look(threshold=threshold, boxes=True, ids=False)
    return painted(canvas, FramePoses(0, 0.0, (moved,)), skeleton, look)
