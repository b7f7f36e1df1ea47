"""Stance opens no network port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

LISTENING, UNCONNECTED = "0A", "07"
TABLES = {"tcp": LISTENING, "tcp6": LISTENING, "udp": UNCONNECTED, "udp6": UNCONNECTED}
"""Linux's lists of sockets, and the code of the listening state in each."""

SERVER = "import socket; s = socket.create_server(('127.0.0.1', 0)); print('ready', flush=True); input()"


def open_ports(process: int) -> set[str]:
    """The addresses, in hexadecimal, at which ``process`` listens at present."""
    own = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            own.add(os.readlink(link))
        except FileNotFoundError:  # closed in between
            continue
    found = set()
    for table, state in TABLES.items():
        file = Path(f"/proc/{process}/net/{table}")
        for line in file.read_text().splitlines()[1:] if file.exists() else ():
            fields = line.split()
            if fields[3] == state and f"socket:[{fields[9]}]" in own:
                found.add(f"{table} {fields[1]}")
    return found


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_an_open_port_is_noticed() -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    assert len(open_ports(server.pid)) == 1
    server.communicate(b"\n")


def test_no_port_is_open_while_a_clip_is_processed(shared: Path, tmp_path: Path) -> None:
    models, clip = shared / "models", shared / "data" / "videos" / "two_people_jump_1280x720.mp4"
    networks = ["--pose", str(models / "tinypose_128x96.onnx"), "--detector", str(models / "rtmdet_nano_person.onnx")]
    output = tmp_path / "people.jsonl"
    rest = ["--headless", "--limit", "40", "--output", str(output), "--device", "cpu"]
    command = [sys.executable, "main.py", "--source", str(clip), *networks, *rest]
    environment = os.environ | {"STANCE_HOME": str(tmp_path / "home")}
    stance = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    looks, found = 0, set[str]()
    while stance.poll() is None:
        try:
            found |= open_ports(stance.pid)
        except (FileNotFoundError, PermissionError, ProcessLookupError):  # it has just ended
            break
        looks += 1
        time.sleep(0.05)
    assert stance.wait(60) == 0
    assert len(output.read_text(encoding="utf-8").splitlines()) == 41
    assert looks > 5
    assert found == set()
