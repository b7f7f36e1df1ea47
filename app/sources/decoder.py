"""Decodes a video file: its packets, its frames, and their positions in the file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Discard, Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from app.core.errors import StanceError
from app.core.message import Message, foreign
from app.sources import check_size
from app.sources.chunk_index import ChunkIndex
from app.sources.display_order import MAX_REORDER, DisplayOrder, Place
from app.sources.skipped_bytes import FORMAT as MATROSKA
from app.sources.skipped_bytes import SkippedBytes

MAX_RATE = 1000  # frames per second; a higher rate is a time base that was taken for a rate
MAX_RAW_RATE = 300  # the same for the rate in the headers of a raw stream
DEFAULT_RATE = 25.0
TEXT_FORMATS = frozenset({"tty", "concat", "hls", "dash", "sdp"})  # text that FFmpeg would play, or that names URLs
DELAYED_FORMATS = frozenset({"asf", "asf_o"})
"""Containers whose audio is delayed until the first video frame leaves its decoder."""
DECODE_ORDER_FORMATS = DELAYED_FORMATS | {"avi"}
"""Containers that store decoding timestamps only; the presentation timestamps that FFmpeg derives are guesses."""
PROOF_FRAMES = 64
"""Number of decoded frames whose timestamps are compared with those of the packets."""
DAMAGE_LIMIT = 1000
"""Maximum number of consecutive decoding errors."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded frame with its timestamp ``stamp`` (None if unknown) and ``duration``, in ticks of the time base.

    ``index`` is the frame number in the file if packets are counted, else None. ``key`` means that it is a key frame,
    ``corrupt`` that the decoder concealed an error in it, ``alarm`` that something before it could not be read or
    decoded.
    """

    frame: VideoFrame
    stamp: int | None
    duration: int
    index: int | None
    key: bool
    corrupt: bool
    alarm: bool


@dataclass(frozen=True, slots=True)
class PacketTable:
    """The ``count`` packets of the stream, read without decoding.

    ``stamps`` are the sorted presentation timestamps in ticks and ``keys`` those of the key frames. If packets are
    counted, ``stamps`` are the decoding timestamps and ``keys`` the packet numbers of the key frames.
    """

    stamps: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    count: int = 0


class Decoder:
    """Decodes the best video stream of the file at ``path``; ``frames`` starts at the current position.

    ``rate`` is the nominal frame rate per second, None if unknown; ``assumed_rate`` means that the stream declares no
    rate. ``is_raw`` means that there is no container. ``counted`` means that the file has no presentation timestamps,
    so frames are numbered by counting packets.

    Raises StanceError if there is no video stream that can be decoded.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self.name = name
        self.container, self.stream = _open(path, name)
        raw = bool(Flags(self.container.format.flags) & Flags.no_timestamps)
        self.counted = raw or self.container.format.name in DECODE_ORDER_FORMATS
        declared = self.stream.codec_context.framerate if raw else None
        declared = declared if declared and declared <= MAX_RAW_RATE else None
        self.rate = _first_plausible(declared, self.stream.average_rate, self.stream.guessed_rate)
        self.assumed_rate = raw and _first_plausible(declared) is None
        self.is_raw = raw
        self._chunks = ChunkIndex(self.stream if self.container.format.name == "avi" else None)
        self._skipped = SkippedBytes() if self.container.format.name == MATROSKA else None
        self._queued: Iterator[Packet] = iter(())
        self._first_packet = 0
        self._known_stamps: list[int] = []
        self._first_shown: int | None = None
        self._first_stamp: int | None = None

    @property
    def base(self) -> Fraction:
        """The time base: seconds per tick."""
        return self.stream.time_base or Fraction(1, av.time_base)

    @property
    def delay(self) -> int:
        """Delay between the first frame's timestamp and its presentation, in ticks; known once it is decoded."""
        if self._first_shown is None or self.container.format.name not in DELAYED_FORMATS:
            return 0
        return max(self._first_shown - (self._first_stamp or 0), 0)

    def frames(self) -> Iterator[Decoded]:
        """Yield every frame that can be decoded from the current position on.

        Raises StanceError if the file cannot be read.
        """
        order = DisplayOrder(self._first_packet) if self.counted else None
        packets: Iterator[Packet] = chain(self._queued, self._demux())
        errors, alarm = 0, False
        while errors < DAMAGE_LIMIT:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                if not packet.size and packet.dts is not None:
                    continue  # an AVI's repeat of the last frame: a decoder would take it for the end
                alarm |= packet.is_corrupt or (self._skipped is not None and self._skipped.before(packet))
                if packet.stream.index != self.stream.index:
                    continue
                if order is not None and packet.size:
                    self._note_first(packet)
                    for number, stamp, found in self._chunks.number(packet, order.following):
                        alarm |= found is None
                        order.send(None if self.is_raw else stamp, found is not None and packet.is_keyframe)
                        packet.pts = number
                frames = packet.decode()
            except av.error.EOFError:
                return  # the damage was found at the end of the file
            except av.error.InvalidDataError:
                errors += 1
                alarm = True
                packets = self._demux()
                continue
            except av.error.FFmpegError as error:
                raise StanceError(
                    "{name} cannot be read to its end: {reason}.", name=self.name, reason=reason(error)
                ) from None
            errors = 0
            for frame in frames:
                place = Place(None, frame.pts) if order is None else self._with_known_stamp(order.show(frame.pts))
                marks = (frame.key_frame, frame.is_corrupt, alarm)
                yield Decoded(frame, place.stamp, frame.duration or 0, place.index, *marks)
                alarm = False

    def seek(self, stamp: int) -> None:
        """Move to a key frame shown at ``stamp`` (ticks) or before. Raises FFmpegError if the container cannot seek."""
        self.container.seek(stamp, stream=self.stream)
        self._queued = iter(())
        if self._skipped is not None:
            self._skipped.jump()

    def seek_packet(self, number: int, table: PacketTable) -> None:
        """Move to packet ``number`` of a ``counted`` file."""
        if not (number and table.stamps and self._seek_finds(number, table.stamps[number])):
            self.restart()
            self._skip_to(number)
        self._first_packet = number
        self._known_stamps = table.stamps

    def restart(self) -> None:
        """Reopen the file and move to its start."""
        self.container.close()
        self.container, self.stream = _open(self._path, self.name)
        self._queued, self._first_packet = iter(()), 0
        if self._skipped is not None:
            self._skipped.jump()

    def run_up(self, index: int, table: PacketTable) -> int:
        """The packet number of a ``counted`` file to start decoding from so that frame ``index`` is numbered right."""
        if len(table.keys) == table.count:
            return max(min(index, table.count - 1), 0)
        place = bisect_right(table.keys, index - MAX_REORDER) - 2
        return table.keys[place] if place > 0 else 0

    def table(self) -> PacketTable:
        """The table of all packets; empty if their timestamps cannot be trusted."""
        if self.counted:
            return _counted_packets(self._path, self.name, self.is_raw, self._chunks)
        return _packet_times(self._path, self.name)

    def close(self) -> None:
        """Close the file."""
        self.container.close()

    def _demux(self) -> Iterator[Packet]:
        """The packets of the stream; those of all streams where skipped bytes are looked for."""
        return self.container.demux(self.stream) if self._skipped is None else self.container.demux()

    def _skip_to(self, number: int) -> None:
        """Read from the start of a ``counted`` file up to packet ``number``, or to the next one if it is lost."""
        following = 0
        for packet in self.container.demux(self.stream):
            if packet.size:
                *_, (found, _, _) = self._chunks.number(packet, following)
                if found >= number:
                    self._queued = iter((packet,))
                    return
                following = found + 1

    def _note_first(self, packet: Packet) -> None:
        if self._first_shown is None:
            self._first_shown, self._first_stamp = packet.pts, packet.dts

    def _with_known_stamp(self, place: Place) -> Place:
        """``place`` with the timestamp read before any seek: after a seek, some demuxers guess other timestamps."""
        known = self._known_stamps
        return Place(place.index, known[place.index]) if place.index is not None and place.index < len(known) else place

    def _seek_finds(self, number: int, stamp: int) -> bool:
        """Seek to ``stamp``; whether the next packet is the one with that timestamp."""
        try:
            self.container.seek(stamp, stream=self.stream)
            first = next((packet for packet in self.container.demux(self.stream) if packet.size), None)
        except av.error.FFmpegError:
            return False
        self._queued = iter(()) if first is None else iter((first,))
        return first is not None and first.dts == stamp


