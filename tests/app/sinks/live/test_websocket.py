"""Clients of the WebSocket server get the JSON lines; slow, dead and foreign ones harm nobody."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.core.errors import StanceError
from app.core.live_address import LiveAddress
from app.sinks import Sink
from app.sinks.jsonl import JsonLines
from app.sinks.live import Sender, open_link, open_sender
from tests.app.sinks.live.receivers import free_port, wait_for
from tests.app.sinks.people import blank, header, person, poses

HEAD = header()
NAMES: dict[int, str] = {}
Join = Callable[..., ClientConnection]


@pytest.fixture
def address() -> LiveAddress:
    return LiveAddress("ws", "127.0.0.1", free_port())


@pytest.fixture
def sender(address: LiveAddress) -> Iterator[Sender]:
    NAMES.clear()
    sender = open_sender(address, HEAD, NAMES)
    yield sender
    sender.close()


def write(sink: Sink, index: int, people: int = 1) -> None:
    frame = blank(index, index / 25)
    sink.write(frame, poses(frame, *(person(number, HEAD.skeleton) for number in range(1, people + 1))))


@pytest.fixture
def join(address: LiveAddress) -> Iterator[Join]:
    """Connects a client, which is closed after the test."""
    with ExitStack() as stack:

        def connected(**more: Any) -> ClientConnection:
            return stack.enter_context(connect(str(address), max_size=None, close_timeout=1, **more))

        yield connected


def frame_of(line: str | bytes) -> int:
    number: int = json.loads(line)["frame"]
    return number


def test_messages_are_the_lines_of_the_file(sender: Sender, join: Join, tmp_path: Path) -> None:
    client = join()
    received = [client.recv(10)]
    file = JsonLines(tmp_path / "out.jsonl", HEAD, NAMES)
    for index in range(5):
        if index == 3:
            NAMES[1] = "Anna 李"
        for sink in (sender, file):
            write(sink, index)
        received += [client.recv(10) for _ in range(2 if index == 3 else 1)]
    file.close()
    assert received == (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()


def test_a_late_client_gets_the_head_first_with_the_present_names(sender: Sender, join: Join) -> None:
    NAMES[1] = "Anna"
    for index in range(3):
        write(sender, index)
    client = join()
    head = json.loads(client.recv(10))
    assert (head["format"], head["names"]) == ("stance/1", {"1": "Anna"})
    write(sender, 3)
    assert frame_of(client.recv(10)) == 3


def test_a_slow_client_misses_frames_and_another_one_none(sender: Sender, address: LiveAddress, join: Join) -> None:
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((address.host, address.port))
    slow, quick = join(sock=small), join()
    for client in (slow, quick):
        client.recv(10)
    seen = []
    for index in range(240):  # 7 MB: more than the system keeps for the slow one
        write(sender, index, people=80)
        seen.append(frame_of(quick.recv(10)))
    assert seen == list(range(240))
    (sentence,) = sender.warnings
    assert "slow receivers missed" in sentence
    sender.close()
    late = []
    with suppress(ConnectionClosed):
        while True:
            late.append(frame_of(slow.recv(10)))
    assert late == sorted(set(late))  # whole lines, in order


def test_a_client_gets_the_next_run_after_the_frames_of_the_first(address: LiveAddress, join: Join) -> None:
    link = open_link(address)
    early = join()  # before any run
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((address.host, address.port))
    slow = join(sock=small)
    sources = []
    for run, frames in enumerate((240, 5)):
        sender = link.begin(replace(HEAD, source=f"clip{run}.mp4"))
        sources.append(json.loads(early.recv(10))["source"])
        assert sender.warnings == []  # counted anew
        for index in range(1000 * run, 1000 * run + frames):
            write(sender, index, people=80)
            assert frame_of(early.recv(10)) == index
        sender.close()
        if run == 0:
            assert "slow receivers missed" in sender.warnings[0]
    assert sources == ["clip0.mp4", "clip1.mp4"]
    heads: list[str] = []
    frame = -1
    while frame < 1004:
        line = json.loads(slow.recv(10))
        heads += [line["source"]] if "source" in line else []
        frame = line.get("frame", frame)
        assert frame < 1000 * len(heads)
    assert heads == sources
    link.close()


def test_the_last_frames_arrive_before_the_end(sender: Sender, join: Join) -> None:
    client = join()
    client.recv(10)
    for index in range(5):
        write(sender, index)
    sender.close()
    assert [frame_of(line) for line in client] == list(range(5))


def test_the_thread_ends_with_clients_that_are_dead(sender: Sender, address: LiveAddress, join: Join) -> None:
    silent = socket.create_connection((address.host, address.port))  # never begins to speak
    stuck = join()
    for index in range(100):
        write(sender, index, people=80)
    sender.close()
    wait_for(lambda: "stance-websocket" not in [thread.name for thread in threading.enumerate()])
    open_sender(address, HEAD).close()  # the port is free again
    silent.close()
    stuck.socket.close()


def test_an_address_that_is_taken_is_one_sentence(sender: Sender, address: LiveAddress) -> None:
    with pytest.raises(StanceError, match=r"^ws://127\.0\.0\.1:\d+ is taken by another program: wanted another port"):
        open_sender(address, HEAD)


def test_an_address_of_another_computer_is_one_sentence() -> None:
    with pytest.raises(StanceError, match=r"^192\.0\.2\.7 is not an address of this computer: wanted"):
        open_sender(LiveAddress("ws", "192.0.2.7", 8765), HEAD)


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("https://example.com", False),
        ("http://localhost.example.com", False),
        ("null", False),
        ("http://localhost:8000", True),
        ("http://127.0.0.1", True),
    ],
)
def test_web_pages_of_others_are_refused(sender: Sender, join: Join, origin: str, is_let_in: bool) -> None:
    if is_let_in:
        join(additional_headers={"Origin": origin}).recv(10)
        return
    with pytest.raises(InvalidStatus, match="403"):
        join(additional_headers={"Origin": origin})


def test_what_a_client_says_is_ignored(sender: Sender, address: LiveAddress, join: Join) -> None:
    talking = join()
    talking.recv(10)
    for _ in range(100):
        talking.send("hello")
    with socket.create_connection((address.host, address.port)) as foreign:
        foreign.sendall(b"\x00\xff no request\r\n\r\n")
    write(sender, 0)
    assert frame_of(talking.recv(10)) == 0
