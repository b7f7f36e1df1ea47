"""Poses are sent to other programs from the window, and what is sent is shown."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from websockets.sync.client import connect

from app.core.live_address import LiveAddress
from app.window.dialogs.send_dialog import SendDialog
from app.window.main_window import MainWindow
from app.window.sending import Sending
from tests.app.sinks.live.receivers import free_port
from tests.app.window.hand import Hand, hand
from tests.app.window.test_main_window import PATIENCE, play

__all__ = ["hand"]


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
        assert "skeleton" in json.loads(client.recv(30))
        posing.player.play()
        assert "people" in json.loads(client.recv(30))
    hand.click(dialog.switch)
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
    assert dialog.chosen() == (LiveAddress("ws", "0.0.0.0", 8765),)
    dialog.open_to_others.setChecked(False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        hand.write(dialog.address, f"127.0.0.1:{other.getsockname()[1]}")
        qtbot.waitUntil(lambda: "is taken by another program" in dialog.message.text(), timeout=PATIENCE)
    assert dialog.switch.text() == "Send"
    assert not sending_of(posing).output.addresses
