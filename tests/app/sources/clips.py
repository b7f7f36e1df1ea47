"""Small videos whose every frame carries its own number, so that a test can tell which one it sees."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from app.people import Image

BITS = 8
MICROSECOND = Fraction(1, 1_000_000)


def numbered(number: int, width: int = 64, height: int = 48) -> Image:
    """A picture of eight vertical bars, white for the bits of ``number``."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            image[:, bit * width // BITS : (bit + 1) * width // BITS] = 255
    return image


def number_of(image: Image) -> int:
    """The number that ``numbered`` drew, after any codec."""
    width = image.shape[1]
    middles = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    row = image[image.shape[0] // 2]
    return sum(1 << bit for bit, x in enumerate(middles) if row[x].mean() > 127)


def steady(count: int, fps: float = 25.0) -> list[float]:
    """Time stamps at a constant rate."""
    return [i / fps for i in range(count)]


def make_clip(
    path: Path,
    times: Sequence[float],
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    image: Image | None = None,
    sound: str = "",
    sound_s: float = 0.0,
    container: str | None = None,
    base: Fraction | None = None,
) -> Path:
    """Write a video of ``numbered`` frames (or of ``image``) shown at ``times``, with a tone of ``sound_s`` seconds.

    The encoder counts time in ``base``, the container in its own.
    """
    with av.open(str(path), "w", format=container) as output:
        stream = cast(VideoStream, output.add_stream(codec, rate=25, options=options or {}))
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        base = base or Fraction(1, 1000 if codec != "mpeg4" else 25)
        stream.time_base = stream.codec_context.time_base = base
        if rotation:
            stream.set_display_rotation(rotation)
        track = cast(AudioStream, output.add_stream(sound, rate=48000, layout="mono")) if sound else None
        if track is not None:
            for start in range(0, int(sound_s * 48000), 1024):
                tone = np.sin(np.arange(start, start + 1024) * 2 * np.pi * 440 / 48000).astype(np.float32)
                piece = av.AudioFrame.from_ndarray((tone[None] * 9000).astype(np.int16), format="s16", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = 48000, start, Fraction(1, 48000)
                output.mux(track.encode(piece))
            output.mux(track.encode(None))
        for number, time_s in enumerate(times):
            picture = numbered(number, *size) if image is None else image
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(Fraction(time_s) / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path
