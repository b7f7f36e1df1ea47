"""A program that speaks Open Sound Control gets every person, by the server of python-osc."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from app.core.live_address import LiveAddress
from app.sinks.live import open_sender
from tests.app.sinks.live.receivers import wait_for
from tests.app.sinks.people import blank, header, person, poses


class Server(BlockingOSCUDPServer):
    """A server of python-osc that takes datagrams of any size."""

    max_packet_size = 65535


class Receiver:
    """A server of python-osc; ``messages`` are pairs of an address and its values, in the order of their arrival."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, tuple[Any, ...]]] = []
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(lambda place, *values: self.messages.append((place, values)))
        self.server = Server(("127.0.0.1", 0), dispatcher)
        self.address = LiveAddress("osc", "127.0.0.1", self.server.server_address[1])

    def of(self, place: str) -> list[tuple[Any, ...]]:
        return [values for address, values in self.messages if address == place]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def test_a_frame_with_people_in_space(receiver: Receiver) -> None:
    head = header()
    points = (np.arange(68, dtype=np.float32) / np.float32(16)).reshape(17, 4)
    two = replace(person(2, head.skeleton, 0.5), points_3d=points)
    sender = open_sender(receiver.address, head, {2: "Anna 李"})
    frame = blank(7, 0.28)
    sender.write(frame, poses(frame, person(1, head.skeleton), two))
    wait_for(lambda: len(receiver.messages) == 1 + 18 + 35)
    sender.close()
    assert receiver.messages[0] == ("/stance/frame", (7, pytest.approx(0.28), 64, 48, 1, 2))
    assert receiver.of("/stance/person/1") == [("", pytest.approx(0.87654), 1, 2, 31, 42)]
    assert receiver.of("/stance/person/2") == [("Anna 李", pytest.approx(0.87654), 1, 2, 31, 42)]
    assert receiver.of("/stance/person/2/keypoint/left_wrist") == [(90.5, 45, pytest.approx(0.9))]
    assert receiver.of("/stance/person/2/point/left_wrist") == [tuple(points[9].tolist())]
    assert not receiver.of("/stance/person/1/point/left_wrist")


def test_an_empty_frame_is_told(receiver: Receiver) -> None:
    sender = open_sender(receiver.address, header())
    sender.write(blank(3, 0.12), poses(blank(3, 0.12)))
    wait_for(lambda: bool(receiver.messages))
    sender.close()
    assert receiver.messages == [("/stance/frame", (3, pytest.approx(0.12), 64, 48))]


def test_a_crowd_comes_in_several_bundles_and_whole(receiver: Receiver) -> None:
    head = header("wholebody133")
    frame = blank(0, 0.0)
    sender = open_sender(receiver.address, head)
    sender.write(frame, poses(frame, *(person(number, head.skeleton) for number in range(1, 13))))
    wait_for(lambda: len([1 for place, _ in receiver.messages if "/keypoint/" in place]) == 12 * 133)
    sender.close()
    assert len(receiver.of("/stance/frame")) > 1
    assert len(set(receiver.of("/stance/frame"))) == 1
    assert sender.warnings == []