def start_s(path: Path) -> float:
    """The container time, which the audio uses too, at the first frame of ``path``, in seconds.

    Raises StanceError if the file cannot be decoded.
    """
    decoder = Decoder(path, str(path))
    try:
        start = start_of(decoder, next(decoder.frames(), None))
        return float((decoder.delay + start) * decoder.base)
    finally:
        decoder.close()


def start_of(decoder: Decoder, first: Decoded | None) -> int:
    """The start time in ticks: the one that the stream declares, else that of its ``first`` frame."""
    start = decoder.stream.start_time if not decoder.counted else None
    return start if start is not None else (first.stamp if first is not None and first.stamp is not None else 0)


def reason(error: Exception) -> Message:
    """FFmpeg's message for ``error``."""
    return foreign(getattr(error, "strerror", None) or error)


def _open(path: Path, name: str) -> tuple[InputContainer, VideoStream]:
    try:
        # With the prefix "a:b.mp4" is a file and no URL; with the whitelist a file cannot refer to other URLs.
        container = av.open(f"file:{path}", options={"protocol_whitelist": "file"})
    except (av.error.FFmpegError, UnicodeError) as error:
        raise StanceError(
            "{name} cannot be opened as a video ({reason}): wanted a video file.", name=name, reason=reason(error)
        ) from None
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams or container.format.name in TEXT_FORMATS:
        container.close()
        raise StanceError("{name} has no video stream: wanted a video file.", name=name)
    stream = container.streams.best("video")
    stream = stream if stream in streams else streams[0]
    if not stream.codec_context:
        container.close()
        raise StanceError("{name} has a codec for which there is no decoder: wanted another video format.", name=name)
    for other in container.streams:
        if other is not stream and container.format.name != MATROSKA:
            other.discard = Discard.all
    check_size(stream.codec_context.width, stream.codec_context.height, name)
    stream.thread_type = "AUTO"
    return container, stream


