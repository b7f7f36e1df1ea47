"""Small videos whose frames contain their own number, so that a test can identify a frame."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from app.core.people import Frame, Image
from app.sources import Source

BITS = 8
TORN = {"g": "10", "bf": "0"}
MICROSECOND = Fraction(1, 1_000_000)


def numbered(number: int, width: int = 64, height: int = 48) -> Image:
    """An image (``height``, ``width``, 3) of eight vertical bars, white for the bits of ``number``."""
    image = np.zeros((height, width, 3), dtype=np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            image[:, bit * width // BITS : (bit + 1) * width // BITS] = 255
    return image


def number_of(image: Image) -> int:
    """The number in an image of ``numbered``, readable after any codec."""
    width = image.shape[1]
    middles = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    row = image[image.shape[0] // 2]
    return sum(1 << bit for bit, x in enumerate(middles) if row[x].mean() > 127)


def steady(count: int, fps: float = 25.0) -> list[float]:
    """``count`` timestamps in seconds at a constant rate."""
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

    ``base`` is the encoder's time base in seconds; the container uses its own.
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
                samples = av.AudioFrame.from_ndarray((tone[None] * 9000).astype(np.int16), format="s16", layout="mono")
                samples.sample_rate, samples.pts, samples.time_base = 48000, start, Fraction(1, 48000)
                output.mux(track.encode(samples))
            output.mux(track.encode(None))
        for number, time_s in enumerate(times):
            picture = numbered(number, *size) if image is None else image
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = round(Fraction(time_s) / base), base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def write_clip(
    path: Path,
    frames: Sequence[av.VideoFrame],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fps: int = 25,
    options: dict[str, str] | None = None,
    rotation: int = 0,
    container: str | None = None,
    muxer: dict[str, str] | None = None,
    **context: object,
) -> Path:
    """Write ``frames`` at a constant rate; ``context`` sets fields of the encoder (``sample_aspect_ratio``, ...)."""
    with av.open(str(path), "w", format=container, options=muxer or {}) as output:
        stream = cast(VideoStream, output.add_stream(codec, rate=fps, options=options or {}))
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, pix_fmt
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, fps)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def truncated_clip(folder: Path) -> Path:
    """Two seconds of noise at 25 frames per second, with the index in front, cut off after about a third."""
    noise = np.random.default_rng(5).integers(0, 256, (50, 48, 64, 3), dtype=np.uint8)
    muxer = {"movflags": "faststart"}
    path = write_clip(folder / "cut.mp4", pictures(list(noise)), options={"g": "5"}, muxer=muxer)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    return path


def torn_clip(folder: Path) -> Path:
    """60 numbered frames in groups of ten at 25 frames per second; frames 14 to 20 are lost."""
    path = write_clip(folder / "torn.mp4", pictures([numbered(number) for number in range(60)]), options=TORN)
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as video:
        for packet in video.demux(video=0):
            if (
                packet.pts is not None
                and packet.pos is not None
                and 14 <= round(packet.pts * packet.time_base * 25) <= 19
            ):
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(data)
    return path


def pictures(images: Sequence[Image]) -> list[av.VideoFrame]:
    """Convert BGR images to video frames."""
    return [av.VideoFrame.from_ndarray(image, format="bgr24") for image in images]


def with_exif(jpeg: bytes, orientation: int) -> bytes:
    """``jpeg`` with an EXIF block that contains the orientation."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    block = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


def read_all(source: Source) -> list[Frame]:
    """All frames of ``source`` from its position on."""
    return list(iter(source.read, None))
