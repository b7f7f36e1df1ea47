"""A program that reads datagrams gets the JSON lines."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import StanceError
from app.core.live_address import LiveAddress, parse_live
from app.sinks.jsonl import JsonLines
from app.sinks.live import open_sender, open_senders
from tests.app.sinks.live.receivers import free_port
from tests.app.sinks.people import blank, header, person, poses


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as place:
        place.bind(("127.0.0.1", 0))
        place.settimeout(10)
        yield place


def address_of(receiver: socket.socket) -> LiveAddress:
    return LiveAddress("udp", "127.0.0.1", receiver.getsockname()[1])


def test_datagrams_are_the_lines_of_the_file(receiver: socket.socket, tmp_path: Path) -> None:
    head = header()
    names = {1: "Anna 李"}
    sender = open_sender(address_of(receiver), head, names)
    file = JsonLines(tmp_path / "out.jsonl", head, names)
    for index in range(3):
        frame = blank(index, index / 25)
        people = poses(frame, person(1, head.skeleton), person(2, head.skeleton, 0.125))
        for sink in (sender, file):
            sink.write(frame, people)
    for sink in (sender, file):
        sink.close()
    received = [receiver.recv(65535).decode() for _ in range(4)]
    assert received == (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()


def test_a_frame_that_does_not_fit_is_told_and_the_next_one_comes(receiver: socket.socket) -> None:
    head = header("wholebody133")
    crowd = [person(number, head.skeleton, number / 8) for number in range(1, 60)]
    with_crowd, with_one = blank(0, 0.0), blank(1, 0.04)
    (output,) = open_senders([address_of(receiver)], head)
    output.write(with_crowd, poses(with_crowd, *crowd))
    output.write(with_one, poses(with_one, crowd[0]))
    output.close()
    lines = [json.loads(receiver.recv(65535)) for _ in range(2)]
    assert "skeleton" in lines[0]
    assert lines[1]["frame"] == 1
    (sentence,) = output.warnings
    assert "1 frames that do not fit in a datagram of 65507 bytes" in sentence


def test_a_receiver_that_starts_later_gets_the_frames(receiver: socket.socket) -> None:
    port = free_port(socket.SOCK_DGRAM)
    head = header()
    sender = open_sender(LiveAddress("udp", "127.0.0.1", port), head)
    sender.write(blank(0, 0.0), poses(blank(0, 0.0)))  # refused: nothing listens
    sender.write(blank(1, 0.1), poses(blank(1, 0.1)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.bind(("127.0.0.1", port))
        late.settimeout(10)
        sender.write(blank(2, 0.2), poses(blank(2, 0.2)))
        assert json.loads(late.recv(65535))["frame"] == 2
    sender.close()
    assert sender.warnings == []


@pytest.mark.parametrize("scheme", ["udp", "osc"])
def test_an_unknown_host_is_one_sentence(scheme: str) -> None:
    address = parse_live(f"{scheme}://no.such.host.invalid:9000")
    with pytest.raises(StanceError, match=rf"{scheme}://no\.such\.host\.invalid:9000 cannot be reached: .+; wanted"):
        open_sender(address, header())
