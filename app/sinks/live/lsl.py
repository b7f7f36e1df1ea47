"""Lab Streaming Layer, for laboratories that record several devices on one clock: a stream for each person in view."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Any

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.core.message import Message, foreign
from app.core.people import Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.jsonl import NO_NAMES
from app.sinks.live.person_slots import PersonSlots

MAX_STREAMS = 16
"""People beyond that have no stream."""
MAX_DRIFT_S = 1.0
"""A live source whose clock is off by more is aligned again, for example after it was paused."""
MAX_BUFFERED_S = 60


class LabLink:
    """A ``Link`` whose streams are those of one run: another one may have other channels.

    Recorders find a stream again by its name. Raises StanceError without the package pylsl, or without the library
    liblsl that it needs.
    """

    def __init__(self, address: LiveAddress) -> None:
        try:
            import pylsl
        except ImportError:
            raise StanceError("Lab Streaming Layer needs the package pylsl: wanted `pip install pylsl`.") from None
        except (OSError, RuntimeError) as error:
            reason = foreign(" ".join(str(error).split()).rstrip("."))
            raise StanceError(
                "Lab Streaming Layer needs the library liblsl ({reason}): wanted it beside pylsl.", reason=reason
            ) from None
        self._pylsl: Any = pylsl
        self._name = address.name

    def begin(self, header: Header, names: Mapping[int, str] = NO_NAMES) -> LabStreams:
        """See ``Link``."""
        return LabStreams(self._pylsl, self._name, header)

    def close(self) -> None:
        """See ``Link``: the streams are closed already."""


class LabStreams:
    """Streams ``NAME-1``, ``NAME-2``, ... of the type MoCap; a person keeps its stream while it is seen.

    The channels are the id of the person; x, y (pixels) and score of each keypoint; and, if people have them when the
    stream begins, x, y, z (meters) and score of each point in space. A sample is pushed for each frame in which the
    person is seen. Its time is that of the source, shifted by a constant so that the first frame is at the time of
    LSL's own clock.
    """

    def __init__(self, pylsl: Any, name: str, header: Header) -> None:
        self._pylsl = pylsl
        self._name = name
        self._header = header
        self._slots = PersonSlots()
        self._streams: list[tuple[Any, bool]] = []  # with whether it has points in space
        self._left_out = 0
        self._shift_s: float | None = None
        self._last_s = 0.0
        self._open_stream(header.settings is not None and bool(header.settings.lifter))

    @property
    def paths(self) -> list[Path]:
        """Always empty: no file is written."""
        return []

    @property
    def warnings(self) -> list[Message]:
        """How often there were more people than streams."""
        if not self._left_out:
            return []
        return [
            Message(
                "lsl:{name}: {count} poses had no stream, because there are more than {most} people.",
                name=self._name,
                count=self._left_out,
                most=MAX_STREAMS,
            )
        ]

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Push a sample for each person of one frame."""
        stamp_s = self._stamp(poses.time_s)
        slots = self._slots.place([person.id for person in poses.people])
        for person, slot in zip(poses.people, slots, strict=True):
            if slot >= MAX_STREAMS:
                self._left_out += 1
                continue
            while slot >= len(self._streams):
                self._open_stream(person.points_3d is not None)
            outlet, in_space = self._streams[slot]
            outlet.push_sample(_sample(person, in_space), stamp_s)

    def close(self) -> None:
        """End all streams; idempotent."""
        self._streams.clear()  # an outlet ends when it is deleted

    def _stamp(self, time_s: float) -> float:
        """The time of a frame of the source on LSL's clock, in seconds; later than that of the frame before."""
        now_s: float = self._pylsl.local_clock()
        is_off = self._shift_s is not None and (
            time_s + self._shift_s <= self._last_s
            or (self._header.live and abs(time_s + self._shift_s - now_s) > MAX_DRIFT_S)
        )
        if self._shift_s is None or is_off:
            self._shift_s = max(now_s, self._last_s + 1e-3) - time_s
        self._last_s = time_s + self._shift_s
        return self._last_s

    def _open_stream(self, in_space: bool) -> None:
        names = [name.replace(" ", "_") for name in self._header.skeleton.names]
        channels = [("id", "none", "id")]
        channels += [(f"{name}_{part}", unit, kind) for name in names for part, unit, kind in PLANE]
        if in_space:
            channels += [(f"{name}_3d_{part}", unit, kind) for name in names for part, unit, kind in SPACE]
        stream = f"{self._name}-{len(self._streams) + 1}"
        info = self._pylsl.StreamInfo(
            stream, "MoCap", len(channels), self._pylsl.IRREGULAR_RATE, self._pylsl.cf_float32, f"stance-{stream}"
        )
        described = info.desc().append_child("channels")
        for label, unit, kind in channels:
            channel = described.append_child("channel")
            for key, value in (("label", label), ("unit", unit), ("type", kind)):
                channel.append_child_value(key, value)
        self._streams.append((self._pylsl.StreamOutlet(info, max_buffered=MAX_BUFFERED_S), in_space))


PLANE = (("x", "pixels", "PositionX"), ("y", "pixels", "PositionY"), ("score", "normalized", "Confidence"))
SPACE = (
    ("x", "meters", "PositionX"),
    ("y", "meters", "PositionY"),
    ("z", "meters", "PositionZ"),
    ("score", "normalized", "Confidence"),
)


def _sample(person: Person, in_space: bool) -> list[float]:
    """The values of all channels; points in space that the person does not have are not a number."""
    values = [float(person.id), *person.keypoints.ravel().tolist()]
    if in_space:
        points = person.points_3d
        values += [nan] * (4 * len(person.keypoints)) if points is None else points.ravel().tolist()
    return values
