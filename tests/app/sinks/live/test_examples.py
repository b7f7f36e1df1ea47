"""The receivers in docs/live.md work as written, but for the port."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading

import pytest

from app.core.live_address import LiveAddress, parse_live
from app.sinks.live import open_sender
from tests.app.sinks.live.lab import skip_without_lsl
from tests.app.sinks.live.receivers import free_port, wait_for
from tests.app.sinks.people import blank, header, person, poses
from tests.conftest import ROOT

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "live.md").read_text(encoding="utf-8"), re.DOTALL)
CASES = {
    "osc": (0, "9000", "/stance/person/1/keypoint/left_wrist 90.0 45.0 0.8"),
    "ws": (1, "8765", "1 90.0 45.0 0.9"),
    "udp": (2, "9100", "[1]"),
    "lsl": (3, "", "person 1 nose [0.0, 0.0, 0.8"),
}


@pytest.mark.slow
@pytest.mark.parametrize("scheme", CASES)
def test_an_example_prints_the_people(scheme: str) -> None:
    if scheme == "lsl":
        skip_without_lsl()
    number, usual, printed = CASES[scheme]
    port = free_port(socket.SOCK_STREAM if scheme == "ws" else socket.SOCK_DGRAM)
    address = LiveAddress("lsl", name="stance") if scheme == "lsl" else parse_live(f"{scheme}://127.0.0.1:{port}")
    code = EXAMPLES[number]
    assert usual in code
    sender, head = open_sender(address, header()), header()
    program = code.replace(usual, str(port)) if usual else code
    receiver = subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    lines: list[str] = []
    reader = threading.Thread(target=lines.extend, args=(iter(receiver.stdout.readline, ""),), daemon=True)
    reader.start()
    index = 0

    def has_printed() -> bool:
        nonlocal index
        index += 1
        frame = blank(index, index / 25)
        sender.write(frame, poses(frame, person(1, head.skeleton)))
        return any(printed in line for line in list(lines))

    try:
        wait_for(has_printed)
    finally:
        receiver.kill()
        receiver.wait()
        reader.join()
        sender.close()
