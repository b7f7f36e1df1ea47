"""Open Sound Control (OSC 1.0) by UDP, for music, light and stage programs: one bundle a frame."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from pythonosc.parsing.osc_types import IMMEDIATELY, write_date, write_string

from app.core.message import Message
from app.core.people import Floats, Frame, FramePoses, Person
from app.sinks import Header
from app.sinks.jsonl import NO_NAMES
from app.sinks.live.datagrams import MAX_BYTES, Datagrams

NOT_IN_ADDRESSES = re.compile(r"[^A-Za-z0-9_.-]+")


class Osc:
    """Sends one bundle for each frame; what does not fit in a datagram follows in further ones of the same frame.

    Pixels are those of the source, places in space are in meters, as in ``Person.points_3d``.
    """

    def __init__(self, datagrams: Datagrams, header: Header, names: Mapping[int, str] = NO_NAMES) -> None:
        self._names = names
        self._size = header.size
        self._keypoints = [NOT_IN_ADDRESSES.sub("_", name) for name in header.skeleton.names]
        self._datagrams = datagrams

    @property
    def paths(self) -> list[Path]:
        """Always empty: no file is written."""
        return []

    @property
    def warnings(self) -> list[Message]:
        """How much could not be sent."""
        return self._datagrams.warnings

    def write(self, frame: Frame, poses: FramePoses, name: str = "") -> None:
        """Send the people of one frame."""
        ids = [person.id for person in poses.people]
        values = struct.pack(f">if2i{len(ids)}i", poses.index, poses.time_s, *self._size, *ids)
        start = _start_of_bundle() + _element(_begin("/stance/frame", "ifii" + "i" * len(ids)) + values)
        bundle = start
        for person in poses.people:
            for element in self._of(person):
                if len(bundle) + len(element) > MAX_BYTES:
                    self._datagrams.send(bundle)
                    bundle = start
                bundle += element
        self._datagrams.send(bundle)

    def close(self) -> None:
        """See ``Sender``: nothing is open but the link."""

    def _of(self, person: Person) -> Iterator[bytes]:
        """The messages of one person, as elements of a bundle."""
        place = f"/stance/person/{person.id}"
        values = write_string(self._name_of(person)) + struct.pack(">5f", person.score, *person.box.tolist())
        yield _element(_begin(place, "sfffff") + values)
        yield from self._points(f"{place}/keypoint/", person.keypoints)
        if person.points_3d is not None:
            yield from self._points(f"{place}/point/", person.points_3d)

    def _name_of(self, person: Person) -> str:
        """The name of a person; what is not valid text in it is replaced."""
        return self._names.get(person.id, "").encode("utf-8", "replace").decode()

    def _points(self, place: str, points: Floats) -> Iterator[bytes]:
        types = "f" * points.shape[1]
        for name, values in zip(self._keypoints, points.astype(">f4"), strict=True):
            yield _element(_begin(place + name, types) + values.tobytes())


@cache
def _start_of_bundle() -> bytes:
    return write_string("#bundle") + write_date(IMMEDIATELY)


def _begin(place: str, types: str) -> bytes:
    """The first part of a message to ``place``, whose values are of ``types``."""
    return write_string(place) + write_string(f",{types}")


def _element(message: bytes) -> bytes:
    """``message`` with its size, as an element of a bundle."""
    return struct.pack(">i", len(message)) + message
