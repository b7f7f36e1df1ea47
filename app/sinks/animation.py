"""Short animations as GIF or WebP, for pages and messages."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.errors import StanceError
from app.core.people import Frame, FramePoses, Image
from app.overlay import SIDE_COLORS, DrawStyle
from app.sinks import Header, write_whole
from app.sinks.film_clock import TIME_BASE
from app.sinks.film_fit import fitted, scaled
from app.sinks.film_frames import FilmFrames

MAX_S = 20.0
"""Longest animation in seconds: longer ones are tens of megabytes large."""
RATE = 15
"""Most pictures per second."""
EARLY = 0.9
"""A picture is left out that follows sooner than this after the one before, in intervals of ``RATE``."""
LARGEST_SIDES = {".gif": 480, ".webp": 640}
"""Longest side in pixels unless a size is wanted; a GIF is several times as large as a WebP."""
WEBP_QUALITY = 80
PALETTE_FRAMES = 12
"""Number of pictures from which the colors of a GIF are chosen."""
DRAWN_SHARE = 0.02
"""Weight of each color of the skeletons among the colors of the pictures, where thin lines have little."""


class Animation:
    """Draws every frame's people and writes the animation to ``path`` when it is closed; it repeats forever.

    It has at most ``RATE`` pictures per second, and at most ``MAX_S`` seconds; nothing is written if it has no frame.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle) -> None:
        self.paths: list[Path] = []
        self._path = path
        self._frames = FilmFrames(header, style)
        self._largest_side = LARGEST_SIDES[path.suffix.lower()]
        self._keeps_size = header.film.size is not None
        self._size: tuple[int, int] | None = None
        self._kept: list[tuple[int, NDArray[np.uint8]]] = []  # timestamps in ticks, and PNG files
        self._is_closed = False

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw one frame. Raises StanceError if the animation becomes too long; what it has is kept."""
        for image, pts in self._frames.add(frame, poses):
            self._keep(image, pts)

    def close(self) -> None:
        """Write the file; idempotent. Raises StanceError if that fails."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            for image, pts in self._frames.rest():
                self._keep(image, pts)
        finally:
            if self._kept:
                write_whole(self._path, self._encoded())
                self.paths.append(self._path)

    def _keep(self, image: Image, pts: int) -> None:
        if pts * TIME_BASE > MAX_S:
            raise StanceError(
                "The animation {path} is longer than {most:g} s: wanted a shorter part of the source, or .mp4.",
                path=self._path,
                most=MAX_S,
            )
        if self._kept and (pts - self._kept[-1][0]) * TIME_BASE < EARLY / RATE:
            return
        if self._size is None:
            self._size = _small(image, max(image.shape) if self._keeps_size else self._largest_side)
        if image.shape[1] * self._size[1] == image.shape[0] * self._size[0]:
            image = scaled(image, *self._size)
        _, data = cv2.imencode(".png", fitted(image, *self._size), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        self._kept.append((pts, np.asarray(data, np.uint8)))

    def _encoded(self) -> bytes:
        from PIL import Image as Pillow

        last = max(self._frames.clock.last + self._frames.clock.step, self._kept[-1][0] + 1)
        durations = _durations([pts for pts, _ in self._kept] + [last])
        pictures = (Pillow.fromarray(image) for image in self._images())
        options = {"duration": durations, "loop": 0, "save_all": True}
        file = io.BytesIO()
        if self._path.suffix.lower() == ".gif":
            palette = Pillow.fromarray(self._sample()).quantize(255)
            flat = (one.quantize(palette=palette, dither=Pillow.Dither.NONE) for one in pictures)
            next(flat).save(file, "GIF", append_images=flat, disposal=1, **options)
        else:
            next(pictures).save(file, "WEBP", append_images=pictures, quality=WEBP_QUALITY, method=2, **options)
        return file.getvalue()

    def _images(self, step: int = 1) -> Iterator[Image]:
        """The pictures, each ``step``-th of them, (H, W, 3) uint8 RGB."""
        for _, data in self._kept[::step]:
            yield np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()

    def _sample(self) -> Image:
        """Some of the pictures, reduced, below each other, and areas in the colors of skeletons; RGB."""
        step = max(len(self._kept) // PALETTE_FRAMES, 1)
        sample = np.concatenate([image[::2, ::2] for image in self._images(step)])
        rows, width = max(round(DRAWN_SHARE * len(sample)), 1), sample.shape[1]
        drawn = [np.full((rows, width, 3), color[:3], np.uint8) for color in SIDE_COLORS.values()]
        return np.concatenate([sample, *drawn])


def _durations(ticks: Sequence[int]) -> list[int]:
    """Milliseconds between ``ticks``, in hundredths of a second as GIF has them, without a growing error."""
    hundredths = [round(one * TIME_BASE * 100) for one in ticks]
    return [10 * max(after - before, 1) for before, after in pairwise(hundredths)]


def _small(image: Image, most: int) -> tuple[int, int]:
    """Width and height of ``image``, reduced until no side is larger than ``most``."""
    height, width = image.shape[:2]
    scale = min(most / max(width, height), 1.0)
    return max(round(width * scale), 1), max(round(height * scale), 1)
