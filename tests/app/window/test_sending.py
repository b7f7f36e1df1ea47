"""Poses are sent to other programs from the window, and what is sent is shown."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from websockets.sync.client import ClientConnection, connect

from app.core.live_address import LiveAddress
from app.window.dialogs.send_dialog import SendDialog
from app.window.main_window import MainWindow
from app.window.sending import Sending
from tests.app.sinks.live.receivers import free_port
from tests.app.sinks.live.test_osc import Receiver
from tests.app.sources.device import FakeDevice
from tests.app.window.hand import Hand, hand
from tests.app.window.test_camera_people import camera
from tests.app.window.test_main_window import PATIENCE, play

__all__ = ["camera", "hand"]


def sending_of(window: MainWindow) -> Sending:
    sending = window.findChild(Sending)
    assert sending is not None
    return sending


def opened(window: MainWindow) -> SendDialog:
    window.actions_by_name["send"].trigger()
    dialog = sending_of(window).dialog
    assert isinstance(dialog, SendDialog)
    return dialog


def test_a_web_page_gets_the_people_of_the_shown_clip(hand: Hand, posing: MainWindow, clip: Path, qtbot: QtBot) -> None:
    play(posing, clip, qtbot)
    address = f"127.0.0.1:{free_port()}"
    dialog = opened(posing)
    hand.select(dialog.protocol, "WebSocket")
    hand.write(dialog.address, address)  # Return sends
    sending = sending_of(posing)
    qtbot.waitUntil(lambda: sending.output.sending, timeout=PATIENCE)
    assert sending.label.text() == f"sending to ws://{address}"
    assert sending.label.isVisible()
    with connect(f"ws://{address}") as client:
        assert "skeleton" in json.loads(client.recv(PATIENCE / 1000))
        posing.player.play()
        assert "people" in json.loads(client.recv(PATIENCE / 1000))
    hand.click(dialog.stops[LiveAddress("ws", "127.0.0.1", int(address.rpartition(":")[2]))])
    qtbot.waitUntil(lambda: not sending.output.sending and not sending.label.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not posing.background.busy("send"), timeout=PATIENCE)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
    dialog.close()
    qtbot.waitUntil(lambda: sending.dialog is None, timeout=PATIENCE)
    assert opened(posing).address.text() == address  # remembered
    assert not sending.output.addresses


def test_sending_follows_the_next_source(posing: MainWindow, clip: Path, short_demo: Path, qtbot: QtBot) -> None:
    sending = sending_of(posing)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(30)
        sending.send([LiveAddress("udp", "127.0.0.1", receiver.getsockname()[1])])
        assert sending.label.text().endswith(": waiting")
        sources = []
        for path in (clip, short_demo):
            play(posing, path, qtbot)
            qtbot.waitUntil(lambda: sending.output.sending, timeout=PATIENCE)
            posing.player.play()
            line: dict[str, str] = {}
            while line.get("source") != str(path):
                line = json.loads(receiver.recv(65535))
            sources.append(line["source"])
        assert sources == [str(clip), str(short_demo)]
        sending.send([])


def test_an_address_that_is_taken_is_told_in_the_dialog(
    hand: Hand, posing: MainWindow, clip: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    dialog = opened(posing)
    hand.select(dialog.protocol, "WebSocket")
    hand.write(dialog.address, "127.0.0.1")
    assert "wanted a host and a port" in dialog.message.text()
    hand.write(dialog.address, "0.0.0.0:8765")
    assert "Other computers could connect to ws://0.0.0.0:8765" in dialog.message.text()
    dialog.open_to_others.setChecked(True)
    assert dialog.chosen() == LiveAddress("ws", "0.0.0.0", 8765)
    dialog.open_to_others.setChecked(False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        hand.write(dialog.address, f"127.0.0.1:{other.getsockname()[1]}")
        qtbot.waitUntil(lambda: "is taken by another program" in dialog.message.text(), timeout=PATIENCE)
    assert not dialog.stops
    assert not sending_of(posing).output.addresses


def head_of(client: ClientConnection, source: Path | str, pose_model: str | None = None) -> dict[str, Any]:
    """The next first line of a run of ``source`` that ``client`` gets."""
    while True:
        line: dict[str, Any] = json.loads(client.recv(PATIENCE / 1000))
        if line.get("source") == str(source) and pose_model in (None, line["pose_model"]):
            return line


def test_a_client_stays_connected_from_clip_to_clip(
    posing: MainWindow, clip: Path, short_demo: Path, qtbot: QtBot
) -> None:
    output = sending_of(posing).output
    address = LiveAddress("ws", "127.0.0.1", free_port())
    output.send([address])
    qtbot.waitUntil(lambda: not posing.background.busy("send") and not output._opening, timeout=PATIENCE)
    with connect(str(address), max_size=None) as client:  # before a source is open
        for path in (clip, short_demo):
            play(posing, path, qtbot)
            qtbot.waitUntil(lambda: output.sending, timeout=PATIENCE)
            posing.player.play()
            assert head_of(client, path)["format"] == "stance/1"
            line: dict[str, Any] = {}
            while "people" not in line:
                line = json.loads(client.recv(PATIENCE / 1000))
        posing.player.pause()
        posing.actions_by_name["close-source"].trigger()
        qtbot.waitUntil(lambda: not output.sending, timeout=PATIENCE)
        play(posing, clip, qtbot)
        qtbot.waitUntil(lambda: output.sending, timeout=PATIENCE)
        head_of(client, clip)
    output.send([])


def test_receivers_get_the_keypoints_of_another_network(
    posing: MainWindow, rtmpose_s: Path, camera: type[FakeDevice], qtbot: QtBot
) -> None:
    output = sending_of(posing).output
    problems: list[Exception] = []
    output.failed.connect(problems.append)
    osc, web = Receiver(), LiveAddress("ws", "127.0.0.1", free_port())
    threading.Thread(target=osc.server.serve_forever, args=(0.01,)).start()
    with qtbot.waitSignal(posing.player.opened, timeout=PATIENCE):
        posing.open("0")
    output.send([osc.address, web])
    qtbot.waitUntil(lambda: output.sending, timeout=PATIENCE)
    senders = list(output._links.values())
    with connect(str(web), max_size=None) as client:
        first = head_of(client, "0")
        with qtbot.waitSignal(posing.loader.loaded, timeout=PATIENCE):
            posing.loader.request(replace(posing.loader.settings, pose=str(rtmpose_s)))
        second: dict[str, Any] = {}
        found: list[tuple[int, int]] = []  # keypoints of a person, and of the head before

        def has_people() -> bool:
            """Whether people of the second network have come."""
            nonlocal second
            with suppress(TimeoutError):
                line = json.loads(client.recv(0.01))
                if "skeleton" in line:
                    second = line
                for person in line.get("people", []):
                    found.append((len(person["keypoints"]), len((second or first)["skeleton"]["names"])))
                return bool(second and line.get("people"))
            return False

        qtbot.waitUntil(has_people, timeout=PATIENCE)
    assert [one for one in found if one[0] != one[1]] == []
    assert (len(first["skeleton"]["names"]), len(second["skeleton"]["names"])) == (17, 26)
    qtbot.waitUntil(lambda: bool(osc.of("/stance/person/1/keypoint/left_big_toe")), timeout=PATIENCE)
    assert list(output._links.values()) == senders
    assert problems == []
    assert [sink.failure for sink in output._sinks.values()] == [None, None]
    output.send([])
    osc.server.shutdown()
    osc.server.server_close()


def test_several_addresses_are_added_and_ended_one_by_one(
    hand: Hand, posing: MainWindow, clip: Path, qtbot: QtBot
) -> None:
    play(posing, clip, qtbot)
    output, dialog = sending_of(posing).output, opened(posing)
    first, second = (LiveAddress("ws", "127.0.0.1", free_port()) for _ in range(2))
    hand.select(dialog.protocol, "WebSocket")
    hand.write(dialog.address, f"{first.host}:{first.port}")
    qtbot.waitUntil(lambda: output.sending, timeout=PATIENCE)
    with connect(str(first), max_size=None) as client:
        head_of(client, clip)
        hand.write(dialog.address, f"{first.host}:{first.port}")
        assert "is given twice" in dialog.message.text()
        hand.write(dialog.address, f"{second.host}:{second.port}")
        qtbot.waitUntil(lambda: output.sending and len(dialog.stops) == 2, timeout=PATIENCE)
        with connect(str(second), max_size=None) as other:
            head_of(other, clip)
        assert sending_of(posing).label.text() == f"sending to {first} and 1 more"
        hand.click(dialog.stops[second])
        qtbot.waitUntil(lambda: output.sending and list(dialog.stops) == [first], timeout=PATIENCE)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((second.host, second.port))
        posing.player.play()
        assert "people" in json.loads(client.recv(PATIENCE / 1000))  # neither another head nor an end in between
    output.send([])
