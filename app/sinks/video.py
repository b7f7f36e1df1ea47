"""Annotated video: H.264 with the source's own timestamps and its audio, or at another speed without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import av
import av.error
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from av.video.stream import VideoStream

from app.core.errors import StanceError
from app.core.film_note import to_comment
from app.core.message import foreign
from app.core.people import Frame, FramePoses, Image
from app.overlay import DrawStyle
from app.sinks import Header, writing
from app.sinks.audio import AudioCopier, open_audio
from app.sinks.disk_time import waiting_for_disk
from app.sinks.film_clock import TIME_BASE
from app.sinks.film_fit import fitted
from app.sinks.film_frames import FilmFrames, film_note
from app.sinks.output_lock import OutputLock, fsync, hold_temporary

CONTAINERS = {".mp4": "mp4", ".mkv": "matroska"}
FRAGMENT_S = 0.25
"""Duration of a fragment in seconds; an unfinished file plays up to its last complete fragment."""
FRAGMENTED = {
    "movflags": "empty_moov+default_base_moof+frag_keyframe",
    "frag_duration": str(round(FRAGMENT_S * 1_000_000)),
}
GROWING = {"mp4": FRAGMENTED, "matroska": {"cluster_time_limit": str(round(FRAGMENT_S * 1000))}}
FLUSH = {"flush_packets": "1"}  # frames without motion are small: seconds of them would stay in the muxer's buffer
KEY_FRAME_S = 2
# A live source cannot be repeated and has no fixed rate: the encoder delays no frame, at the same quality in a slightly
# larger file. A file can be read again: the encoder looks ahead a little, which gives smaller files.
LIVE = {"crf": "21", "tune": "zerolatency"}
FILM = {"crf": "20"}
AHEAD_S, MAX_AHEAD = 0.3, 10
"""Look-ahead of the encoder in seconds, and its maximum in frames."""


class Video:
    """Draws every frame's people and encodes the frames to ``path``; the first one is at time 0.

    The first frame sets the size (an odd side gets one more row or column); later frames of another size are scaled to
    fit. An MP4 is written in fragments, so that a kill leaves a file that plays; ``close`` converts it to a regular
    one. If the source's time goes backward the video continues, with the audio of the new position. The container's
    comment is a ``FilmNote``, which names the JSON lines file ``data`` with the same people if it is beside the video.
    A film of another speed or with freezes has no audio.

    Raises StanceError if ``path`` is locked or cannot be written.
    """

    def __init__(self, path: Path, header: Header, style: DrawStyle, data: Path | None = None) -> None:
        self.paths = [path]
        self._path = path
        self._header = header
        self._frames = FilmFrames(header, style)
        self._container: OutputContainer | None = None
        self._stream: VideoStream
        self._audio: AudioCopier | None = None
        self._clock = self._frames.clock
        beside_it = data is not None and data.absolute().parent == path.absolute().parent
        self._note = film_note(style, header.film, data.name if data and beside_it else "")
        self._reformatter = VideoReformatter()
        self._failed = False
        self._lock = OutputLock(path)

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Draw, encode and write one frame. Raises StanceError if writing or encoding fails."""
        for image, pts in self._frames.add(frame, poses):
            self._write_picture(image, pts, frame.time_s)

    def close(self) -> None:
        """Finish the file so that any player can open it; idempotent. Raises StanceError if that fails."""
        try:
            self._finish_file()
        finally:
            self._lock.close()

    def _write_picture(self, image: Image, pts: int, time_s: float) -> None:
        """Encode ``image`` at ``pts`` of the video, ``time_s`` seconds of the source, with the audio before it."""
        with self._encoding():
            container = self._container or self._open(image)
            if self._audio is not None:
                if self._clock.jumped:
                    self._audio.start(time_s, float(pts * TIME_BASE))
                self._audio.write_until(float(pts * TIME_BASE))
            packets = self._stream.encode(self._picture(image, pts))
            with waiting_for_disk():
                container.mux(packets)
            self._lock.sync()

    def _finish_file(self) -> None:
        if self._container is not None and not self._failed:
            for image, pts in self._frames.rest():
                self._write_picture(image, pts, 0.0)
        container, self._container = self._container, None
        if container is None:
            if not self._failed and self._path.exists() and not self._path.stat().st_size:
                self._path.unlink()  # no frame was written
            return
        if self._failed:
            with suppress(OSError, av.error.FFmpegError):  # already reported; the written part stays as it is
                container.close()
            return
        with self._encoding():
            container.mux(self._stream.encode(None))
            if self._audio is not None:
                self._audio.write_until(float((self._clock.last + self._clock.step) * TIME_BASE))
                self._audio.close()
            container.close()
        if self._path.suffix.lower() == ".mp4":
            _defragment(self._path)

    @contextmanager
    def _encoding(self) -> Iterator[None]:
        try:
            with writing(self._path):
                yield
        except av.error.FFmpegError as error:
            self._failed = True
            raise StanceError(
                "The output {path} cannot be encoded: {reason}.", path=self._path, reason=foreign(error.strerror)
            ) from None
        except StanceError:
            self._failed = True
            raise

    def _open(self, image: Image) -> OutputContainer:
        kind = CONTAINERS[self._path.suffix.lower()]
        # Audio may end before the video, which then waits for it; but it must not overtake frames in the encoder.
        wait_s = AHEAD_S + 3 / self._clock.rate
        together = {"max_interleave_delta": str(round(wait_s * 1_000_000))}
        container = av.open(f"file:{self._path}", "w", format=kind, options=GROWING[kind] | FLUSH | together)
        self._container = container
        container.metadata["comment"] = to_comment(self._note)
        stream = container.add_stream("libx264", rate=self._clock.rate, options=self._encoder_options())
        height, width = image.shape[:2]
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_range = ColorRange.MPEG
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        self._stream = stream
        if self._header.source_file is not None and self._header.film.keeps_time:
            self._audio = open_audio(self._header.source_file, container)
        return container

    def _encoder_options(self) -> dict[str, str]:
        """No B-frames, so no timestamp is below 0; short delays, so a kill loses few frames."""
        key_frames = str(max(1, round(KEY_FRAME_S * self._clock.rate)))
        options = {"preset": "veryfast", "bf": "0", "g": key_frames}
        if self._header.source_file is None:
            return options | LIVE
        ahead = min(MAX_AHEAD, round(AHEAD_S * self._clock.rate))
        return options | FILM | {"x264-params": f"rc-lookahead={ahead}:sync-lookahead=0:sliced-threads=1"}

    def _picture(self, image: Image, pts: int) -> VideoFrame:
        whole = fitted(image, self._stream.width, self._stream.height)
        drawn = VideoFrame.from_numpy_buffer(whole, format="bgr24")  # without a copy
        frame = self._reformatter.reformat(drawn, format="yuv420p", dst_colorspace=Colorspace.ITU709, threads=1)
        frame.pts, frame.duration, frame.time_base = pts, self._clock.step, TIME_BASE
        return frame


def _defragment(path: Path) -> None:
    """Rewrite a fragmented MP4 with its index in front; if that fails, the fragmented file stays, which plays too."""
    with suppress(OSError, av.error.FFmpegError), ExitStack() as undone:
        regular, release = hold_temporary(path)
        undone.callback(release)
        undone.callback(regular.unlink, missing_ok=True)
        _copy(path, regular)
        with regular.open("r+b") as file:
            fsync(file.fileno())  # or a power cut could lose both files
        os.replace(regular, path)


def _copy(path: Path, regular_path: Path) -> None:
    with (
        av.open(f"file:{path}") as fragmented,
        av.open(f"file:{regular_path}", "w", format="mp4", options={"movflags": "faststart"}) as regular,
    ):
        regular.metadata["comment"] = fragmented.metadata.get("comment", "")
        streams = {stream.index: regular.add_stream_from_template(stream) for stream in fragmented.streams}
        for packet in fragmented.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                regular.mux(packet)
