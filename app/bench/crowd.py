"""A made clip of a given number of people: one person of the demo clip, cut out by the pipe and shown many times.

Everybody walks on the spot and sways, each a little behind the last one, over a blurred frame of the same clip.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from app.engine.header import describe
from app.errors import StanceError
from app.overlay import Look
from app.people import Floats, Frame, FramePoses, Image
from app.pipeline import Pipeline
from app.sinks.video import Video
from app.sources import Source, open_source

WIDTH, HEIGHT = 1280, 720
FPS = 30
MOST = 12
TALL = 420
"""Nobody is higher than so many pixels; in a row of many, people get smaller."""

LOOKED_AT = 60
"""So many frames of the clip are cut up."""

SWAY = 12.0
BEHIND = 7
"""People sway by so many pixels to each side, and are so many frames behind each other."""


def make_clip(people: int, clip: str, pipeline: Pipeline, frames: int, path: Path) -> None:
    """Write ``frames`` frames with so many people into ``path``; they come from ``clip``, found by ``pipeline``.

    Raises StanceError where nobody is found there.
    """
    if not 1 <= people <= MOST:
        raise StanceError(f"A scene of {people} people cannot be made: wanted 1 to {MOST}.")
    source = open_source(clip)
    cutouts, background = _cut(source, pipeline)
    header = describe(clip, source, pipeline)
    source.close()
    height = min(TALL, round(0.9 * WIDTH / people * cutouts[0].shape[0] / cutouts[0].shape[1]))
    cutouts = [_scaled(cutout, height) for cutout in cutouts]
    video = Video(path, header, Look(skeleton=False, ids=False))
    # There and back again, so that nobody jumps.
    order = [*range(len(cutouts)), *range(len(cutouts) - 2, 0, -1)]
    for index in range(frames):
        canvas = background.copy()
        for number in range(people):
            cutout = cutouts[order[(index + number * BEHIND) % len(order)]]
            phase = 2 * np.pi * index / FPS / 3 + number
            x = round((number + 0.5) * WIDTH / people - cutout.shape[1] / 2 + SWAY * np.sin(phase))
            y = (HEIGHT - cutout.shape[0]) // 2
            left, right = max(x, 0), min(x + cutout.shape[1], WIDTH)
            canvas[y : y + cutout.shape[0], left:right] = cutout[:, left - x : right - x]
        video.write(Frame(index, index / FPS, canvas), FramePoses(index, index / FPS, ()))
    video.close()


def _cut(source: Source, pipeline: Pipeline) -> tuple[list[Image], Image]:
    """Cutouts, all of one size, of whoever is to be seen longest, and a picture without anybody."""
    pipeline.reset()
    images: list[Image] = []
    boxes: dict[int, list[tuple[int, Floats]]] = {}
    while len(images) < LOOKED_AT and (frame := source.read()) is not None:
        for person in pipeline.process(frame).people:
            boxes.setdefault(person.id, []).append((len(images), person.box))
        images.append(frame.image)
    if not boxes:
        raise StanceError(f"Nobody is to be seen at the start of {source.name}: wanted somebody to cut out.")
    seen = max(boxes.values(), key=len)
    width, height = np.median([box[2:] - box[:2] for _, box in seen], axis=0) * 1.1
    cutouts = []
    for index, box in seen:
        centre = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
        cutouts.append(np.asarray(cv2.getRectSubPix(images[index], (round(width), round(height)), centre), np.uint8))
    background = cv2.GaussianBlur(cv2.resize(images[0], (WIDTH, HEIGHT)), (0, 0), 40)
    return cutouts, np.asarray(background, np.uint8)


def _scaled(cutout: Image, height: int) -> Image:
    width = round(cutout.shape[1] * height / cutout.shape[0])
    return np.asarray(cv2.resize(cutout, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