def _counted_packets(path: Path, name: str, raw: bool, chunks: ChunkIndex) -> PacketTable:
    container, stream = _open(path, name)
    stamps: list[int] = []
    keys: list[int] = []
    count = 0
    with container:
        try:
            for packet in container.demux(stream):
                for number, stamp, found in chunks.number(packet, count) if packet.size else ():
                    if found is not None and packet.is_keyframe:
                        keys.append(number)
                    if stamp is not None and not raw:
                        stamps.append(stamp)
                    count = number + 1
        except av.error.FFmpegError:
            pass  # frames after the damage are found by decoding
    return PacketTable(sorted(stamps) if len(stamps) == count else [], keys, count)


def _packet_times(path: Path, name: str) -> PacketTable:
    """The packet table of a file with presentation timestamps, from the first frame that can be decoded on.

    Trusted if every packet has a timestamp, decoding timestamps never decrease, and the first decoded frames have
    exactly the first timestamps. In a damaged file frames may be missing.
    """
    decoder = Decoder(path, name)
    shown: list[int] = []
    damaged = False
    for decoded, _ in zip(decoder.frames(), range(PROOF_FRAMES), strict=False):
        if decoded.stamp is None:
            break
        shown.append(decoded.stamp)
        damaged |= decoded.alarm
    decoder.close()
    container, stream = _open(path, name)
    stamps: list[int] = []
    keys: list[int] = []
    last_dts: int | None = None
    with container:
        try:
            for packet in container.demux(stream):
                if packet.size and not packet.is_discard:
                    # If two recordings were joined, the timestamps of the second one start again.
                    joined = packet.dts is not None and last_dts is not None and packet.dts < last_dts
                    if packet.pts is None or joined:
                        return PacketTable()
                    last_dts = packet.dts if packet.dts is not None else last_dts
                    stamps.append(packet.pts)
                    if packet.is_keyframe:
                        keys.append(packet.pts)
        except av.error.FFmpegError:
            return PacketTable()
    stamps.sort()
    # A file that starts between two key frames, as a recorded broadcast does, starts with undecodable packets.
    stamps = stamps[bisect_left(stamps, shown[0]) if shown else 0 :]
    first = stamps[: len(shown)]
    proven = first == shown or (damaged and set(shown) <= set(stamps) and shown == sorted(set(shown)))
    return PacketTable(stamps, sorted(keys), len(stamps)) if proven else PacketTable()


def has(values: list[int], value: int) -> bool:
    """Whether the sorted list ``values`` contains ``value``."""
    place = bisect_left(values, value)
    return place < len(values) and values[place] == value


def _first_plausible(*rates: Fraction | None) -> float | None:
    return next((float(rate) for rate in rates if rate and 0 < rate <= MAX_RATE), None)
