"""Copies the audio of a source file to the video that is made from it."""

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

from app.core.errors import StanceError
from app.sources.decoder import start_s

COPIED = frozenset({"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"})  # codecs that both MP4 and Matroska support
ENCODED_RATE = 48000


class AudioCopier:
    """Copies the audio ``track`` of ``source`` to ``output``, in step with the video frames.

    Packets are copied without decoding if the container supports the codec, else encoded as AAC. Must be created before
    ``output`` receives its first packet. ``zero_s`` is the container time of the first video frame, in seconds.
    """

    def __init__(self, source: InputContainer, track: AudioStream, output: OutputContainer, zero_s: float) -> None:
        self._source = source
        self._output = output
        self._track = track
        self._zero_s = zero_s
        context = track.codec_context
        self._time_base = track.time_base or Fraction(1, context.sample_rate)
        self._copied = context.name in COPIED
        if self._copied:
            self._output_stream = output.add_stream_from_template(track)
        else:
            layout = "mono" if context.layout.nb_channels == 1 else "stereo"
            self._output_stream = output.add_stream("aac", rate=ENCODED_RATE, layout=layout)
        self._packets: Iterator[Packet] = iter(())
        self._pending_packet: Packet | None = None
        self._shift_s = 0.0
        self._last_s = -1.0

    def start(self, source_s: float, output_s: float) -> None:
        """Continue with the audio at ``source_s`` of the source, placed at ``output_s`` of the output; in seconds."""
        self._shift_s = output_s - source_s - self._zero_s
        self._last_s = max(self._last_s, output_s - 1e-6)
        self._pending_packet = None
        try:
            self._source.seek(int((source_s + self._zero_s) / self._time_base), stream=self._track)
        except av.error.FFmpegError:
            self._packets = iter(())
            return
        self._packets = self._source.demux(self._track)

    def write_until(self, until_s: float) -> None:
        """Write the audio up to ``until_s`` seconds of the output."""
        while (packet := self._pending_packet or self._next()) is not None:
            at_s = self._output_time_s(packet)
            self._pending_packet = packet if at_s >= until_s else None
            if self._pending_packet is not None:
                return
            if at_s > self._last_s:
                self._last_s = at_s
                self._write(packet)

    def close(self) -> None:
        """Flush the encoder and close the source."""
        if not self._copied and self._output_stream.codec_context.is_open:
            self._mux_encoded(None)
        self._source.close()

    def _next(self) -> Packet | None:
        """The next packet with a timestamp, or None at the end; damage ends the audio but not the video."""
        try:
            return next((packet for packet in self._packets if packet.size and packet.pts is not None), None)
        except av.error.FFmpegError:
            return None

    def _output_time_s(self, packet: Packet) -> float:
        return float((packet.pts or 0) * self._time_base) + self._shift_s

    def _write(self, packet: Packet) -> None:
        shift = round(self._shift_s / self._time_base)
        if self._copied:
            packet.stream = self._output_stream
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
            self._mux_encoded(frame)

    def _mux_encoded(self, frame: AudioFrame | None) -> None:
        """Encode and write, without the encoder's priming packets, which would shift all later audio."""
        packets = self._output_stream.encode(frame)
        self._output.mux([packet for packet in packets if packet.pts is None or packet.pts >= 0])


def open_audio(path: Path, output: OutputContainer) -> AudioCopier | None:
    """Open the audio of ``path`` for copying to ``output``; None if there is none that can be read."""
    try:
        zero_s = start_s(path)
        source = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, StanceError):
        return None
    track = source.streams.best("audio")
    if not isinstance(track, AudioStream) or not track.codec_context.sample_rate:
        source.close()
        return None
    for stream in source.streams:
        if stream is not track:
            stream.discard = Discard.all
    return AudioCopier(source, track, output, zero_s)
