"""Annotated video: H.264 with the source's own time stamps and its sound."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from app.errors import StanceError
from app.overlay import Look, Past, painted
from app.people import Frame, FramePoses, Image
from app.sinks import Header, writing
from app.sinks.held import Held, beside, fsync, hold
from app.sinks.sound import Sound, open_sound

TIME_BASE = Fraction(1, 90000)
CONTAINERS = {".mp4": "mp4", ".mkv": "matroska"}
PIECE_S = 0.25
"""A file that is never finished plays up to its last piece."""
FRAGMENTED = {
    "movflags": "empty_moov+default_base_moof+frag_keyframe",
    "frag_duration": str(round(PIECE_S * 1_000_000)),
}
GROWING = {"mp4": FRAGMENTED, "matroska": {"cluster_time_limit": str(round(PIECE_S * 1000))}}
AT_ONCE = {"flush_packets": "1"}  # quiet pictures are small: seconds of them would wait in the muxer's buffer
KEY_FRAME_S = 2
# What is live comes once, and at any rate: the encoder keeps nothing back, and its pictures are as good for a little
# more room. A film can be had again, and is smaller where the encoder looks a little ahead.
LIVE = {"crf": "21", "tune": "zerolatency"}
FILM = {"crf": "20"}
AHEAD_S, MOST_AHEAD = 0.3, 10


class Video:
    """Draws every frame's people and encodes the pictures into ``path``; the first one is at time 0.

    The first picture gives the size (an odd side gets one more row or column); later ones of another size are fitted
    into it. An MP4 grows in fragments, so that a kill leaves a file that plays; ``close`` makes it a plain one.
    Where the source's time goes backward the output goes on, with the sound of the new place.
    """

    def __init__(self, path: Path, header: Header, look: Look) -> None:
        self.paths = [path]
        self._path = path
        self._header = header
        self._look = look
        self._past = Past(look.trails)
        self._container: OutputContainer | None = None
        self._stream: VideoStream
        self._sound: Sound | None = None
        self._rate = Fraction(header.fps or 30).limit_denominator(1001)
        self._zero_s = 0.0
        self._last_pts = -1
        self._reformatter = VideoReformatter()
        self._broken = False
        self._held = Held(path)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw, encode and write one frame. Raises StanceError where the disk or the encoder refuses."""
        self._past.add(poses)
        image = painted(frame.image, poses, self._header.skeleton, self._look, self._past.frames)
        with self._encoding():
            container = self._container or self._open(image)
            pts = round((frame.time_s - self._zero_s) / TIME_BASE)
            if self._last_pts < 0 or pts <= self._last_pts:
                pts = 0 if self._last_pts < 0 else self._last_pts + self._step
                self._zero_s = frame.time_s - float(pts * TIME_BASE)
                if self._sound is not None:
                    self._sound.start(frame.time_s, float(pts * TIME_BASE))
            self._last_pts = pts
            if self._sound is not None:
                self._sound.pour(float(pts * TIME_BASE))
            container.mux(self._stream.encode(self._picture(image, pts)))
            self._held.settle()

    def close(self) -> None:
        """Finish the file so that any player opens it; idempotent."""
        try:
            self._finish()
        finally:
            self._held.close()

    def _finish(self) -> None:
        container, self._container = self._container, None
        if container is None:
            if not self._broken and self._path.exists() and not self._path.stat().st_size:
                self._path.unlink()  # no frame ever came
            return
        if self._broken:
            with suppress(OSError, av.error.FFmpegError):  # told when it broke; what is written stays as it is
                container.close()
            return
        with self._encoding():
            container.mux(self._stream.encode(None))
            if self._sound is not None:
                self._sound.pour(float((self._last_pts + self._step) * TIME_BASE))
                self._sound.close()
            container.close()
        if self._path.suffix.lower() == ".mp4":
            _make_plain(self._path)

    @property
    def _step(self) -> int:
        return round(1 / self._rate / TIME_BASE)

    @contextmanager
    def _encoding(self) -> Iterator[None]:
        try:
            with writing(self._path):
                yield
        except av.error.FFmpegError as error:
            self._broken = True
            raise StanceError(f"The output {self._path} cannot be encoded: {error.strerror}.") from None
        except StanceError:
            self._broken = True
            raise

    def _open(self, image: Image) -> OutputContainer:
        kind = CONTAINERS[self._path.suffix.lower()]
        # Sound may end before the pictures, which then wait for it; but it must not overtake them in the encoder.
        wait_s = AHEAD_S + 3 / self._rate
        together = {"max_interleave_delta": str(round(wait_s * 1_000_000))}
        container = av.open(f"file:{self._path}", "w", format=kind, options=GROWING[kind] | AT_ONCE | together)
        self._container = container
        stream = container.add_stream("libx264", rate=self._rate, options=self._encoder_options())
        height, width = image.shape[:2]
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        self._stream = stream
        if self._header.source_file is not None:
            self._sound = open_sound(self._header.source_file, container)
        return container

    def _encoder_options(self) -> dict[str, str]:
        """No frames out of order: nothing is stamped before 0. Little is under way, to be lost by a kill."""
        key_frames = str(max(1, round(KEY_FRAME_S * self._rate)))
        options = {"preset": "veryfast", "bf": "0", "g": key_frames}
        if self._header.source_file is None:
            return options | LIVE
        ahead = min(MOST_AHEAD, round(AHEAD_S * self._rate))
        return options | FILM | {"x264-params": f"rc-lookahead={ahead}:sync-lookahead=0:sliced-threads=1"}

    def _picture(self, image: Image, pts: int) -> VideoFrame:
        drawn = VideoFrame.from_ndarray(_fitted(image, self._stream.width, self._stream.height), format="bgr24")
        frame = self._reformatter.reformat(drawn, format="yuv420p", dst_colorspace=Colorspace.ITU709)
        frame.pts, frame.duration, frame.time_base = pts, self._step, TIME_BASE
        return frame


def _fitted(image: Image, width: int, height: int) -> Image:
    """``image`` with one more row or column where only that is missing, else scaled to fit, with black bars."""
    high, wide = image.shape[:2]
    if (high, wide) == (height, width):
        return image
    if 0 <= height - high <= 1 and 0 <= width - wide <= 1:
        return np.pad(image, ((0, height - high), (0, width - wide), (0, 0)), mode="edge")
    scale = min(width / wide, height / high)
    wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
    canvas: Image = np.zeros((height, width, 3), dtype=np.uint8)
    x, y = (width - wide) // 2, (height - high) // 2
    canvas[y : y + high, x : x + wide] = cv2.resize(image, (wide, high), interpolation=cv2.INTER_AREA)
    return canvas


def _make_plain(path: Path) -> None:
    """Rewrite a fragmented MP4 as one with its index in front; it stays as it is where that fails (it plays too)."""
    plain = beside(path)
    with suppress(OSError, av.error.FFmpegError), ExitStack() as undone:
        release = hold(plain)
        if release is None:
            return
        undone.callback(release)
        undone.callback(plain.unlink, missing_ok=True)
        _copy(path, plain)
        with plain.open("r+b") as file:
            fsync(file.fileno())  # else a power cut might leave neither
        os.replace(plain, path)


def _copy(path: Path, plain_path: Path) -> None:
    with (
        av.open(f"file:{path}") as fragmented,
        av.open(f"file:{plain_path}", "w", format="mp4", options={"movflags": "faststart"}) as plain,
    ):
        streams = {stream.index: plain.add_stream_from_template(stream) for stream in fragmented.streams}
        for packet in fragmented.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                plain.mux(packet)
