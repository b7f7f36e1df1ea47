"""Makes a synthetic clip with a given number of people: one person of a clip, cut out and shown several times.

The people walk on the spot and sway, each with a delay to the previous one, over a blurred frame of the same clip. They
stand side by side, in as many rows as let them be largest.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from app.core.errors import StanceError
from app.core.people import Floats, Frame, FramePoses, Image
from app.engine.header import make_header
from app.overlay import DrawStyle
from app.pipeline import Pipeline
from app.sinks.video import Video
from app.sources import Source, open_source

WIDTH, HEIGHT = 1280, 720
"""Size of the clip, in pixels."""
FPS = 30
"""Frame rate of the clip."""
MAX_PEOPLE = 16
"""Maximum number of people."""
MAX_HEIGHT = 420
"""Maximum height of a person, in pixels; with many people they get smaller."""
FILLED = 0.9
"""Maximum part of the width and height of its place that a person fills."""

CUTOUT_FRAMES = 60
"""Number of frames of the source from which the person is cut out."""

SWAY = 12.0
"""Amplitude of the sway, in pixels."""
DELAY_FRAMES = 7
"""Delay between two people, in frames."""


def make_clip(people: int, clip: str, pipeline: Pipeline, frames: int, path: Path) -> None:
    """Write a video of ``frames`` frames with ``people`` people to ``path``; the person comes from ``clip``.

    Raises StanceError if ``people`` is out of range or ``pipeline`` finds no person in ``clip``.
    """
    if not 1 <= people <= MAX_PEOPLE:
        raise StanceError(
            "A scene of {people} people cannot be made: wanted 1 to {max_people}.", people=people, max_people=MAX_PEOPLE
        )
    source = open_source(clip)
    cutouts, background = _cut_out(source, pipeline)
    header = make_header(clip, source, pipeline)
    source.close()
    height, places = places_of(people, cutouts[0].shape[0] / cutouts[0].shape[1])
    cutouts = [_scaled(cutout, height) for cutout in cutouts]
    video = Video(path, header, DrawStyle(skeleton=False, ids=False))
    # Forwards and backwards, so that the motion is continuous.
    order = [*range(len(cutouts)), *range(len(cutouts) - 2, 0, -1)]
    for index in range(frames):
        canvas = background.copy()
        for number, (center_x, center_y) in enumerate(places):
            cutout = cutouts[order[(index + number * DELAY_FRAMES) % len(order)]]
            phase = 2 * np.pi * index / FPS / 3 + number
            x = round(center_x - cutout.shape[1] / 2 + SWAY * np.sin(phase))
            y = round(center_y - cutout.shape[0] / 2)
            left, right = max(x, 0), min(x + cutout.shape[1], WIDTH)
            canvas[y : y + cutout.shape[0], left:right] = cutout[:, left - x : right - x]
        video.write(Frame(index, index / FPS, canvas), FramePoses(index, index / FPS, ()))
    video.close()


def places_of(people: int, aspect: float) -> tuple[int, list[tuple[float, float]]]:
    """The height of a person in pixels, and the centers (x, y) of ``people`` people; ``aspect`` is height / width."""
    heights = []
    for rows in range(1, people + 1):
        columns = -(-people // rows)
        heights.append(min(MAX_HEIGHT, round(FILLED * HEIGHT / rows), round(FILLED * WIDTH / columns * aspect)))
    rows = heights.index(max(heights)) + 1
    columns = -(-people // rows)
    steps = (WIDTH / columns, HEIGHT / rows)
    places = [((number % columns + 0.5) * steps[0], (number // columns + 0.5) * steps[1]) for number in range(people)]
    return max(heights), places


def _cut_out(source: Source, pipeline: Pipeline) -> tuple[list[Image], Image]:
    """Cutouts of equal size of the person with the longest track, and a background without people."""
    pipeline.reset()
    images: list[Image] = []
    boxes: dict[int, list[tuple[int, Floats]]] = {}
    while len(images) < CUTOUT_FRAMES and (frame := source.read()) is not None:
        for person in pipeline.process(frame).people:
            boxes.setdefault(person.id, []).append((len(images), person.box))
        images.append(frame.image)
    if not boxes:
        raise StanceError(
            "No people were found at the start of {source}: wanted people to cut out.", source=source.name
        )
    longest_track = max(boxes.values(), key=len)
    width, height = np.median([box[2:] - box[:2] for _, box in longest_track], axis=0) * 1.1
    cutouts = []
    for index, box in longest_track:
        center = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
        cutouts.append(np.asarray(cv2.getRectSubPix(images[index], (round(width), round(height)), center), np.uint8))
    background = cv2.GaussianBlur(cv2.resize(images[0], (WIDTH, HEIGHT)), (0, 0), 40)
    return cutouts, np.asarray(background, np.uint8)


def _scaled(cutout: Image, height: int) -> Image:
    width = round(cutout.shape[1] * height / cutout.shape[0])
    return np.asarray(cv2.resize(cutout, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
