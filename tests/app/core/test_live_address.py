"""Addresses of other programs, as they are typed."""

from __future__ import annotations

import pytest

from app.core.errors import StanceError
from app.core.live_address import LiveAddress, checked_live, is_live, parse_live


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("osc://127.0.0.1:9000", LiveAddress("osc", "127.0.0.1", 9000)),
        (" UDP://Studio.local:9000/ ", LiveAddress("udp", "studio.local", 9000)),
        ("ws://[::1]:8765", LiveAddress("ws", "::1", 8765)),
        ("lsl:my stance", LiveAddress("lsl", name="my stance")),
        ("LSL://stance", LiveAddress("lsl", name="stance")),
    ],
)
def test_addresses_are_read(text: str, address: LiveAddress) -> None:
    assert parse_live(text) == address
    assert parse_live(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "osc://127.0.0.1",
        "osc://:9000",
        "udp://host:0",
        "udp://host:65536",
        "ws://127.0.0.1:eight",
        "ws://127.0.0.1:8765/poses",
        "ws://anna:secret@127.0.0.1:8765",
        "ws://[::1:8765",
        "tcp://127.0.0.1:9000",
        "wss://127.0.0.1:9000",
        "lsl:",
        "lsl://",
    ],
)
def test_others_are_one_sentence_without_a_password(text: str) -> None:
    with pytest.raises(StanceError, match=r"^[^\n]+: wanted .+\.$") as found:
        parse_live(text)
    assert "secret" not in str(found.value)


@pytest.mark.parametrize("text", ["out.jsonl", "C:\\clips\\out.mp4", "folder/", "file:///tmp/out.csv", "osc.csv"])
def test_paths_are_no_addresses(text: str) -> None:
    assert not is_live(text)


def test_other_computers_connect_only_if_that_is_asked_for() -> None:
    open_to_all = parse_live("ws://0.0.0.0:8765")
    with pytest.raises(StanceError, match=r"wanted ws://127\.0\.0\.1:8765, or --listen 0\.0\.0\.0 with it"):
        checked_live([open_to_all])
    assert checked_live([parse_live("ws://127.0.0.1:8765")], "0.0.0.0") == (open_to_all,)
    sent = parse_live("osc://192.0.2.7:9000")  # listens nowhere
    assert checked_live([sent], "0.0.0.0") == (sent,)


def test_an_address_is_given_once() -> None:
    with pytest.raises(StanceError, match="twice"):
        checked_live([parse_live("osc://127.0.0.1:9000")] * 2)
