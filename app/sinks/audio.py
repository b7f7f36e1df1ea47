"""The sound of a source file, laid beside the pictures that are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})  # what both MP4 and Matroska take, and play
ENCODED_RATE = 48000


class Sound:
    """Pours the sound ``track`` of ``source`` into ``output``, piece by piece as the pictures go on.

    It is copied as it is where the container takes it, else encoded as AAC. Made before ``output`` gets its first
    packet. Times of the source count from the start of its pictures, as those of ``app.sources.file`` do.
    """

    def __init__(self, source: InputContainer, track: AudioStream, output: OutputContainer) -> None:
        self._source = source
        self._output = output
        self._track = track
        video = source.streams.best("video")
        self._zero_s = float((video.start_time or 0) * video.time_base) if video and video.time_base else 0.0
        context = track.codec_context
        self._base = track.time_base or Fraction(1, context.sample_rate)
        self._copied = context.name in COPIED
        if self._copied:
            self._out = output.add_stream_from_template(track)
        else:
            layout = "mono" if context.layout.nb_channels == 1 else "stereo"
            self._out = output.add_stream("aac", rate=ENCODED_RATE, layout=layout)
        self._packets: Iterator[Packet] = iter(())
        self._waiting: Packet | None = None
        self._shift_s = 0.0
        self._last_s = -1.0

    def start(self, source_s: float, output_s: float) -> None:
        """What sounds at ``source_s`` of the source is heard at ``output_s`` of the output, and so on from there."""
        self._shift_s = output_s - source_s - self._zero_s
        self._last_s = max(self._last_s, output_s - 1e-6)
        self._waiting = None
        try:
            self._source.seek(int((source_s + self._zero_s) / self._base), stream=self._track)
        except av.error.FFmpegError:
            self._packets = iter(())
            return
        self._packets = self._source.demux(self._track)

    def pour(self, until_s: float) -> None:
        """Write the sound up to ``until_s`` of the output."""
        while (packet := self._waiting or self._next()) is not None:
            at_s = self._heard_s(packet)
            self._waiting = packet if at_s >= until_s else None
            if self._waiting is not None:
                return
            if at_s > self._last_s:
                self._last_s = at_s
                self._write(packet)

    def close(self) -> None:
        """Let go of the source, and of what the encoder still holds."""
        if not self._copied and self._out.codec_context.is_open:
            self._output.mux(self._out.encode(None))
        self._source.close()

    def _next(self) -> Packet | None:
        """The next packet that can be placed; damage ends the sound, not the pictures."""
        try:
            return next((packet for packet in self._packets if packet.size and packet.pts is not None), None)
        except av.error.FFmpegError:
            return None

    def _heard_s(self, packet: Packet) -> float:
        return float((packet.pts or 0) * self._base) + self._shift_s

    def _write(self, packet: Packet) -> None:
        shift = round(self._shift_s / self._base)
        if self._copied:
            packet.stream = self._out
            packet.pts = packet.dts = (packet.pts or 0) + shift
            self._output.mux(packet)
            return
        try:
            frames = cast(list[AudioFrame], packet.decode())
        except av.error.InvalidDataError:
            return
        for frame in frames:
            if frame.pts is not None:
                frame.pts += shift
            self._output.mux(self._out.encode(frame))


def open_sound(path: Path, output: OutputContainer) -> Sound | None:
    """The sound of ``path``, or None where it has none that can be read."""
    try:
        source = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except av.error.FFmpegError:
        return None
    track = source.streams.best("audio")
    if not isinstance(track, AudioStream) or not track.codec_context.sample_rate:
        source.close()
        return None
    for stream in source.streams:
        if stream is not track:
            stream.discard = Discard.all
    return Sound(source, track, output)
