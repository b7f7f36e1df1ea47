"""A laboratory recorder gets a stream for each person, by the inlets of pylsl."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.core.live_address import LiveAddress
from app.sinks.live import Sender, open_sender
from tests.app.sinks.live.lab import skip_without_lsl
from tests.app.sinks.people import blank, header, person, poses

pylsl = pytest.importorskip("pylsl", reason="pylsl, an extra of the package, is not installed", exc_type=ImportError)

HEAD = header()


@pytest.fixture
def name() -> str:
    return f"stance-{uuid.uuid4().hex}"


@pytest.fixture(autouse=True)
def lsl() -> None:
    skip_without_lsl()


@pytest.fixture
def sender(name: str) -> Iterator[Sender]:
    sender = open_sender(LiveAddress("lsl", name=name), HEAD)
    yield sender
    sender.close()


def inlet(stream: str) -> Any:
    found = pylsl.resolve_byprop("name", stream, timeout=20)
    assert found, "the stream was not found in time"
    opened = pylsl.StreamInlet(found[0])
    opened.open_stream(20)
    return opened


def labels(opened: Any) -> list[str]:
    channel = opened.info(20).desc().child("channels").child("channel")
    found = []
    while not channel.empty():
        found.append(channel.child_value("label"))
        channel = channel.next_sibling()
    return found


def test_samples_have_the_clock_of_the_source(sender: Sender, name: str) -> None:
    first = inlet(f"{name}-1")
    times_s = [5.0, 5.04, 5.12]
    for index, time_s in enumerate(times_s):
        frame = blank(index, time_s)
        sender.write(frame, poses(frame, person(4, HEAD.skeleton, index)))
    samples = [first.pull_sample(20) for _ in times_s]
    assert labels(first)[:5] == ["id", "nose_x", "nose_y", "nose_score", "left_eye_x"]
    assert [values[0] for values, _ in samples] == [4, 4, 4]
    assert [values[4] for values, _ in samples] == [10, 11, 12]
    stamps = np.array([stamp for _, stamp in samples])
    np.testing.assert_allclose(np.diff(stamps), np.diff(times_s), atol=1e-6)


def test_each_person_has_a_stream_of_its_own(sender: Sender, name: str) -> None:
    in_space = replace(person(9, HEAD.skeleton), points_3d=np.full((17, 4), 0.5, np.float32))
    sender.write(blank(0, 0.0), poses(blank(0, 0.0), person(4, HEAD.skeleton), in_space))
    second = inlet(f"{name}-2")
    assert "left_wrist_3d_z" in labels(second)
    for index in (1, 2):
        people = (in_space,) if index == 1 else (replace(in_space, points_3d=None),)
        sender.write(blank(index, index / 25), poses(blank(index, index / 25), *people))
    (values, _), (without, _) = second.pull_sample(20), second.pull_sample(20)
    assert (values[0], values[-1], len(values)) == (9, 0.5, 1 + 17 * 3 + 17 * 4)
    assert np.isnan(without[-68:]).all()
